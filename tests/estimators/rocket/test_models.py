"""What the models of random kernels learn, and what must not change it."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss, roc_auc_score

from ckts import CKRocketClassifier, CKRocketRegressor, Panel
from ckts.datasets import (
    make_irregular_regression,
    make_local_clock,
    make_speed,
    truncate,
)
from irregular import irregular_panel

QUICK = {"n_kernels": 84, "random_state": 0}
MODELS = [CKRocketClassifier, CKRocketRegressor]


def answers(model, X):
    return getattr(model, "predict_proba", model.predict)(X)


def noisy_labels(n_series=40, seed=0):
    """Labels that follow from the means with chance only."""
    X, y = irregular_panel(n_series, seed=seed)
    flip = np.random.default_rng(seed).random(n_series) < 0.25
    return X.with_values(np.round(4 * X.values)), np.where(flip, 1 - y, y)


# --- Weights ------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", MODELS)
def test_a_weight_of_2_is_the_series_twice_and_0_none(estimator):
    X, y = noisy_labels()
    weight = np.r_[np.full(8, 2.0), np.ones(28), np.zeros(4)]
    repeated = np.r_[0:8, 0:36]
    weighted = estimator(**QUICK).fit(X, y, sample_weight=weight)
    plain = estimator(**QUICK).fit(X[repeated], y[repeated])
    assert weighted.ridge_.penalty == pytest.approx(plain.ridge_.penalty / 2)
    np.testing.assert_array_equal(weighted.ridge_.shares, plain.ridge_.shares)
    # the order in which numbers are added up
    np.testing.assert_allclose(answers(weighted, X), answers(plain, X), atol=1e-5)
    absent = estimator(**QUICK).fit(X[:36], y[:36], sample_weight=weight[:36])
    np.testing.assert_array_equal(answers(absent, X), answers(weighted, X))
    unweighted = estimator(**QUICK).fit(X, y)
    assert np.abs(answers(unweighted, X) - answers(weighted, X)).max() > 1e-3


@pytest.mark.parametrize("factor", [1e-300, 3.0, 1e300])
@pytest.mark.parametrize("estimator", MODELS)
def test_a_common_factor_of_all_weights_changes_nothing(estimator, factor):
    X, y = noisy_labels(24)
    model = estimator(**QUICK).fit(X, y)
    scaled = estimator(**QUICK).fit(X, y, sample_weight=np.full(24, factor))
    np.testing.assert_array_equal(answers(scaled, X), answers(model, X))


def test_class_weights_are_weights():
    X, y = noisy_labels()
    by_class = CKRocketClassifier(class_weight={0: 1.0, 1: 5.0}, **QUICK).fit(X, y)
    weight = np.where(y == 1, 5.0, 1.0)
    by_series = CKRocketClassifier(**QUICK).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(by_class.predict_proba(X), by_series.predict_proba(X))
    plain = CKRocketClassifier(**QUICK).fit(X, y)
    assert by_class.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean()


def test_balanced_classes_are_predicted_as_often():
    X, _ = irregular_panel(80)
    X = X.with_values(np.random.default_rng(0).normal(size=X.values.shape))
    y = (np.arange(80) % 8 == 0).astype(int)
    rare, balanced = (
        CKRocketClassifier(class_weight=w, **QUICK).fit(X, y).predict_proba(X)[:, 1]
        for w in (None, "balanced")
    )
    assert rare.mean() == pytest.approx(1 / 8, abs=0.05)
    assert balanced.mean() == pytest.approx(1 / 2, abs=0.15)


@pytest.mark.parametrize("bad", [{0: -1.0}, {0: 0.0, 1: 0.0}, {1: np.inf}])
def test_bad_class_weights(bad):
    X, y = irregular_panel()
    with pytest.raises(ValueError, match="`class_weight` must be finite, not negative"):
        CKRocketClassifier(class_weight=bad, **QUICK).fit(X, y)


# --- Left out together --------------------------------------------------------------


def patients(n_patients=30, seed=0, noise=0.01):
    """Three records of each patient, nearly the same; labels are noise."""
    X, _ = irregular_panel(n_patients, seed=seed)
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_patients), 3)
    X = X[groups]
    X = X.with_values(X.values + noise * rng.normal(size=X.values.shape))
    return X, rng.integers(0, 2, n_patients)[groups], groups


@pytest.mark.parametrize("estimator", MODELS)
def test_groups_keep_the_records_of_a_patient_together(estimator):
    X, y, groups = patients(seed=1)
    alone = estimator(**QUICK).fit(X, y)
    together = estimator(**QUICK).fit(X, y, groups=groups)
    assert together.ridge_.penalty >= 100 * alone.ridge_.penalty
    names = np.char.add("patient ", groups.astype(str))
    named = estimator(**QUICK).fit(X, y, groups=names)
    np.testing.assert_array_equal(answers(named, X), answers(together, X))


def test_probabilities_are_calibrated_on_other_patients():
    losses = []
    for seed in range(0, 12, 2):
        X, y, groups = patients(seed=seed)
        other, truth, _ = patients(seed=seed + 1)
        losses.append([])
        for given in (None, groups):
            model = CKRocketClassifier(**QUICK).fit(X, y, groups=given)
            losses[-1].append(log_loss(truth, model.predict_proba(other)))
    alone, together = np.mean(losses, axis=0)
    # labels are noise: .69 is the best
    assert together < 0.95 < 1.3 < alone


@pytest.mark.parametrize("times", [2, 3])
def test_equal_series_are_left_out_together_without_groups(times):
    X, y = noisy_labels()
    again = np.tile(np.arange(40), times)
    once = CKRocketClassifier(**QUICK).fit(X, y)
    model = CKRocketClassifier(**QUICK).fit(X[again], y[again])
    assert model.ridge_.penalty == pytest.approx(times * once.ridge_.penalty)
    np.testing.assert_allclose(model.predict_proba(X), once.predict_proba(X), atol=1e-4)


def test_equal_series_of_other_classes_share_their_chance():
    X, y = irregular_panel()
    model = CKRocketClassifier(**QUICK).fit(X[np.r_[0:24, 0:24]], np.r_[y, 1 - y])
    np.testing.assert_allclose(model.predict_proba(X), 0.5, atol=1e-6)


@pytest.mark.parametrize("estimator", MODELS)
def test_one_group_of_all_is_no_group_and_warned_of(estimator):
    X, y = noisy_labels(24)
    weight = (np.arange(24) < 20).astype(float)  # series of weight 0 have no group
    for groups, given in ((["a"] * 24, None), (1 - weight, weight)):
        expected = estimator(**QUICK).fit(X, y, sample_weight=given)
        with pytest.warns(UserWarning, match="`groups` should have at least two") as w:
            grouped = estimator(**QUICK).fit(X, y, sample_weight=given, groups=groups)
        assert w[0].filename == __file__
        np.testing.assert_array_equal(answers(grouped, X), answers(expected, X))


# --- Targets ------------------------------------------------------------------------


def test_labels_may_be_strings():
    X, y = irregular_panel()
    names = np.array(["sick", "well"])
    model = CKRocketClassifier(**QUICK).fit(X, names[y])
    assert model.classes_.tolist() == ["sick", "well"]
    assert set(model.predict(X)) == {"sick", "well"}
    assert model.score(X, names[y]) > 0.9
    numbered = CKRocketClassifier(**QUICK).fit(X, y)
    np.testing.assert_array_equal(numbered.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("n_classes", [1, 3, 12])
def test_any_number_of_classes(n_classes):
    X, _ = irregular_panel()
    y = np.arange(24) % n_classes
    model = CKRocketClassifier(**QUICK).fit(X, y)
    chances = model.predict_proba(X)
    assert chances.shape == (24, n_classes)
    assert np.isfinite(chances).all()
    np.testing.assert_allclose(chances.sum(1), 1)
    np.testing.assert_array_equal(model.predict(X), chances.argmax(1))
    outputs = model.ridge_.predict(model._features(X))
    scores = model._factor * outputs + model._offsets
    np.testing.assert_allclose(softmax(scores, axis=1), chances)


def test_probabilities_are_neither_timid_nor_certain():
    X, y = noisy_labels(160)
    other, truth = noisy_labels(160, seed=1)
    chances = CKRocketClassifier(**QUICK).fit(X, y).predict_proba(other)
    # a quarter of the labels is turned around: the best is 0.56
    assert log_loss(truth, chances) < 0.66
    assert 0.65 < chances.max(1).mean() < 0.9


def test_several_targets_are_learned_at_once():
    X, y = make_irregular_regression(80, random_state=0)
    X_test, truth = make_irregular_regression(80, random_state=1)
    both = np.column_stack([y, 1e6 - 1e3 * y, np.full(80, 7.0)])
    model = CKRocketRegressor(n_kernels=1000, random_state=0).fit(X, both)
    found = model.predict(X_test)
    assert found.shape == (80, 3)
    assert (found[:, 2] == 7).all()
    np.testing.assert_allclose(found[:, 1], 1e6 - 1e3 * found[:, 0], rtol=1e-5)
    assert np.corrcoef(found[:, 0], truth)[0, 1] > 0.8
    one = CKRocketRegressor(n_kernels=1000, random_state=0).fit(X, y).predict(X_test)
    assert one.shape == (80,)
    assert np.corrcoef(one, found[:, 0])[0, 1] > 0.99


@pytest.mark.parametrize("constant", [0.1, -1e12])
def test_a_constant_target_is_predicted_exactly(constant):
    X, _ = irregular_panel()
    model = CKRocketRegressor(**QUICK).fit(X, np.full(24, constant))
    assert (model.predict(X) == constant).all()


def test_the_unit_of_targets_does_not_matter_and_an_outlier_little():
    X, y = make_irregular_regression(80, random_state=0)
    expected = CKRocketRegressor(**QUICK).fit(X, y).predict(X)
    other = CKRocketRegressor(**QUICK).fit(X, 1e9 * y - 5e9).predict(X)
    np.testing.assert_allclose((other + 5e9) / 1e9, expected, atol=1e-5)
    spoiled = y.copy()
    spoiled[3] = 1e9
    found = CKRocketRegressor(**QUICK).fit(X, spoiled).predict(X)
    assert np.abs(np.delete(found - expected, 3)).mean() < 0.5 * y.std()


# --- Few and odd series -------------------------------------------------------------


@pytest.mark.parametrize("n_series", [1, 2, 3])
@pytest.mark.parametrize("estimator", MODELS)
def test_a_few_series_are_enough(estimator, n_series):
    X, y = irregular_panel()
    model = estimator(**QUICK).fit(X[:n_series], y[:n_series])
    assert np.isfinite(answers(model, X)).all()


def odd_series(panel):
    """Empty, single, unobserved, of one channel, tied, and very long ones."""
    rng = np.random.default_rng(0)
    nan, noise = np.full((4, 1), np.nan), rng.normal(size=(4, 1))
    series = [
        (np.empty(0), np.empty((0, 2))),
        (np.array([3.0]), rng.normal(size=(1, 2))),
        (np.arange(4.0), np.hstack([nan, nan])),
        (np.arange(4.0), np.hstack([nan, noise])),
        (np.full(4, 2.0), np.hstack([noise, noise])),
        (np.arange(3000.0), rng.normal(size=(3000, 2))),
    ]
    times = np.concatenate([panel.times, *(t for t, _ in series)])
    values = np.vstack([panel.values, *(v for _, v in series)])
    lengths = [*panel.lengths, *(len(t) for t, _ in series)]
    return Panel(values, times, np.r_[0, np.cumsum(lengths)])


@pytest.mark.parametrize("estimator", MODELS)
def test_odd_series_have_answers_and_change_no_other(estimator):
    X, y = irregular_panel()
    model = estimator(**QUICK).fit(X, y)
    with_odd = odd_series(X)
    found = answers(model, with_odd)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:24], answers(model, X), rtol=1e-12)
    fitted = estimator(**QUICK).fit(with_odd, np.r_[y, y[:6]])
    assert np.isfinite(answers(fitted, with_odd)).all()


@pytest.mark.parametrize("estimator", MODELS)
def test_a_panel_of_single_rows_is_learned_from_its_values(estimator):
    rng, y = np.random.default_rng(0), np.arange(60) % 2
    X = Panel(rng.normal(size=(60, 1)) + 4 * y[:, None], rng.random(60), np.arange(61))
    model = estimator(**QUICK).fit(X, y)
    found = answers(model, X)
    assert roc_auc_score(y, found[:, 1] if found.ndim == 2 else found) > 0.98
    longer = irregular_panel(6, in_channels=1)[0]
    with pytest.warns(UserWarning, match="several time stamps, and `fit` saw none"):
        assert np.isfinite(answers(model, longer)).all()


@pytest.mark.parametrize("estimator", MODELS)
def test_a_channel_never_observed_in_fit_counts_as_unobserved(estimator):
    X, y = irregular_panel(in_channels=3)
    values = X.values.copy()
    values[:, 2] = np.nan
    model = estimator(**QUICK).fit(X.with_values(values), y)
    expected = answers(model, X.with_values(values))
    # the summaries know only that there is something
    kernels_only = estimator(summaries=False, **QUICK).fit(X.with_values(values), y)
    np.testing.assert_array_equal(
        answers(kernels_only, X), answers(kernels_only, X.with_values(values))
    )
    assert expected.shape == answers(model, X).shape
    assert np.isfinite(answers(model, X)).all()


def test_nothing_observed_at_all_is_no_error():
    X, y = irregular_panel()
    empty = X.with_values(np.full_like(X.values, np.nan))
    model = CKRocketClassifier(**QUICK).fit(empty, y)
    np.testing.assert_allclose(model.predict_proba(empty), 0.5, atol=1e-6)


def test_one_odd_stamp_and_one_huge_value_change_predictions_little():
    X, y = make_speed(80, noise=0.1, random_state=0)
    X_test, truth = make_speed(80, noise=0.1, random_state=1)
    model = CKRocketClassifier(n_kernels=1000, random_state=0).fit(X, y)
    assert model.score(X_test, truth) > 0.95
    late, huge = X.times.copy(), X.values.copy()
    late[X.indptr[4] - 1] *= 1e4
    huge[X.indptr[7] + 3] = 1e6
    for spoiled in (X.with_times(late), X.with_values(huge)):
        again = CKRocketClassifier(n_kernels=1000, random_state=0).fit(spoiled, y)
        assert again.score(X_test, truth) > 0.95
        same = again.predict(spoiled) == model.predict(spoiled)
        assert same.mean() > 0.95


# --- What it can tell ---------------------------------------------------------------


def ranked(panel):
    return panel.with_times(
        np.concatenate([np.arange(float(n)) for n in panel.lengths])
    )


@pytest.mark.slow
def test_a_local_clock_is_seen_in_real_times_and_not_in_ranks():
    real, ranks = [], []
    for seed in range(3):
        X, y = make_local_clock(200, random_state=2 * seed)
        X_test, truth = make_local_clock(200, random_state=2 * seed + 1)
        model = CKRocketClassifier(n_kernels=2000, random_state=seed)
        real.append(model.fit(X, y).score(X_test, truth))
        ranks.append(model.fit(ranked(X), y).score(ranked(X_test), truth))
    assert min(real) >= 0.95
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.1)


def test_the_speed_of_a_clock_is_seen():
    X, y = make_speed(100, random_state=0)
    X_test, truth = make_speed(100, random_state=1)
    for summaries in (True, False):
        model = CKRocketClassifier(n_kernels=1000, summaries=summaries, random_state=0)
        assert model.fit(X, y).score(X_test, truth) == 1


def exclusive_or(n_series, seed):
    """Noise around two levels; the class is whether just one of them is high."""
    X, _ = irregular_panel(n_series, seed=seed)
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (n_series, 2))
    noise = rng.normal(size=X.values.shape)
    values = noise + 3 * np.repeat(bits, X.lengths, axis=0)
    return X.with_values(values), bits[:, 0] ^ bits[:, 1]


def test_summaries_are_seen_together():
    X, y = exclusive_or(200, 0)
    X_test, truth = exclusive_or(300, 1)
    model = CKRocketClassifier(**QUICK).fit(X, y)
    assert model.score(X_test, truth) > 0.9
    assert model.ridge_.shares[2:].sum() > 0.5


def lasting_levels(n_series=60, seed=0):
    """Constant series of random levels; those of class 1 are three times as long."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    times = rng.uniform(0.5, 1.5, size=(n_series, 20)).cumsum(1)
    times = (times - times[:, :1]) * np.where(y == 1, 3, 1)[:, None]
    values = np.repeat(rng.normal(size=n_series), 20)[:, None]
    return Panel(values, times.ravel(), np.arange(n_series + 1) * 20), y


@pytest.mark.parametrize("lengths", [True, False])
def test_only_lengths_tell_the_span_of_a_constant(lengths):
    X, y = lasting_levels()
    X_test, truth = lasting_levels(seed=1)
    model = CKRocketClassifier(lengths=lengths, n_kernels=1000, random_state=0)
    chances = model.fit(X, y).predict_proba(X_test)[:, 1]
    if lengths:
        assert roc_auc_score(truth, chances) > 0.95
    else:
        assert 0.3 < roc_auc_score(truth, chances) < 0.7


# --- Landmarks ----------------------------------------------------------------------


@pytest.mark.parametrize("estimator", MODELS)
def test_a_landmark_is_cropping_before_fit_and_predict(estimator):
    X, y = irregular_panel()
    X = X.with_values(np.nan_to_num(X.values))  # `truncate` counts from the first row
    model = estimator(landmark=4.0, **QUICK).fit(X, y)
    cropped = estimator(**QUICK).fit(truncate(X, 4.0), y)
    expected = answers(cropped, truncate(X, 4.0))
    np.testing.assert_array_equal(answers(model, X), expected)
    assert np.abs(answers(estimator(**QUICK).fit(X, y), X) - expected).max() > 1e-3
