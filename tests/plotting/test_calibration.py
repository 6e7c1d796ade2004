"""The picture of whether risks come true, by what was known when."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve

from ckts import CKCNNClassifier, CKRocketClassifier, Panel
from ckts.plotting import CalibrationByHorizonDisplay
from irregular import irregular_panel

TRUTH = np.random.default_rng(0).random(200) < 0.3
PROBA = np.clip(
    np.random.default_rng(1).beta(1, 2, (200, 2)) + 0.1 * TRUTH[:, None], 0, 1
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def causal():
    X, y = irregular_panel(40)
    model = CKRocketClassifier(n_kernels=84, causal=True, random_state=0)
    return model.fit(X[:20], y[:20]), X[20:], y[20:]


def draw(truth=TRUTH, proba=PROBA, names=("12 h", "24 h"), **options):
    axis = Figure().subplots()
    return CalibrationByHorizonDisplay.from_predictions(
        truth, proba, names=names, ax=axis, **options
    )


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
@pytest.mark.parametrize("n_bins", [1, 5, 13])
def test_points_are_those_of_scikit_learn(strategy, n_bins):
    display = draw(strategy=strategy, n_bins=n_bins)
    for column, line in zip(PROBA.T, display.lines_, strict=True):
        options = {"n_bins": n_bins, "strategy": strategy}
        observed, predicted = calibration_curve(TRUTH, column, **options)
        np.testing.assert_allclose(line.get_data(), [predicted, observed])


def test_intervals_are_those_of_wilson():
    display = draw(n_bins=4)
    for curve, drawn in zip(display.curves, display.intervals_, strict=True):
        segments = [segment[:, 1] for segment in drawn.get_segments()]
        for count, share, ends in zip(
            curve.counts, curve.observed, segments, strict=True
        ):
            found = binomtest(round(share * count), int(count)).proportion_ci(
                method="wilson"
            )
            np.testing.assert_allclose(ends, [found.low, found.high])


def test_the_error_is_the_mean_gap_over_all_series():
    display = draw(n_bins=10, strategy="uniform")
    for column, curve in zip(PROBA.T, display.curves, strict=True):
        expected = 0.0
        for low in np.arange(10) / 10:
            inside = (column > low) & (column <= low + 0.1)
            if inside.any():
                gap = TRUTH[inside].mean() - column[inside].mean()
                expected += abs(gap) * inside.sum() / 200
        assert curve.error == pytest.approx(expected)
    legend = [t.get_text() for t in display.ax_.get_legend().get_texts()]
    errors = [curve.error for curve in display.curves]
    assert legend == [
        f"{name}: error {error:.3f}, 200 series"
        for name, error in zip(("12 h", "24 h"), errors, strict=True)
    ]


def test_series_of_which_nothing_is_known_yet_do_not_count():
    proba = PROBA.copy()
    proba[:50, 0] = np.nan
    first, second = draw(proba=proba).curves
    assert (first.n_series, second.n_series) == (150, 200)


def test_a_horizon_sees_what_the_cut_series_would_tell(causal):
    model, X, y = causal
    display = CalibrationByHorizonDisplay.from_estimator(
        model, X, y, horizons=[6.0, 2.0], n_bins=1, ax=Figure().subplots()
    )
    assert [curve.name for curve in display.curves] == ["2", "6"]
    for horizon, curve in zip([2.0, 6.0], display.curves, strict=True):
        # from the first observation on, as `landmark` does
        seen = X.keep_rows(X.observed.any(axis=1))
        cut = seen.keep_rows(seen.elapsed <= horizon)
        expected = model.predict_proba(cut)[:, 1].mean()
        assert curve.predicted[0] == pytest.approx(expected, abs=1e-5)
        assert curve.observed[0] == y.mean()


def test_horizons_of_dates_are_timedeltas(causal):
    _, X, y = causal
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(X.times, unit="h")
    dated = Panel(X.values, dates, X.indptr)
    model = CKRocketClassifier(n_kernels=84, causal=True, random_state=0).fit(dated, y)
    display = CalibrationByHorizonDisplay.from_estimator(
        model, dated, y, horizons=pd.to_timedelta([2, 48], unit="h")
    )
    assert [curve.name for curve in display.curves] == ["2 h", "48 h"]
    with pytest.raises(ValueError, match=r"`horizons` must be a time.*Timedelta\(30"):
        CalibrationByHorizonDisplay.from_estimator(model, dated, y, horizons=[2])


def test_of_several_labels_one_is_drawn():
    X, y = irregular_panel(24)
    labels = np.c_[y, np.arange(24) < 8]
    model = CKCNNClassifier(
        rocket=False, causal=True, max_epochs=1, hidden_channels=4, random_state=0
    ).fit(X, labels)
    display = CalibrationByHorizonDisplay.from_estimator(
        model, X, labels, horizons=[3], target=1, n_bins=1
    )
    (curve,) = display.curves
    assert curve.observed[0] == pytest.approx(1 / 3)
    assert display.ax_.get_xlabel() == "predicted probability of label 1"
    with pytest.raises(ValueError, match="`target` must be the number of one of 2"):
        CalibrationByHorizonDisplay.from_estimator(model, X, labels, horizons=[3])


def test_the_chart_is_square_and_holds_every_interval():
    display = draw(proba=PROBA / 10)
    limits = display.ax_.get_xlim()
    assert limits == display.ax_.get_ylim()
    tops = [curve.high.max() for curve in display.curves]
    assert max(tops) < limits[1] < 1.02
    assert display.diagonal_.get_xydata().tolist() == [[0, 0], [1, 1]]


def test_wrong_arguments_are_named(causal):
    model, X, y = causal
    whole = CKRocketClassifier(n_kernels=84).fit(X, y)
    draw_from = CalibrationByHorizonDisplay.from_estimator
    with pytest.raises(TypeError, match=r"`predict_proba_path`; got CKRocketClassifi"):
        draw_from(whole, X, y, horizons=[1])
    with pytest.raises(
        ValueError, match=r"`y` must have one entry per series \(20\); go"
    ):
        draw_from(model, X, y[:3], horizons=[1])
    with pytest.raises(ValueError, match=r"`horizons` must be .*got \[-1\]\. Write"):
        draw_from(model, X, y, horizons=[-1])
    with pytest.raises(ValueError, match=r"`horizons` must hold at least one; g"):
        draw_from(model, X, y, horizons=[])
    with pytest.raises(ValueError, match=r"`strategy` must be one of .*; got 'even'"):
        draw(strategy="even")
    with pytest.raises(ValueError, match=r"`y_prob` must have a row.*\(200, 2\); got"):
        draw(proba=PROBA[:, :1])
    with pytest.raises(ValueError, match=r"`y_prob` must be in \[0, 1\]; got .* to 2"):
        draw(proba=PROBA * 0 + 2)
    with pytest.raises(ValueError, match=r"`y_true` must be True or False; got \[2"):
        draw(truth=TRUTH + 2)
    with pytest.raises(ValueError, match=r"`y_prob` must have a probability.*for 12 h"):
        draw(proba=PROBA * [np.nan, 1])
