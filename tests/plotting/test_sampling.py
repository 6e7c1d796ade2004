"""The picture of who was measured when, and what is missing."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ckts import Panel
from ckts.plotting import SamplingDisplay
from ckts.plotting.sampling import LANE, MAX_BARS, SHORTEST

NAN = np.nan


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def panel():
    """Three patients, the second without visits; "b" is missing at half the visits."""
    values = [[1, 1, NAN], [1, NAN, NAN], [1, 1, 1], [NAN, NAN, NAN]]
    return Panel(
        values,
        [0, 90, 30, 45],
        [0, 2, 2, 4],
        channels=["a", "b", "c"],
        instances=["ann", "bob", "eve"],
        time_scale=None,
    )


def marks(axis):
    """(time, lane, height) of every vertical mark, as drawn."""
    found = []
    for collection in axis.collections:
        for (x, low), (other, high) in collection.get_segments():
            if x == other and low != high:
                found.append((x, low, pytest.approx(low - high)))
    return found


def words(axis):
    return [text.get_text() for text in axis.texts]


def test_every_row_has_a_mark_as_tall_as_its_share_of_channels(panel):
    lanes, _ = SamplingDisplay.from_panel(panel).axes_
    assert marks(lanes) == [
        (0, 0, LANE * 2 / 3),
        (90, 0, LANE * 1 / 3),
        (30, 2, LANE),
        (45, 2, LANE * SHORTEST),
    ]
    assert [label.get_text() for label in lanes.get_yticklabels()] == list(
        panel.instances
    )
    assert words(lanes) == ["2", "0", "2", "rows"]


def test_the_bars_are_the_missing_shares_in_ascending_order(panel):
    _, bars = SamplingDisplay.from_panel(panel).axes_
    names = [label.get_text() for label in bars.get_yticklabels()]
    widths = [patch.get_width() for patch in bars.containers[1]]
    assert list(zip(names, widths, strict=True)) == [("a", 25), ("b", 50), ("c", 75)]
    assert words(bars) == ["25 %", "50 %", "75 %"]


def test_the_bars_count_all_series_also_those_that_are_not_drawn(panel):
    display = SamplingDisplay.from_panel(panel, n_series=1)
    assert display.panel.instances.tolist() == ["ann"]
    assert display.missing.tolist() == [0.25, 0.5, 0.75]


def test_what_is_drawn_is_said(panel):
    display = SamplingDisplay.from_panel(
        panel, n_series=2, series_label="patients", title="Visits"
    )
    title = display.axes_[0].get_title("left")
    assert title.startswith("When: 2 of 3 patients, one mark per measurement time.")
    assert title.endswith("(at most 3 of 3).")
    assert display.figure_.get_suptitle() == "Visits"


def test_series_are_chosen_at_equal_distances():
    panel = Panel(np.ones((25, 1)), np.zeros(25), np.arange(26))
    display = SamplingDisplay.from_panel(panel, n_series=4)
    assert display.panel.instances.tolist() == [0, 8, 16, 24]


def test_where_nothing_is_missing_there_are_no_bars():
    panel = Panel(np.ones((3, 2)), [0.0, 0.5, 2.0], [0, 3])
    display = SamplingDisplay.from_panel(panel)
    (lanes,) = display.axes_
    assert lanes.get_title("left").endswith("; nothing is missing")
    assert len(marks(lanes)) == 3


def test_given_axes_hold_the_lanes_only(panel):
    figure = Figure()
    axis = figure.subplots()
    display = SamplingDisplay.from_panel(panel, ax=axis)
    assert display.figure_ is figure
    assert display.axes_.tolist() == [axis]
    assert figure.axes == [axis]


def test_dates_are_drawn_as_time_since_the_first_row_of_each_series():
    dates = pd.to_datetime(["2020-01-01", "2020-01-04", "1990-05-05", "1990-05-06"])
    (axis,) = SamplingDisplay.from_panel(Panel(np.ones((4, 1)), dates, [0, 2, 4])).axes_
    assert [mark[0] for mark in marks(axis)] == [0, 3, 0, 1]
    assert axis.get_xlabel() == "time since the first row (days)"


def test_a_factor_and_a_label_name_another_unit(panel):
    display = SamplingDisplay.from_panel(panel, time_factor=1 / 60, time_label="hours")
    assert [mark[0] for mark in marks(display.axes_[0])] == [0, 1.5, 0.5, 0.75]
    assert display.axes_[0].get_xlabel() == "hours"


def test_an_empty_label_of_the_time_is_taken_as_it_is(panel):
    lanes, _ = SamplingDisplay.from_panel(panel, time_label="").axes_
    assert lanes.get_xlabel() == ""


def test_of_many_channels_the_most_missing_have_bars():
    values = np.ones((2, MAX_BARS + 5))
    values[0, 3:] = NAN
    values[1, 7] = NAN
    display = SamplingDisplay.from_panel(Panel(values, [0, 1], [0, 2]))
    assert len(display.channels) == MAX_BARS
    assert display.channels[-1] == "channel_7"
    assert not {"channel_0", "channel_1", "channel_2"} & set(display.channels)


def test_a_panel_without_rows_is_drawn_as_empty_lanes():
    display = SamplingDisplay.from_panel(
        Panel(np.empty((0, 2)), np.empty(0), [0, 0, 0])
    )
    assert marks(display.axes_[0]) == []
    display.figure_.draw_without_rendering()


@pytest.mark.parametrize(
    ("n_series", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError)]
)
def test_a_wrong_number_of_lanes_is_named(panel, n_series, error):
    with pytest.raises(error, match=rf"`n_series` must be .* got {n_series}"):
        SamplingDisplay.from_panel(panel, n_series=n_series)


def test_no_series_cannot_be_drawn(panel):
    with pytest.raises(ValueError, match="must hold at least one series; got none"):
        SamplingDisplay.from_panel(panel[[]])


def test_whatever_can_be_a_panel_is_drawn():
    display = SamplingDisplay.from_panel(np.zeros((3, 1, 4)))
    assert len(marks(display.axes_[0])) == 3 * 4
    with pytest.raises(TypeError, match="must be a Panel, a DataFrame, an array or"):
        SamplingDisplay.from_panel("panel")


def test_names_are_no_formulas(panel):
    names = ["cost ($), price ($)", "x$^{_$", "c"]
    patients = [r"$\frac{$", "$a$", "b"]
    panel = Panel(
        panel.values, panel.times, panel.indptr, channels=names, instances=patients
    )
    display = SamplingDisplay.from_panel(panel)
    display.figure_.draw_without_rendering()
    lanes, bars = display.axes_
    assert [label.get_text() for label in lanes.get_yticklabels()] == patients
    assert all(not label.get_parse_math() for label in lanes.get_yticklabels())
    assert all(not label.get_parse_math() for label in bars.get_yticklabels())
