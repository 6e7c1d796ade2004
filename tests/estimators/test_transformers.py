"""Transformers of panels beside slow twins, and in scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import ckts
from ckts import (
    CKRocketClassifier,
    Panel,
    PanelResampler,
    PanelScaler,
    PanelSummary,
    as_panel,
)
from ckts.estimators import summarize
from irregular import irregular_panel

TRANSFORMERS = [
    PanelScaler(),
    PanelResampler(grid=7),
    PanelResampler(grid=7, flatten=True),
    PanelSummary(),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings
@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_check_estimator_passes(transformer, capsys):
    results = check_estimator(transformer, on_fail=None, on_skip=None)
    failed = [one["check_name"] for one in results if one["status"] == "failed"]
    passed = sum(one["status"] == "passed" for one in results)
    with capsys.disabled():
        print(f"\ncheck_estimator({transformer}): {passed} passed")
    assert not failed
    assert passed >= 52


# --------------------------------------------------------------------------- the scale


def test_scaled_channels_have_mean_0_and_deviation_1():
    X, _ = irregular_panel(static=True)
    scaled = PanelScaler().fit_transform(X)
    np.testing.assert_allclose(np.nanmean(scaled.values, 0), 0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(scaled.values, 0), 1)
    np.testing.assert_allclose(np.nanstd(scaled.static, 0), 1)
    assert np.array_equal(np.isnan(scaled.values), np.isnan(X.values))
    assert np.array_equal(scaled.times, X.times)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=25)
def test_the_inverse_undoes_the_scale(shift, factor):
    X, _ = irregular_panel(8, static=True)
    X = X.with_values(X.values * factor + shift)
    scaler = PanelScaler().fit(X)
    back = scaler.inverse_transform(scaler.transform(X))
    np.testing.assert_allclose(back.values, X.values, rtol=1e-9, atol=1e-9 * factor)
    np.testing.assert_allclose(back.static, X.static, rtol=1e-9)


def test_one_absurd_value_moves_no_scale():
    X, _ = irregular_panel(300)
    values = X.values.copy()
    values[0, 0] = 1e9
    clean, spoiled = (PanelScaler().fit(p) for p in (X, X.with_values(values)))
    np.testing.assert_allclose(spoiled.scale_, clean.scale_, rtol=0.1)


def test_weights_repeat_series():
    X, _ = irregular_panel(6)
    weight = np.array([0, 1, 2, 1, 0, 3])
    twice = X[np.repeat(np.arange(6), weight)].with_instances(np.arange(7))
    weighted, repeated = PanelScaler().fit(X, None, weight), PanelScaler().fit(twice)
    np.testing.assert_allclose(weighted.center_, repeated.center_)
    np.testing.assert_allclose(weighted.scale_, repeated.scale_)


def test_a_channel_that_was_never_observed_stays_as_it_is():
    X, _ = irregular_panel()
    unseen = X.with_values(X.values * [1, np.nan])
    scaler = PanelScaler().fit(unseen)
    np.testing.assert_array_equal(scaler.transform(X).values[:, 1], X.values[:, 1])


def test_a_table_stays_a_table():
    table = np.random.RandomState(0).randn(9, 5) * 3 + 2
    scaled = PanelScaler().fit_transform(table)
    np.testing.assert_allclose(scaled, (table - table.mean()) / table.std())
    assert isinstance(PanelScaler().fit(table).transform(as_panel(table)), Panel)


# ---------------------------------------------------------------------------- the grid


def _slow_resample(X, grid, method):
    """Loop over series, channels and times of the grid."""
    found = np.full((len(X), X.in_channels, len(grid[0])), np.nan)
    for i, one in enumerate(X):
        elapsed = one.times - one.times[0] if len(one.times) else one.times
        for c in range(X.in_channels):
            seen = ~np.isnan(one.values[:, c])
            t, v = elapsed[seen], one.values[seen, c]
            for k, now in enumerate(grid[i]):
                before = grid[i][k - 1] if k else -np.inf
                if method == "mean":
                    inside = v[(t > before) & (t <= now)]
                    found[i, c, k] = inside.mean() if len(inside) else np.nan
                elif method == "previous":
                    earlier = v[t <= now]
                    found[i, c, k] = earlier[-1] if len(earlier) else np.nan
                elif len(t):
                    found[i, c, k] = np.interp(now, t, v)
    return found


@pytest.mark.parametrize("method", ["linear", "previous", "mean"])
def test_resampling_equals_a_loop(method):
    X, _ = irregular_panel()
    own = PanelResampler(grid=5, method=method).fit_transform(X)
    spans = [one.times[-1] - one.times[0] for one in X]
    grid = np.linspace(0, 1, 5) * np.array(spans)[:, None]
    np.testing.assert_allclose(own, _slow_resample(X, grid, method))
    times = [0.0, 0.5, 3.0, 8.0]
    common = PanelResampler(grid=times, method=method).fit_transform(X)
    np.testing.assert_allclose(common, _slow_resample(X, [times] * len(X), method))


def test_a_grid_may_be_timedeltas():
    stamps = pd.to_datetime(["2020-01-01", "2020-01-03"])
    X = [pd.Series([1.0, 3.0], index=stamps)]
    grid = pd.to_timedelta([0, 24, 48], unit="h")
    found = PanelResampler(grid=grid).fit_transform(X)
    np.testing.assert_allclose(found, [[[1, 2, 3]]])


def test_series_without_rows_are_unknown_on_the_grid():
    X = [([], []), ([1.0], [5.0]), ([1.0, 2.0], [np.nan, np.nan])]
    found = PanelResampler(grid=2).fit_transform(X)
    np.testing.assert_array_equal(found[:, 0], [[np.nan] * 2, [5, 5], [np.nan] * 2])


@pytest.mark.parametrize("method", ["previous", "mean"])
@pytest.mark.parametrize("n_rows", [8, 10, 23, 48, 199])
def test_stamps_that_are_rounded_meet_the_grid(method, n_rows):
    steps = np.arange(float(n_rows))
    own = PanelResampler(grid=n_rows, method=method).fit_transform([(steps, steps)])
    np.testing.assert_array_equal(own[0, 0], steps)
    grid, later = steps * 0.1, 5 + steps * 0.1
    common = PanelResampler(grid=grid, method=method).fit_transform([(later, steps)])
    np.testing.assert_array_equal(common[0, 0], steps)
    days = PanelResampler(grid=steps / 1440, method=method)
    days.fit(as_panel([(steps / 1440, steps)], time_unit="D"))
    minutes = days.transform(as_panel([(steps, steps)], time_unit="min"))
    np.testing.assert_array_equal(minutes[0, 0], steps)
    stamps = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    hours = PanelResampler(grid=n_rows, method=method)
    found = hours.fit_transform([pd.Series(steps, stamps)])
    np.testing.assert_array_equal(found[0, 0], steps)


def test_a_grid_of_numbers_is_no_grid_of_dates():
    hours = pd.date_range("2024-01-01", periods=4, freq="h")
    with pytest.raises(ValueError, match=r"`grid` must .*pandas\.to_timedelta"):
        PanelResampler(grid=np.arange(4)).fit([pd.Series(np.arange(4.0), hours)])


def test_a_grid_that_changes_after_fit_changes_nothing():
    X, _ = irregular_panel(4)
    fitted = PanelResampler(grid=[0, 1, 2]).fit(X)
    before = fitted.transform(X)
    np.testing.assert_array_equal(fitted.set_params(grid=3).transform(X), before)


@pytest.mark.parametrize("grid", [[0, 0], [2, 1], [], pd.to_timedelta([1], unit="h")])
def test_a_grid_that_does_not_fit_raises(grid):
    with pytest.raises(ValueError, match=r"`grid` must be .* got .*`numpy.arange"):
        PanelResampler(grid=grid).fit([([0.0, 1.0], [1.0, 2.0])])


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"grid": 0}, ValueError, "`grid` must be at least 1"),
        ({"grid": 2.5}, TypeError, "`grid` must be an integer"),
        ({"method": "cubic"}, ValueError, "`method` must be one of .* got 'cubic'"),
        ({"flatten": 1}, TypeError, "`flatten` must be True or False; got 1"),
    ],
)
def test_wrong_parameters_raise(wrong, error, message):
    with pytest.raises(error, match=message):
        PanelResampler(**wrong).fit([([0.0, 1.0], [1.0, 2.0])])


# ---------------------------------------------------------------- names and containers


def test_summaries_are_named():
    X, _ = irregular_panel(static=True)
    named = X.with_values(X.values, ["pulse", "spo2"]).with_static(X.static, ["a", "b"])
    table = PanelSummary().set_output(transform="pandas").fit_transform(named)
    np.testing.assert_array_equal(table.to_numpy(), summarize(named))
    assert list(table.columns[:3]) == ["pulse_mean", "spo2_mean", "pulse_std"]
    assert list(table.columns[-3:]) == ["spo2_count", "a", "b"]
    pulse = named.values[:, 0][: named.lengths[0]]
    assert table["pulse_max"].iloc[0] == np.nanmax(pulse)


def test_flattened_steps_are_named():
    X, _ = irregular_panel(4)
    flat = PanelResampler(grid=3, flatten=True).set_output(transform="pandas")
    table, cube = flat.fit_transform(X), PanelResampler(grid=3).fit_transform(X)
    assert list(table.columns) == [f"channel_{c}_{k}" for c in (0, 1) for k in range(3)]
    np.testing.assert_array_equal(table["channel_1_2"], cube[:, 1, 2])


def test_a_pipeline_of_panels_writes_a_frame():
    X, y = irregular_panel()
    model = make_pipeline(PanelScaler(), PanelSummary()).set_output(transform="pandas")
    table = model.fit_transform(X, y)
    assert list(table.columns) == list(model.get_feature_names_out())
    assert list(PanelScaler().fit(X).get_feature_names_out()) == list(X.channels)


def test_panels_pass_where_all_output_is_to_be_pandas():
    X, y = irregular_panel()
    with config_context(transform_output="pandas"):
        scaled = PanelScaler().fit_transform(X)
        model = make_pipeline(PanelScaler(), CKRocketClassifier(n_kernels=84))
        assert model.fit(X, y).predict(X).shape == y.shape
    assert isinstance(scaled, Panel)


def test_a_cube_is_no_frame():
    with pytest.raises(ValueError, match=r"`flatten` must be True .*'pandas'; got F"):
        PanelResampler().set_output(transform="pandas")


def test_a_wide_frame_stays_a_frame():
    frame = pd.DataFrame(np.arange(6.0).reshape(2, 3), index=["a", "b"])
    scaled = PanelScaler().fit_transform(frame)
    assert scaled.index.equals(frame.index)
    assert scaled.columns.equals(frame.columns)
    np.testing.assert_allclose(scaled, (frame - 2.5) / frame.to_numpy().std())


@pytest.mark.parametrize(
    "grid", [range(3), pd.to_timedelta([0, 1, 2], unit="h"), pd.Series([0, 1, 2])]
)
def test_grids_are_saved(grid, tmp_path):
    model = PanelResampler(grid=grid)
    model.save(tmp_path / "grid")
    loaded = ckts.load(tmp_path / "grid").grid
    np.testing.assert_array_equal(loaded, np.asarray(grid))


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_channels_must_be_those_of_fit(transformer):
    X, _ = irregular_panel()
    fitted = clone(transformer).fit(X)
    with pytest.raises(ValueError, match="`X` must have 2 channels as in fit; got 1"):
        fitted.transform(irregular_panel(in_channels=1)[0])


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_a_fit_that_fails_leaves_the_transformer(transformer):
    X, _ = irregular_panel()
    fitted = clone(transformer).fit(X)
    with pytest.raises(TypeError):
        fitted.fit("no series")
    assert len(fitted.transform(X[:3])) == 3


def test_the_boosting_baseline_is_one_line():
    X, y = irregular_panel(60)
    model = make_pipeline(PanelSummary(), HistGradientBoostingClassifier())
    assert cross_val_score(model, X, y, cv=3).mean() > 0.9
    search = GridSearchCV(
        make_pipeline(
            PanelResampler(flatten=True), HistGradientBoostingClassifier(max_iter=5)
        ),
        {"panelresampler__grid": [2, 4], "panelresampler__method": ["linear", "mean"]},
        cv=2,
    ).fit(X, y)
    assert set(search.best_params_) == {
        "panelresampler__grid",
        "panelresampler__method",
    }
