"""Pictures show the numbers that they were given."""

import numpy as np
import pandas as pd
import pytest

from ckts import Panel
from ckts.cli.pictures import (
    calibration_bins,
    choose_instance,
    draw_agreement,
    draw_calibration,
    draw_folds,
    draw_importance,
    draw_sampling,
    draw_series,
    draw_when,
    readable_elapsed,
)


@pytest.fixture
def panel():
    frame = pd.DataFrame(
        {
            "id": ["a", "a", "b"],
            "t": pd.to_datetime(["2001-01-01", "2001-01-03", "2001-01-01"]),
            "x": [1.0, 3.0, 2.0],
            "y": [np.nan, np.nan, 5.0],
            "drug": ["aspirin", "none", "none"],
        }
    )
    return Panel.from_long(frame, instance="id", time="t")


def test_an_instance_is_found_by_its_name(panel):
    assert choose_instance(panel, "b") == 1
    with pytest.raises(ValueError, match="must be an instance of the table; got 'c'"):
        choose_instance(panel, "c")


def test_a_record_shows_the_channels_that_were_observed(panel):
    x, drug = draw_series(panel[0]).axes
    assert x.get_ylabel() == "x"
    np.testing.assert_array_equal(x.lines[1].get_xydata(), [[0, 1], [2, 3]])
    assert [label.get_text() for label in drug.get_yticklabels()] == ["aspirin", "none"]
    assert drug.get_xlabel() == "time since the first row (days)"
    assert [a.get_ylabel() for a in draw_series(panel[1], ["y", "x"]).axes] == [
        "y",
        "x",
    ]


def test_times_are_in_a_readable_unit(panel):
    times, words = readable_elapsed(panel)
    assert times.tolist() == [0, 2, 0]
    assert "days" in words


def test_bins_of_calibration_hold_as_many_instances_each():
    proba = np.arange(40) / 40
    middle, share, error = calibration_bins(proba, proba > 0.7)
    np.testing.assert_allclose(middle, [proba[:20].mean(), proba[20:].mean()])
    np.testing.assert_allclose(share, [0, 11 / 20])
    np.testing.assert_allclose(error, [0, np.sqrt(11 * 9 / 20**3)])
    axis, _ = draw_calibration(proba, proba > 0.7, "of $x$").axes
    np.testing.assert_allclose(axis.lines[1].get_ydata(), share)


def test_names_are_no_formulas():
    figure = draw_importance([r"a$_{\frac$"], np.array([1.0]), np.array([0.1]))
    figure.canvas.draw()
    assert figure.axes[0].get_yticklabels()[0].get_text() == r"a\$_{\frac\$"


def test_scores_of_folds_and_shares_are_shown():
    (axis,) = draw_folds({"a": np.array([0.5, 0.7])}, "AUROC").axes
    assert axis.lines[0].get_xdata().tolist() == [0.5, 0.7]
    assert axis.texts[0].get_text() == "0.600"
    shares = np.array([[0.25, 0.75]])
    np.testing.assert_array_equal(
        draw_when(["a"], shares).axes[0].images[0].get_array(), 100 * shares
    )
    (axis,) = draw_agreement(np.array([1.0, 2.0]), np.array([3.0, 4.0]), "y").axes
    assert axis.lines[1].get_xydata().tolist() == [[1, 3], [2, 4]]


def test_sampling_is_that_of_the_display(panel):
    assert "of 'id'" in draw_sampling(panel, "id").axes[0].get_title(loc="left")
