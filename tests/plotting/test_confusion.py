"""The picture of errors by length and rate."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import accuracy_score, confusion_matrix

from ckts import CKRocketClassifier, Panel, as_panel
from ckts.panel import TimeScale
from ckts.plotting import ConfusionBySamplingDisplay
from ckts.plotting.confusion import bin_edges, lengths_and_rates
from irregular import irregular_panel

X, _ = irregular_panel(60)
TRUTH = np.random.default_rng(0).choice(["a", "b", "c"], 60)
FOUND = np.random.default_rng(1).choice(["a", "b", "c"], 60)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def draw(panel=X, truth=TRUTH, found=FOUND, **options):
    return ConfusionBySamplingDisplay.from_predictions(panel, truth, found, **options)


def cells(display):
    """Series of each cell, found one by one."""
    inside = {}
    for number, series in enumerate(X):
        times = series.times[series.observed.any(axis=1)]
        length = times[-1] - times[0]
        where = []
        for edges, value in (
            (display.length_edges, length),
            (display.rate_edges, (len(times) - 1) / length),
        ):
            low = [i for i in range(len(edges) - 1) if value >= edges[i] - 1e-12]
            where.append(max(low))
        inside.setdefault(tuple(where), []).append(number)
    return inside


@pytest.mark.parametrize("n_bins", [1, 3])
def test_cells_are_the_confusion_of_their_series(n_bins):
    display = draw(n_bins=n_bins)
    found = cells(display)
    assert display.n_series.sum() == 60
    for place in np.ndindex(n_bins, n_bins):
        own = found.get(place, [])
        assert display.n_series[place] == len(own)
        if own:
            labels = ["a", "b", "c"]
            expected = confusion_matrix(TRUTH[own], FOUND[own], labels=labels)
            np.testing.assert_array_equal(display.counts[place], expected)
            score = accuracy_score(TRUTH[own], FOUND[own])
            assert display.accuracy[place] == pytest.approx(score)


def test_a_model_predicts_them():
    y = np.arange(60) % 2
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X[:30], y[:30])
    axis = Figure().subplots()
    display = ConfusionBySamplingDisplay.from_estimator(
        model, X[30:], y[30:], n_bins=1, ax=axis
    )
    assert display.ax_ is axis
    assert display.accuracy[0, 0] == pytest.approx(model.score(X[30:], y[30:]))


def test_cells_say_their_accuracy_and_how_many_they_are():
    display = draw(n_bins=2)
    words = [text.get_text() for text in display.texts_]
    expected = [
        f"{100 * share:.0f} %\n{count} series"
        for share, count in zip(
            display.accuracy.ravel(), display.n_series.ravel(), strict=True
        )
    ]
    assert words == expected
    np.testing.assert_allclose(
        display.image_.get_array().ravel(), display.accuracy.ravel()
    )


def test_matrices_lie_beside_each_other_with_the_first_class_above():
    display = draw(n_bins=2, shown="confusion")
    drawn = np.ma.filled(display.image_.get_array(), np.nan).reshape(6, 6)
    for row, column in np.ndindex(2, 2):
        counts = display.counts[row, column]
        block = drawn[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
        for own, drawn_row in zip(counts, block[::-1], strict=True):
            expected = own / own.sum() if own.any() else np.full(3, np.nan)
            np.testing.assert_allclose(drawn_row, expected)
    first = display.texts_[0]  # of the shortest and sparsest: below, at the left
    assert first.get_position() == pytest.approx((1 / 6, 1 / 6))
    assert first.get_text() == str(display.counts[0, 0, 2, 0])
    assert "(a, b, c)" in display.ax_.get_title("left")


def test_edges_have_equally_many_numbers_between_them():
    numbers = np.random.default_rng(0).exponential(size=300)
    counts, _ = np.histogram(numbers, bin_edges(numbers, 3))
    assert counts.tolist() == [100, 100, 100]
    assert bin_edges(np.r_[np.ones(9), 2.0], 3).tolist() == [1, 2]
    assert bin_edges(np.ones(5), 3).tolist() == [1, 1]


def test_series_of_the_same_sampling_are_one_cell():
    regular = as_panel(np.random.default_rng(0).normal(size=(8, 1, 5)))
    display = draw(regular, TRUTH[:8], FOUND[:8])
    assert display.n_series.tolist() == [[8]]


def test_series_without_a_rate_are_left_out_and_counted():
    values = [3.0, 1.0, 2.0, 1.0, np.nan, 2.0]
    times = [3.0, 1.0, 1.0, 0.0, 2.0, 4.0]  # one row; two at one time; two and a blank
    panel = Panel(np.c_[values], times, [0, 1, 3, 6])
    lengths, rates = lengths_and_rates(panel)
    assert lengths.tolist() == [0, 0, 4]
    np.testing.assert_array_equal(rates, [np.nan, np.nan, 0.25])
    display = draw(panel, TRUTH[:3], FOUND[:3])
    assert display.n_left_out == 2
    assert display.ax_.get_title("left") == "2 series have no rate"
    with pytest.raises(ValueError, match="two different time stamps; got none"):
        draw(panel[:2], TRUTH[:2], FOUND[:2])


def test_axes_have_readable_units():
    minutes = pd.to_timedelta(20 * X.times, unit="min")
    dates = pd.Timestamp("2024-01-01") + minutes
    display = draw(Panel(X.values, dates, X.indptr), n_bins=1)
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == [f"{edge / 3600e9:.3g}" for edge in display.length_edges]
    assert display.ax_.get_ylabel() == "length (h)"
    assert display.ax_.get_xlabel() == "rows per h"


def test_slow_rates_are_per_many_units():
    days = X.with_times(100 * X.times, TimeScale("number", "D"))
    display = draw(days, n_bins=2)
    assert display.ax_.get_xlabel() == "rows per 1,000 days"
    labels = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert labels == [f"{1000 * edge:.3g}" for edge in display.rate_edges]
    quick = draw(X.with_times(X.times / 10), n_bins=2)
    assert quick.ax_.get_xlabel() == "rate"


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"`y_pred` must have one label .*\(60\); got"):
        draw(found=FOUND[:3])
    with pytest.raises(ValueError, match="`shown` must be one of 'accuracy', 'confusi"):
        draw(shown="all")
    with pytest.raises(ValueError, match="`n_bins` must be at least 1; got 0"):
        draw(n_bins=0)
