"""What a unit, an absurd value or an unseen channel changes: next to nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ckts import (
    CKCNNClassifier,
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
    as_panel,
)
from irregular import irregular_panel

QUICK = {
    "max_epochs": 1,
    "hidden_channels": 6,
    "n_blocks": 1,
    "dtype": "float64",
    "random_state": 0,
}
START = np.datetime64("2021-03-27T20:00:00", "ns")
HOUR = np.timedelta64(3600, "s")
# Hours since a start, written in every way.
WRITTEN = {
    "integers": lambda hours: hours,
    "floats": lambda hours: hours * 1.0,
    "days": lambda hours: hours / 24,
    "epoch seconds": lambda hours: 1.7e9 + 3600.0 * hours,
    "negative": lambda hours: hours - 1e6,
    "tiny": lambda hours: hours * 1e-12,
    "datetimes": lambda hours: START + hours * HOUR,
    "zoned": lambda hours: pd.DatetimeIndex(START + hours * HOUR, tz="Europe/Berlin"),
    "timedeltas": lambda hours: hours * HOUR,
    "periods": lambda hours: pd.PeriodIndex(
        pd.DatetimeIndex(START + hours * HOUR), freq="h"
    ),
}


def patients(n_series=24, seed=0):
    """Hours, values and labels: two of three channels are measured once a series."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    hours = np.sort([rng.choice(2000, 8, replace=False) for _ in y], axis=1)
    values = np.full((n_series, 8, 3), np.nan)
    values[..., 0] = rng.normal(size=(n_series, 8)) + y[:, None]
    values[:, 2, 1], values[:, 4, 2] = rng.normal(size=(2, n_series))
    return hours, values, y


def write(hours, values, kind, n_rows=None):
    pairs = zip(hours, values, strict=True)
    return as_panel([(WRITTEN[kind](h)[:n_rows], v[:n_rows]) for h, v in pairs])


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("n_rows", [8, 1], ids=["channels seen once", "single rows"])
def test_the_unit_of_time_changes_no_prediction(kind, n_rows):
    hours, values, y = patients()
    expected, found = (
        CKCNNClassifier(**QUICK).fit(X, y).predict_proba(X)
        for X in (write(hours, values, k, n_rows) for k in ("integers", kind))
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_steps_are_learned_in_the_unit_of_the_data():
    hours, values, y = patients()
    days = CKCNNClassifier(**QUICK).fit(write(hours, values, "days"), y)
    stamps = CKCNNClassifier(**QUICK).fit(write(hours, values, "datetimes"), y)
    nanoseconds = 86_400e9
    np.testing.assert_allclose(stamps.time_step_, nanoseconds * days.time_step_)
    assert stamps.resolution_ == pytest.approx(nanoseconds * days.resolution_)
    assert stamps.horizon_ == pytest.approx(nanoseconds * days.horizon_)


def test_a_model_of_single_rows_warns_of_longer_series_and_uses_lag_0_only():
    hours, values, y = patients()
    model = CKCNNClassifier(**QUICK).fit(write(hours, values, "integers", 1), y)
    message = "several time stamps, and `fit` saw none"
    with pytest.warns(UserWarning, match=message) as warned:
        near = model.predict_proba(write(hours, values, "integers"))
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="Fit on series as long as these"):
        far = model.predict_proba(write(1000 * hours, values, "integers"))
    np.testing.assert_array_equal(near, far)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict_proba(write(hours, values, "integers", 1))


def test_a_channel_never_observed_in_fit_counts_as_unobserved():
    hours, values, y = patients()
    values[..., 2] = np.nan
    model = CKCNNClassifier(**QUICK).fit(write(hours, values, "floats"), y)
    expected = model.predict_proba(write(hours, values, "floats"))
    values[..., 2] = 5000 + np.arange(8)
    found = model.predict_proba(write(hours, values, "floats"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("bad", [1e4, 1e30, -1e300])
def test_predictions_stay_finite_beyond_float32(bad):
    hours, values, y = patients()
    model = CKCNNClassifier(**{**QUICK, "dtype": "float32"})
    model.fit(write(hours, values, "floats"), y)
    values[0, 3, 0] = bad
    assert np.isfinite(model.predict_proba(write(hours, values, "floats"))).all()
    model.fit(write(hours, values, "floats"), y)
    assert np.isfinite(model.predict_proba(write(hours, values, "floats"))).all()


def test_static_features_beyond_reason_are_bounded_too():
    hours, values, y = patients()
    static = np.random.default_rng(1).normal(size=(24, 2))
    X = write(hours, values, "floats").with_static(static)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    static[0] = [1e30, np.nan]
    found = model.predict_proba(X.with_static(static))[0]
    static[0, 0] = 1e4
    np.testing.assert_array_equal(found, model.predict_proba(X.with_static(static))[0])


def test_a_code_for_unknown_is_named():
    hours, values, y = patients()
    values[:, ::2, 0] = -999
    X = Panel(
        values.reshape(-1, 3),
        hours.ravel(),
        np.arange(0, 193, 8),
        channels=["pulse", "a", "b"],
    )
    message = "50% of the values of channel 'pulse' are"
    with pytest.warns(UserWarning, match=message) as warned:
        CKCNNClassifier(**QUICK).fit(X, y)
    assert warned[0].filename == __file__


@pytest.mark.parametrize("estimator", [CKRocket, CKRocketClassifier, CKRocketRegressor])
def test_warnings_of_random_kernels_name_the_line_of_the_caller(estimator):
    X, y = irregular_panel()
    codes = X.values.copy()
    codes[::5, 0] = -999.0
    with pytest.warns(UserWarning, match="-999") as warned:
        estimator(n_kernels=84).fit(X.with_values(codes), y)
    assert warned[0].filename == __file__
    model = estimator(n_kernels=84).fit(X, y)
    answer = model.transform if estimator is CKRocket else model.predict
    with pytest.warns(UserWarning, match="on the clock of fit") as warned:
        answer(X.with_times(1e4 * X.times))
    assert warned[0].filename == __file__
