"""Networks and random kernels joined: folds, the share, and the joined models."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from skorch.callbacks import Callback

from ckts import (
    CKCNNClassifier,
    CKCNNRegressor,
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
)
from ckts.datasets import make_speed
from ckts.estimators._joining import (
    FEWEST_SERIES,
    N_FOLDS,
    PRIOR_SHARE,
    choose_share,
    draw_folds,
    mix,
)
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "random_state": 0}

# --- folds ----------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.booleans())
def test_folds_keep_together_what_belongs_together(seed, classified):
    rng = np.random.default_rng(seed)
    together = rng.integers(0, 45, 90)
    classes = together % 3 if classified else None
    folds = draw_folds(together, classes, np.random.RandomState(0))
    assert set(folds) == set(range(N_FOLDS))
    pairs = np.unique(np.column_stack([together, folds]), axis=0)
    assert len(pairs) == len(np.unique(together))
    if classified:
        for fold in range(N_FOLDS):
            assert (
                set(classes[folds == fold]) == set(classes[folds != fold]) == {0, 1, 2}
            )


def test_classes_have_the_same_shares_in_all_folds():
    classes = np.r_[np.zeros(90, int), np.ones(9, int)]
    folds = draw_folds(np.arange(99), classes, np.random.RandomState(0))
    assert np.bincount(folds[classes == 1]).tolist() == [3, 3, 3]
    assert np.bincount(folds).tolist() == [33, 33, 33]


def test_too_few_series_have_no_folds():
    rng = np.random.RandomState(0)
    few = np.arange(FEWEST_SERIES - 1)
    assert draw_folds(few, None, rng) is None
    assert draw_folds(np.arange(FEWEST_SERIES), None, rng) is not None
    copies = np.arange(200) % (FEWEST_SERIES - 1)  # no more different ones
    assert draw_folds(copies, None, rng) is None
    rare = np.r_[np.zeros(60, int), np.ones(N_FOLDS - 1, int)]
    assert draw_folds(np.arange(len(rare)), rare, rng) is None


def test_combinations_of_labels_have_the_same_shares_in_all_folds():
    rng = np.random.default_rng(0)
    codes = np.column_stack([np.arange(90) % 2, np.arange(90) // 2 % 3])
    codes = rng.permutation(codes)
    folds = draw_folds(np.arange(90), codes, np.random.RandomState(0))
    for pair in np.unique(codes, axis=0):
        of_pair = folds[(codes == pair).all(axis=1)]
        assert np.bincount(of_pair).tolist() == [5, 5, 5]


def test_a_rare_label_of_several_keeps_the_folds():
    codes = np.zeros((60, 2), int)
    codes[::2, 0] = 1
    codes[7, 1] = 1
    folds = draw_folds(np.arange(60) // 2, codes, np.random.RandomState(0))
    assert set(folds) == set(range(N_FOLDS))
    np.testing.assert_array_equal(folds[::2], folds[1::2])
    assert draw_folds(np.arange(60), codes[:, 1], np.random.RandomState(0)) is None


# --- the share ------------------------------------------------------------------------


def test_the_share_has_the_least_loss_where_series_are_many():
    def losses(share):
        return np.full(10**6, 3 * (share - 0.8) ** 2)

    assert choose_share(losses, np.ones(10**6)) == pytest.approx(0.8)


def test_of_few_series_the_share_stays_near_a_half():
    def chosen(n_series):
        one = np.ones(n_series)
        return choose_share(lambda share: 0.1 * (share - 1) ** 2 * one, one)

    few, some, many = (chosen(n_series) for n_series in (1, 30, 10**4))
    assert PRIOR_SHARE < few < 0.52
    assert few < some < many
    assert many > 0.99


def test_weights_decide_whose_loss_counts():
    def losses(share):
        return np.array([share, 1 - share]) * 100

    assert choose_share(losses, np.array([1.0, 3.0])) == 1.0
    assert choose_share(losses, np.array([3.0, 1.0])) == 0.0


def test_losses_that_do_not_differ_clearly_leave_the_share_near_a_half():
    """A mean that falls by .1 from share 0 to 1, in noise of another size."""
    noise = np.random.default_rng(0).normal(size=1000)
    noise -= noise.mean()

    def chosen(size):
        return choose_share(lambda s: 1 - 0.1 * s + size * s * noise, np.ones(1000))

    assert chosen(0.1) == 1.0  # half a standard error of the difference is .0016
    assert chosen(10.0) == 0.5  # .16
    assert choose_share(lambda s: (s - 0.2) ** 2 + 0 * noise, np.ones(1000)) < 0.25


# --- joined models --------------------------------------------------------------------


@pytest.fixture(scope="module")
def speed():
    return make_speed(90, random_state=0)


@pytest.fixture(scope="module")
def joined(speed):
    X, y = speed
    return CKCNNClassifier(max_epochs=8, random_state=0).fit(X[:60], y[:60])


def test_a_joined_model_is_the_mean_of_log_probabilities(joined, speed):
    X, _ = speed
    assert len(joined.nets_) == N_FOLDS
    assert joined.net_ is joined.nets_[0]
    dataset = joined._dataset(X)
    networks = np.mean(
        [log_softmax(net.outputs(dataset), axis=1) for net in joined.nets_], axis=0
    )
    rocket = np.log(joined.rocket_.predict_proba(X))
    expected = softmax(mix(rocket, networks, joined.network_share_), axis=1)
    np.testing.assert_allclose(joined.predict_proba(X), expected, atol=1e-12)
    assert 0 <= joined.network_share_ <= 1


def test_each_network_lacks_a_third_of_the_series(joined):
    sizes = {one["network"] for one in joined.history_}
    assert sizes == set(range(N_FOLDS))
    assert len(joined.history_) == N_FOLDS * 8


def test_the_random_kernels_are_those_of_the_estimator_alone(joined, speed):
    X, y = speed
    seed = joined.rocket_.random_state
    alone = CKRocketClassifier(random_state=seed).fit(X[:60], y[:60])
    np.testing.assert_array_equal(joined.rocket_.ridge_.shares, alone.ridge_.shares)
    np.testing.assert_allclose(
        joined.rocket_.predict_proba(X), alone.predict_proba(X), atol=1e-6
    )


def test_joined_models_clone_pickle_and_repeat(joined, speed):
    X, y = speed
    expected = joined.predict_proba(X)
    loaded = pickle.loads(pickle.dumps(joined))
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    again = clone(joined).fit(X[:60], y[:60])
    np.testing.assert_array_equal(again.predict_proba(X), expected)


def test_labels_of_chance_are_not_believed(speed):
    """The leak of leave-one-out scores would show as probabilities that are wrong."""
    X, _ = speed
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(3):
        y = rng.permutation(np.arange(90) % 2)
        model = CKCNNClassifier(max_epochs=3, random_state=0).fit(X[:60], y[:60])
        losses.append(log_loss(y[60:], model.predict_proba(X[60:])))
    assert np.mean(losses) < 0.8  # .69 is what a model knows that knows nothing


@pytest.mark.parametrize("n_series", [1, 2, 12])
def test_few_series_are_half_a_network(n_series):
    X, y = irregular_panel(n_series)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    assert len(model.nets_) == 1
    assert model.network_share_ == PRIOR_SHARE
    np.testing.assert_allclose(model.predict_proba(X).sum(1), 1)


def test_a_regressor_joins_numbers_in_their_unit():
    X, y = irregular_panel(60)
    targets = np.c_[1e6 + 1e3 * y, np.full(60, 7.0), X.lengths]
    model = CKCNNRegressor(**QUICK).fit(X, targets)
    dataset = model._dataset(X)
    networks = np.mean(
        [model._in_units(net.outputs(dataset)) for net in model.nets_], axis=0
    )
    expected = mix(model.rocket_.predict(X), networks, model.network_share_)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-9)
    np.testing.assert_array_equal(model.predict(X)[:, 1], 7)
    assert type(model.rocket_) is CKRocketRegressor


def test_without_rocket_there_is_one_network_alone():
    X, y = irregular_panel(60)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    assert hasattr(model, "rocket_")
    model.set_params(rocket=False).fit(X, y)
    assert not hasattr(model, "rocket_")
    assert len(model.nets_) == 1
    assert model.network_share_ == 1.0
    raw = model.net_.outputs(model._dataset(X))
    np.testing.assert_array_equal(model.predict_proba(X), softmax(raw, axis=1))


def test_groups_share_their_fold(monkeypatch):
    X, y = irregular_panel(40)
    twice = Panel.concat([X, X.with_instances(40 + np.arange(40))])
    out_of_fold, choose = [], CKCNNClassifier._choose_share

    def watched(model, found, *rest):
        out_of_fold.append(found)
        return choose(model, found, *rest)

    monkeypatch.setattr(CKCNNClassifier, "_choose_share", watched)
    groups = np.tile(np.arange(40), 2)
    shifted = twice.with_times(twice.times + np.r_[X.times, 3 * X.times])
    CKCNNClassifier(**QUICK).fit(shifted, np.tile(y, 2), groups=groups)
    (found,) = out_of_fold
    np.testing.assert_array_equal(found.folds[:40], found.folds[40:])
    np.testing.assert_array_equal(np.sort(found.series), np.arange(80))


def test_warnings_come_once_and_name_the_caller():
    X, y = irregular_panel(60)
    codes = X.values.copy()
    codes[::5, 0] = -999.0
    with pytest.warns(UserWarning, match="-999") as warned:
        CKCNNClassifier(**QUICK).fit(X.with_values(codes), y)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="`groups` should have") as warned:
        CKCNNClassifier(**QUICK).fit(X, y, groups=np.zeros(60))
    assert warned[0].filename == __file__


def test_early_stopping_watches_the_network_in_training():
    X, y = irregular_panel(60)
    model = CKCNNClassifier(
        early_stopping=True, validation_fraction=0.3, scoring="roc_auc", **QUICK
    ).fit(X, y)
    assert len(model.nets_) == N_FOLDS
    assert all(0 <= row["valid_score"] <= 1 for row in model.history_)


class Interrupting(Callback):
    """Presses Ctrl-C in a step of one of the networks."""

    def __init__(self, step):
        self.step = step
        self.steps = 0

    def on_batch_begin(self, net, training=False, **kwargs):
        self.steps += 1
        if self.steps == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("step", "n_nets", "found"),
    [
        (2, 1, "after step 1 of network 1, with 0 of 2 epochs"),
        (13, 1, "after step 10 of network 1, with 2 of 2 epochs"),
        (22, 2, "after step 10 of network 2, with 2 of 2 epochs"),
    ],
)
def test_ctrl_c_keeps_the_networks_that_were_trained(step, n_nets, found):
    X, y = irregular_panel(60)  # 40 to train each: 5 batches of 8
    model = CKCNNClassifier(callbacks=[Interrupting(step)], **QUICK)
    with (
        pytest.raises(KeyboardInterrupt),
        pytest.warns(ConvergenceWarning, match=found),
    ):
        model.fit(X, y)
    assert len(model.nets_) == n_nets
    assert model.network_share_ == PRIOR_SHARE
    np.testing.assert_allclose(model.predict_proba(X).sum(1), 1)


def test_ctrl_c_before_the_first_step_leaves_the_model_as_it_was():
    X, y = irregular_panel(60)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    expected = model.predict_proba(X)
    model.set_params(callbacks=[Interrupting(1)])
    message = "before its first step. The model is as it was"
    with (
        pytest.raises(KeyboardInterrupt),
        pytest.warns(ConvergenceWarning, match=message),
    ):
        model.fit(X, 1 - y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("n_series", [60, 20])
def test_a_class_of_no_weight_keeps_its_column(n_series):
    X, y = irregular_panel(n_series)
    y = np.where(np.arange(n_series) < 6, 2, y)
    model = CKCNNClassifier(class_weight={0: 1, 1: 1, 2: 0}, **QUICK).fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == (n_series, 3)
    assert proba[:, 2].max() < 0.1
    assert set(model.predict(X)) <= {0, 1}


def test_a_class_that_early_stopping_took_keeps_its_column():
    X, y = irregular_panel(60)
    y = np.where(np.arange(60) < 2, 2, y)
    model = CKCNNClassifier(early_stopping=True, validation_fraction=0.8, **QUICK)
    model.fit(X, y)
    assert model.predict_proba(X).shape == (60, 3)


def test_the_random_kernels_know_the_landmark():
    X, y = irregular_panel(60)
    X = X.keep_rows(~np.isnan(X.values).all(axis=1))  # begins with an observation
    model = CKCNNClassifier(landmark=4.0, **QUICK).fit(X, y)
    since = X.times - np.repeat(X.times[X.indptr[:-1]], X.lengths)
    late = X.with_values(np.where(since[:, None] > 4, 1e3, X.values))
    for one in (model, model.rocket_):
        found = one.predict_proba(late)
        np.testing.assert_allclose(found, one.predict_proba(X), atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_a_channel_that_fit_never_saw_changes_nothing(causal):
    X, y = irregular_panel(40)
    unknown = X.with_values(np.where([True, False], X.values, np.nan))
    model = CKCNNClassifier(causal=causal, **QUICK).fit(unknown, y)
    expected = model.predict_proba(unknown)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)
    alone = np.vstack([model.predict_proba(X[i]) for i in range(5)])
    np.testing.assert_allclose(alone, expected[:5], atol=1e-6)
    if causal:
        path = model.predict_proba_path(X)
        held = ~np.isnan(unknown.values[:, 0])
        assert len(path.times) == held.sum()


def test_one_large_weight_is_one_series():
    def losses(share):
        return np.array([share] + 99 * [1 - share])

    weight = np.r_[1e9, np.ones(99)]
    assert 0.2 < choose_share(losses, weight) < PRIOR_SHARE  # not 0


@pytest.mark.filterwarnings("ignore:The training diverged")
def test_a_diverged_training_warns_and_does_not_raise():
    X, y = irregular_panel(60)
    with pytest.warns(ConvergenceWarning, match="Use a smaller `lr`"):
        model = CKCNNClassifier(lr=1e6, max_epochs=5, random_state=0).fit(X, y)
    assert model.network_share_ == PRIOR_SHARE
    with pytest.raises(ValueError, match="fit with a smaller `lr`"):
        model.predict(X)


@pytest.mark.parametrize("loss", ["huber", "squared_error"])
def test_the_loss_says_whether_odd_targets_count_in_full(loss):
    model = CKCNNRegressor(loss=loss)
    found = model._losses(np.zeros((2, 1)), np.array([[3.0], [100.0]]))
    expected = [9.0, 25.0] if loss == "huber" else [9.0, 100.0**2]
    np.testing.assert_allclose(found, expected)
