"""Exchanging channels between series."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from ckts import CKRocketClassifier, Panel, PanelSummary, as_panel
from ckts.estimators import channel_importance
from ckts.estimators.importance import _exchange
from irregular import irregular_panel


def _separable(n_series=60):
    """Only the first channel, and the second static feature, tell the class."""
    X, y = irregular_panel(n_series, in_channels=3)
    values = X.values - 2 * y[X.series_of_rows][:, None] * [0, 1, 1]
    static = np.c_[np.arange(n_series) % 3, 5.0 * y]
    return X.with_values(values, ["a", "b", "c"]).with_static(static, ["d", "e"]), y


def test_the_channel_that_tells_the_class_matters():
    X, y = _separable()
    X = X.with_static(None)
    model = CKRocketClassifier(n_kernels=500, random_state=0).fit(X[:40], y[:40])
    found = channel_importance(model, X[40:], y[40:], random_state=0)
    ranked = pd.Series(found.importances_mean, found.names).sort_values()
    assert ranked.index[-1] == "a"
    assert ranked["a"] > 0.2 > ranked[["b", "c"]].max() + 0.1


def test_static_features_equal_the_permutation_of_columns():
    X, y = _separable()
    model = make_pipeline(PanelSummary(), HistGradientBoostingClassifier()).fit(X, y)
    found = channel_importance(model, X, y, n_repeats=2, random_state=0)
    table = model[0].transform(X)[:, -2:]
    assert list(found.names) == ["a", "b", "c", "d", "e"]

    class Known:
        def fit(self, *_):
            return self

        def score(self, columns, y):
            full = model[0].transform(X)
            full[:, -2:] = columns
            return model[1].score(full, y)

    twin = permutation_importance(Known(), table, y, n_repeats=20, random_state=1)
    np.testing.assert_allclose(
        found.importances_mean[-2:], twin.importances_mean, atol=0.15
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_a_channel_moves_with_its_times(sparse):
    a = ([0.0, 1.0, 4.0], [[1, 10], [np.nan, 11], [2, 12]])
    b = ([100.0, 103.0], [[5, 50], [np.nan, 51]])
    X = as_panel([a, b])
    if sparse:
        X = X.with_values(X.observations.sparse())
    found = _exchange(X, [0], np.array([1, 0]))
    first, second = found
    assert first.times.tolist() == [0, 1, 4]
    np.testing.assert_array_equal(first.values, [[5, 10], [np.nan, 11], [np.nan, 12]])
    assert second.times.tolist() == [100, 103, 104]
    np.testing.assert_array_equal(second.values, [[1, 50], [np.nan, 51], [2, np.nan]])


def test_nothing_is_lost_or_made():
    X, _ = irregular_panel(static=True)
    X = X.with_times(np.arange(len(X.times)))  # floats would be rounded
    values = X.values.copy()
    values[X.indptr[:-1]] = 1.0  # so that series begin where they began
    X = X.with_values(values)
    rng = np.random.RandomState(0)
    for number in range(2):
        donors = rng.permutation(len(X))
        back = _exchange(_exchange(X, [number], donors), [number], np.argsort(donors))
        seen = X.keep_rows(~np.isnan(X.values).all(axis=1))
        np.testing.assert_allclose(back.values, seen.values)
        np.testing.assert_array_equal(back.times, seen.times)
        assert back.static_names == X.static_names


def test_series_without_rows_take_part():
    X = as_panel([([], []), ([3.0, 5.0], [1.0, 2.0])])
    first, second = _exchange(X, [0], np.array([1, 0]))
    assert first.times.tolist() == [3, 5]
    assert len(second.times) == 0


def test_dates_stay_dates():
    days = pd.to_datetime(["2020-01-01", "2020-01-05"])
    later = days + pd.Timedelta(1, "D")
    X = as_panel([pd.Series([1.0, 2.0], days), pd.Series([3.0, 4.0], later)])
    found = _exchange(X, [0], np.array([1, 0]))
    assert isinstance(found, Panel)
    assert found.time_scale == X.time_scale
    np.testing.assert_array_equal(found.times, X.times)
    assert found.values.ravel().tolist() == [3, 4, 1, 2]


def test_weights_and_scoring_are_passed():
    X, y = _separable()
    model = CKRocketClassifier(n_kernels=100, random_state=0).fit(X, y)
    weight = np.r_[np.ones(30), np.zeros(30)]
    options = {"scoring": "roc_auc", "n_repeats": 1, "random_state": 0}
    weighted = channel_importance(model, X, y, sample_weight=weight, **options)
    assert weighted.importances.shape == (5, 1)
    assert not np.array_equal(
        weighted.importances, channel_importance(model, X, y, **options).importances
    )


@pytest.mark.parametrize(
    ("n_series", "n_repeats", "message"),
    [(1, 5, "`X` must have at least two series.*got 1"), (4, 0, "`n_repeats` must be")],
)
def test_too_little_raises(n_series, n_repeats, message):
    X, y = _separable()
    model = CKRocketClassifier(n_kernels=100, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=message):
        channel_importance(model, X[:n_series], y[:n_series], n_repeats=n_repeats)


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e9])
def test_rounded_stamps_stay_one_row(offset):
    rng = np.random.RandomState(0)
    made = [
        (offset * rng.rand() + np.arange(20) * 0.1, rng.randn(20, 2)) for _ in "abc"
    ]
    X = as_panel(made)
    found = _exchange(X, [1], np.array([1, 2, 0]))
    np.testing.assert_array_equal(found.times, X.times)
    np.testing.assert_array_equal(found.values[:20, 1], X.values[20:40, 1])
    np.testing.assert_array_equal(found.values[:, 0], X.values[:, 0])


def test_one_scorer_at_a_time():
    X, y = _separable()
    model = CKRocketClassifier(n_kernels=100, random_state=0).fit(X, y)
    with pytest.raises(TypeError, match=r"`scoring` must be one .*got \['accuracy'\]"):
        channel_importance(model, X, y, scoring=["accuracy"])


def test_a_group_is_exchanged_as_one_channel_after_the_other_by_the_same_series():
    X, _ = irregular_panel(static=True)
    values = X.values.copy()
    values[X.indptr[:-1]] = 1.0  # so that series begin where they began
    X = X.with_values(values).with_times(np.arange(len(X.times)))
    donors = np.random.RandomState(0).permutation(len(X))
    found, expected = _exchange(X, [0, 1, 3], donors), X
    for number in (0, 1, 3):
        expected = _exchange(expected, [number], donors)
    np.testing.assert_array_equal(found.times, expected.times)
    np.testing.assert_array_equal(found.indptr, expected.indptr)
    np.testing.assert_array_equal(found.values, expected.values)
    static = np.c_[X.static[:, 0], X.static[donors, 1]]
    np.testing.assert_array_equal(found.static, static)


def test_a_static_feature_with_the_name_of_a_channel_is_exchanged_too():
    X, y = _separable()
    X = X.with_static(5.0 * y[:, None], ["a"])
    model = make_pipeline(PanelSummary(), Last()).fit(X, y)
    found = channel_importance(model, X, y, random_state=0)
    assert list(found.names) == ["a", "b", "c", "a"]
    assert found.importances_mean[:3].tolist() == [0, 0, 0]
    assert found.importances_mean[3] > 0.2
    both = channel_importance(
        model, X, y, channel_groups={"both": ["a"]}, random_state=0
    )
    assert list(both.names) == ["both", "b", "c"]
    assert both.importances_mean[0] > 0.2


class Last(ClassifierMixin, BaseEstimator):
    """Sees nothing but the last column."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return (np.asarray(X)[:, -1] > 2.5).astype(int)


def test_two_channels_that_tell_the_same_matter_as_a_group():
    X, y = _separable()
    values = X.values.copy()
    values[:, 1] = values[:, 0]
    X = X.with_values(values).with_static(None)
    model = make_pipeline(PanelSummary(), SimpleImputer(), KNeighborsClassifier()).fit(
        X, y
    )
    groups = {"twins": ["a", "b"]}
    options = {"n_repeats": 20, "random_state": 0}
    found = channel_importance(model, X, y, channel_groups=groups, **options)
    assert found.names.tolist() == ["twins", "c"]
    alone = channel_importance(model, X, y, **options)
    assert alone.names.tolist() == ["a", "b", "c"]
    assert found.importances_mean[0] > 1.5 * alone.importances_mean.max()


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"g": ["a", "pulse"]}, r"among \['a', .*'e'\]; got \['a', 'pulse'\] in 'g'"),
        ({"g": []}, r"got \[\] in 'g'"),
        ({"g": "a"}, "got 'a' in 'g'"),
        ({"b": ["a", "c"]}, r"other names than .*; got \['b'\]\. Rename"),
    ],
)
def test_groups_of_other_channels_are_named(groups, message):
    X, y = _separable()
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=message):
        channel_importance(model, X, y, channel_groups=groups)


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ([["a"]], TypeError, "`channel_groups` must be a mapping.*; got list. Write"),
        ({"g": None}, ValueError, "`channel_groups` must name .*; got None in 'g'"),
    ],
)
def test_groups_of_another_kind_are_named(groups, error, message):
    X, y = _separable(4)
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X, y)
    with pytest.raises(error, match=message):
        channel_importance(model, X, y, channel_groups=groups)
