"""Causal models of random kernels: what they say early is what was known then."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from ckts import CKRocketClassifier, CKRocketRegressor, Panel
from ckts.estimators.rocket import models
from irregular import irregular_panel
from paths import PANELS, answers, check_path, path_of

CAUSAL = {"n_kernels": 84, "causal": True, "random_state": 0}
MODELS = [CKRocketClassifier, CKRocketRegressor]


@pytest.mark.parametrize("kind", PANELS)
@pytest.mark.parametrize("estimator", MODELS)
def test_a_path_is_what_truncated_series_are_predicted_as(estimator, kind):
    X, y = irregular_panel()
    assert not X.observed.any(1).all()
    change = PANELS[kind]
    train = change(X) if kind in ("stamps", "static", "with ties") else X
    model = estimator(**CAUSAL).fit(train, y)
    X = change(X)
    path = check_path(model, X)
    assert path.times.dtype == X.times.dtype
    assert path.time_scale == X.time_scale
    assert path.channels == (("0", "1") if estimator is MODELS[0] else path.channels)


@pytest.mark.parametrize("estimator", MODELS)
def test_a_path_ends_at_the_landmark(estimator):
    X, y = irregular_panel()
    model = estimator(landmark=4.0, **CAUSAL).fit(X, y)
    path = check_path(model, X, limit=4.0)
    assert 0 < len(path.times) < X.observed.any(1).sum() / 1.5


def test_several_targets_have_a_path_each():
    X, y = irregular_panel()
    mean = np.array([np.nanmean(one.values) for one in X])
    targets = np.column_stack([y, 1e3 * mean, np.full(24, 7.0)])
    model = CKRocketRegressor(**CAUSAL).fit(X, targets)
    path = check_path(model, X)
    assert path.in_channels == 3
    assert (path.values[:, 2] == 7).all()
    ends = path.values[path.indptr[1:] - 1]
    np.testing.assert_allclose(ends, model.predict(X), atol=1e-9)


def test_channels_of_a_path_are_the_classes():
    X, _ = irregular_panel()
    names = np.array(["well", "sick", "dead"])[np.arange(24) % 3]
    path = CKRocketClassifier(**CAUSAL).fit(X, names).predict_proba_path(X)
    assert path.channels == ("dead", "sick", "well")
    np.testing.assert_allclose(path.values.sum(1), 1)


@pytest.mark.parametrize("most", [1, 7])
@pytest.mark.parametrize("estimator", MODELS)
def test_pieces_have_the_same_answers_as_all_at_once(estimator, most, monkeypatch):
    X, y = irregular_panel()
    model = estimator(**CAUSAL).fit(X, y)
    expected, path = answers(model, X), path_of(model, X).values
    monkeypatch.setattr(models, "MOST_ROWS", most)
    np.testing.assert_allclose(answers(model, X), expected, atol=1e-12)
    np.testing.assert_allclose(path_of(model, X).values, path, atol=1e-12)


@pytest.mark.parametrize("estimator", MODELS)
def test_later_values_and_stamps_change_no_earlier_prediction(estimator):
    X, y = irregular_panel()
    model = estimator(**CAUSAL).fit(X, y)
    middle = X.indptr[:-1] + X.lengths // 2
    late = np.arange(len(X.times)) >= middle[X.series_of_rows]
    values, times = X.values.copy(), X.times.copy()
    rng = np.random.default_rng(0)
    values[late] = 1e3 * rng.normal(size=(late.sum(), 2))
    times[late] += 5.0
    before = path_of(model, X)
    after = path_of(model, X.with_values(values).with_times(times))
    early = X.keep_rows(~late & X.observed.any(1))
    for number in range(24):
        n_early = early.lengths[number]
        one, two = before[[number]].values, after[[number]].values
        np.testing.assert_allclose(two[:n_early], one[:n_early], atol=1e-9)
        assert np.abs(two[n_early:].mean(0) - one[n_early:].mean(0)).max() > 1e-4


@pytest.mark.parametrize("estimator", MODELS)
@pytest.mark.parametrize("lengths", [True, False])
def test_rows_without_any_observation_are_none(estimator, lengths):
    X, y = irregular_panel()
    seen = X.keep_rows(X.observed.any(1))
    model = estimator(lengths=lengths, **CAUSAL).fit(X, y)
    without = estimator(lengths=lengths, **CAUSAL).fit(seen, y)
    expected = answers(without, seen)
    np.testing.assert_allclose(answers(model, X), expected, atol=1e-9)
    np.testing.assert_allclose(answers(model, seen), expected, atol=1e-9)


# --- Fits ---------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", MODELS)
def test_a_weight_of_2_is_the_series_twice_and_0_none(estimator):
    X, y = irregular_panel(40)
    y = np.where(np.arange(40) % 5, y, 1 - y)
    weight = np.r_[np.full(8, 2.0), np.ones(28), np.zeros(4)]
    repeated = np.r_[0:8, 0:36]
    weighted = estimator(**CAUSAL).fit(X, y, sample_weight=weight)
    plain = estimator(**CAUSAL).fit(X[repeated], y[repeated])
    np.testing.assert_array_equal(weighted.ridge_.shares, plain.ridge_.shares)
    # the order in which numbers are added up
    np.testing.assert_allclose(answers(weighted, X), answers(plain, X), atol=1e-5)
    unweighted = estimator(**CAUSAL).fit(X, y)
    assert np.abs(answers(unweighted, X) - answers(weighted, X)).max() > 1e-3


@pytest.mark.parametrize("estimator", MODELS)
def test_the_order_of_series_does_not_matter(estimator):
    X, y = irregular_panel(40)
    order = np.random.default_rng(0).permutation(40)
    expected = path_of(estimator(**CAUSAL).fit(X, y), X).values
    found = path_of(estimator(**CAUSAL).fit(X[order], y[order]), X).values
    np.testing.assert_allclose(found, expected, atol=1e-6)


def rising(n_series=80, seed=0):
    """Noise around a level that grows with time, up or down by the class."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    lengths = rng.integers(20, 40, n_series)
    times = np.concatenate([np.sort(rng.uniform(0, 10, n)) for n in lengths])
    sign = np.repeat(2 * y - 1, lengths)
    values = 0.2 * sign * times + rng.normal(size=len(times))
    return Panel(values[:, None], times, np.r_[0, np.cumsum(lengths)]), y


def test_more_is_known_later_and_nothing_is_claimed_at_first():
    X, y = rising()
    X_test, truth = rising(seed=1)
    model = CKRocketClassifier(**CAUSAL).fit(X, y)
    path = model.predict_proba_path(X_test)
    chances, labels = path.values[:, 1], truth[path.series_of_rows]
    early, late = path.times < 1.5, path.times > 8
    scores = [roc_auc_score(labels[part], chances[part]) for part in (early, late)]
    assert scores[1] > 0.97 > 0.8 > scores[0]
    timid = [np.abs(chances[part] - 0.5).mean() for part in (early, late)]
    assert timid[0] < 0.75 * timid[1]


# --- Whether there are paths --------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "name"),
    list(zip(MODELS, ["predict_proba_path", "predict_path"], strict=True)),
)
def test_only_causal_models_have_paths(estimator, name):
    X, y = irregular_panel()
    assert not hasattr(estimator(), name)
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
        getattr(estimator(causal=False), name)
    assert "`causal` must be True in fit" in str(caught.value.__cause__)
    with pytest.raises(NotFittedError, match=f"This {estimator.__name__} instance"):
        getattr(estimator(causal=True), name)(X)
    # after `fit` it counts what was learned
    causal = estimator(**CAUSAL).fit(X, y)
    expected = getattr(causal, name)(X).values
    causal.set_params(causal=False)
    np.testing.assert_array_equal(getattr(causal, name)(X).values, expected)
    other = estimator(n_kernels=84, random_state=0).fit(X, y)
    assert not hasattr(other.set_params(causal=True), name)
