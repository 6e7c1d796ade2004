import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from ckts import Panel
from ckts.estimators import AttributionDisplay, channel_time_attribution

mpl.use("agg")


def target(_, panel):
    return np.bincount(panel.series_of_rows, np.nansum(panel.values * [1, -1], 1))


@pytest.fixture
def panel():
    hours = pd.Timestamp("2024-01-01") + pd.to_timedelta([0, 1, 4, 0, 2], "h")
    values = np.array([[1.0, 2], [np.nan, 3], [5, np.nan], [7, 7], [8, 8]])
    return Panel(values, hours, [0, 3, 5], channels=["pulse", "dose"])


@pytest.fixture(autouse=True)
def closed():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def bars(display):
    """Return start, width and color of the bars of each lane."""
    return [
        [
            (p.get_extents().x0, p.get_extents().width, c)
            for p, c in zip(lane.get_paths(), lane.get_facecolors(), strict=True)
        ]
        for lane in display.ax_.collections[: len(display.ax_.get_yticks())]
    ]


def test_an_observation_is_as_wide_as_its_time_and_as_red_as_it_adds(panel):
    display = AttributionDisplay.from_estimator(None, panel, target=target)
    pulse, dose = bars(display)
    assert [one[:2] for one in pulse] == [(0.0, 2.0), (2.0, 2.0)]
    assert [one[:2] for one in dose] == [(0.0, 0.5), (0.5, 0.5)]
    red = [color[0] - color[2] for _, _, color in [*pulse, *dose]]
    assert np.argsort(red).tolist() == [3, 2, 0, 1]  # of -3, -2, 1, 5
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert ticks == ["pulse", "dose"]
    sums = [text.get_text() for text in display.ax_.texts]
    assert sums == ["+6.00", "-5.00"]
    assert display.ax_.get_xlabel() == "time since the first row (h)"
    assert display.ax_.get_title(loc="left") == "score 1.00"


def test_it_draws_on_given_axes_with_given_words(panel):
    import matplotlib.pyplot as plt

    found = channel_time_attribution(None, panel, target=target)
    figure, ax = plt.subplots()
    display = AttributionDisplay(found, series=1).plot(
        ax=ax, time_label="hours", title="second"
    )
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert ax.get_xlabel() == "hours"
    assert ax.get_title(loc="left") == "second"
    assert [text.get_text() for text in ax.texts] == ["+15.00", "-15.00"]


def test_nothing_observed_is_drawn_as_nothing():
    empty = Panel([[np.nan]], [0.0], [0, 1])
    display = AttributionDisplay.from_estimator(
        None, empty, target=lambda model, panel: np.zeros(len(panel))
    )
    assert [text.get_text() for text in display.ax_.texts] == ["+0.00"]


@pytest.mark.parametrize("series", [2, -1])
def test_series_that_are_not_there_are_named(panel, series):
    found = channel_time_attribution(None, panel, target=target)
    rule = "less than the 2 of" if series == 2 else "at least 0"
    with pytest.raises(ValueError, match=re.escape(f"`series` must be {rule}")):
        AttributionDisplay(found, series=series)
    with pytest.raises(ValueError, match=re.escape(f"`series` must be {rule}")):
        AttributionDisplay.from_estimator(None, panel, series=series, target=target)
