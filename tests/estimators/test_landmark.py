"""`landmark=` of the estimators: nothing later is used, nothing of the length leaks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ckts import CKCNNClassifier, Panel, as_panel
from ckts.datasets import truncate
from ckts.panel import hide_after

QUICK = {"hidden_channels": 6, "n_blocks": 1, "random_state": 0}


def leaking_panel(n_series=120, seed=0):
    """Noise; records of class 1 end early, because the event ends them."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    lengths = np.where(y == 1, 10, 35)
    times = np.concatenate([5.0 + np.arange(n) for n in lengths])
    values = rng.normal(size=(lengths.sum(), 1))
    return Panel(values, times, np.r_[0, np.cumsum(lengths)]), y


def test_the_length_tells_the_class_without_and_not_with_a_landmark():
    X, y = leaking_panel()
    X_test, y_test = leaking_panel(seed=1)
    scores = []
    for landmark in (None, 9.0):
        model = CKCNNClassifier(landmark=landmark, max_epochs=20, **QUICK).fit(X, y)
        scores.append(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
    assert scores[0] > 0.95
    assert 0.35 < scores[1] < 0.65


def test_a_landmark_is_cropping_before_fit_and_predict():
    X, y = leaking_panel(24)
    given = CKCNNClassifier(landmark=8.0, max_epochs=1, **QUICK).fit(X, y)
    cropped = CKCNNClassifier(max_epochs=1, **QUICK).fit(truncate(X, 8.0), y)
    np.testing.assert_array_equal(
        given.predict_proba(X), cropped.predict_proba(truncate(X, 8.0))
    )
    assert given.horizon_ == 8


def test_it_counts_from_the_first_observation_and_in_the_unit_of_fit():
    X, y = leaking_panel(24)
    model = CKCNNClassifier(landmark=8.0, max_epochs=1, **QUICK)
    days = X.with_times(X.times, as_panel([([0.0], [1.0])], time_unit="D").time_scale)
    expected = model.fit(days, y).predict_proba(days)
    stamps = X.with_times(pd.Timestamp("2024-01-01") + pd.to_timedelta(X.times, "D"))
    np.testing.assert_allclose(model.predict_proba(stamps), expected, atol=1e-6)
    again = model.set_params(landmark=pd.Timedelta(8, "D")).fit(stamps, y)
    np.testing.assert_allclose(again.predict_proba(stamps), expected, atol=1e-5)
    values = X.values.copy()
    values[X.indptr[:-1]] = np.nan
    later = model.set_params(landmark=6.0).fit(X.with_values(values), y)
    assert later.horizon_ == 6


def test_what_a_landmark_hides_brings_no_time_stamps():
    X, y = leaking_panel(24)
    model = CKCNNClassifier(landmark=0, max_epochs=1, **QUICK).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()  # a warning would be an error
    model.set_params(landmark=None).fit(truncate(X, 0.0), y)
    with pytest.warns(UserWarning, match="series with several time stamps") as warned:
        model.predict(X)
    assert warned[0].filename == __file__


def test_predict_keeps_to_the_landmark_of_fit():
    X, y = leaking_panel(24)
    model = CKCNNClassifier(landmark=8.0, max_epochs=1, **QUICK).fit(X, y)
    expected = model.predict_proba(X)
    model.set_params(landmark=None)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_landmarks_that_do_not_fit_the_times_raise():
    X, y = leaking_panel(24)
    for landmark in (-1.0, "ten", pd.Timedelta(3, "D"), np.nan):
        model = CKCNNClassifier(landmark=landmark, max_epochs=1, **QUICK)
        with pytest.raises((ValueError, TypeError), match=r"`landmark` must be a time"):
            model.fit(X, y)
    with pytest.raises(ValueError, match=r"one for all series.*`ckts.datasets.trunc"):
        CKCNNClassifier(landmark=[1.0] * 24, max_epochs=1, **QUICK).fit(X, y)


def test_a_series_with_nothing_observed_is_no_obstacle():
    X, y = leaking_panel(24)
    values = X.values.copy()
    values[: X.indptr[2]] = np.nan
    X = X.with_values(values)
    model = CKCNNClassifier(landmark=3.0, max_epochs=1, **QUICK).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("unit", "factor"), [("min", 60), ("s", 3600), ("ms", 3600000), ("h", 1)]
)
@pytest.mark.parametrize("kind", [int, float])
def test_conversion_does_not_hide_the_row_at_the_landmark(unit, factor, kind):
    times = (np.arange(200) * factor).astype(kind)
    panel = as_panel([(times, np.ones(200))], time_unit=unit)
    hours = as_panel([([0], [1.0])], time_unit="h").time_scale
    for landmark in range(199):
        left = hide_after(panel, landmark, hours).values[:, 0]
        assert np.sum(~np.isnan(left)) == landmark + 1
    tenths = as_panel([(0.1 * times, np.ones(200))], time_unit=unit)
    for landmark in (0.3, 0.6, 0.7):
        left = hide_after(tenths, landmark, hours).values[:, 0]
        assert np.sum(~np.isnan(left)) == round(landmark * 10) + 1
