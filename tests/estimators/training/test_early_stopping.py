"""Early stopping: which series it holds out, and what it watches."""

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold

from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.estimators.training.early_stopping import split_series
from irregular import irregular_panel

QUICK = {"hidden_channels": 4, "n_blocks": 1, "random_state": 0}
STOPPING = {
    "early_stopping": True,
    "validation_fraction": 0.3,
    "rocket": False,
    **QUICK,
}


@pytest.fixture
def noise():
    """Series whose classes cannot be learned."""
    X, y = irregular_panel(60)
    return X, np.random.default_rng(0).permutation(y)


def test_early_stopping_keeps_the_best_epoch(noise):
    model = CKCNNClassifier(n_iter_no_change=3, max_epochs=100, **STOPPING).fit(*noise)
    losses = [row["valid_loss"] for row in model.history_]
    assert len(losses) < 100
    assert int(np.argmin(losses)) == len(losses) - 1 - 3


def test_early_stopping_says_when_there_are_too_few_series():
    X, y = irregular_panel(4)
    model = CKCNNClassifier(early_stopping=True, max_epochs=1, **QUICK)
    with pytest.raises(ValueError, match="`early_stopping` must find enough series"):
        model.fit(X, y)
    model.set_params(validation_fraction=0.5).fit(X, y)
    model.set_params(validation_fraction=0.1, early_stopping=False).fit(X, y)
    model.set_params(early_stopping=True).fit(*irregular_panel(24))


# --- groups -------------------------------------------------------------------------


@given(
    sizes=st.lists(st.integers(1, 6), min_size=8, max_size=30),
    fraction=st.sampled_from([0.1, 0.3, 0.5]),
    seed=st.integers(0, 99),
)
def test_groups_stay_together_in_shares_as_wanted(sizes, fraction, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    classes = np.arange(len(groups)) % 2
    train, valid = split_series(
        len(groups),
        fraction,
        np.random.RandomState(seed),
        classes=classes,
        groups=groups,
    )
    assert not set(groups[train]) & set(groups[valid])
    np.testing.assert_array_equal(np.sort(np.r_[train, valid]), np.arange(len(groups)))
    assert set(classes[train]) == {0, 1}
    # scikit-learn holds out whole groups, at least one: sizes are off by one or two
    assert abs(len(valid) - fraction * len(groups)) <= 2 * max(sizes)


def test_a_rare_class_is_not_held_out_altogether():
    groups = np.arange(40) // 4
    classes = (groups < 2).astype(int)  # in two groups of ten
    for seed in range(20):
        train, valid = split_series(
            40, 0.3, np.random.RandomState(seed), classes=classes, groups=groups
        )
        assert classes[train].sum() == classes[valid].sum() == 4


def _visits():
    X, y = irregular_panel(24)
    return X.with_instances([f"visit_{i}" for i in range(24)]), y


class Watched:
    """A scorer that remembers what it was called with."""

    def __call__(self, estimator, X, y):
        self.X, self.y = X, y
        return estimator.score(X, y)


@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKCNNRegressor])
def test_fit_holds_out_whole_groups(estimator):
    X, y = _visits()
    patients = np.repeat(list("abcdefgh"), 3)
    watched = Watched()
    estimator(scoring=watched, max_epochs=1, **STOPPING).fit(X, y, groups=patients)
    held = np.isin(X.instances, watched.X.instances)
    assert not set(patients[held]) & set(patients[~held])
    assert 0 < held.sum() < 24
    np.testing.assert_array_equal(watched.y, y[held])


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            np.zeros(23),
            r"`groups` must have the shape \(24,\), one entry per .*\(23,\)",
        ),
        (np.zeros((24, 1)), r"`groups` must have the shape .*got \(24, 1\)"),
        (["a", None] * 12, "`groups` must be finite and known; got None for series 1"),
        (np.zeros(24), "`early_stopping` must find enough groups .*got 1 groups"),
        (np.arange(24) % 2, "No split of `groups` leaves every class to the training"),
    ],
)
def test_bad_groups(groups, message):
    X, y = irregular_panel(24)
    model = CKCNNClassifier(max_epochs=1, **STOPPING)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, groups=groups)
    # the ways out: a group of its own for each series; more groups
    model.fit(X, y, groups=np.arange(24))


def test_groups_are_routed():
    X, y = _visits()
    patients = np.repeat(np.arange(8), 3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = CKCNNClassifier(scoring=Watched(), max_epochs=1, **STOPPING)
        model.set_fit_request(groups=True)
        search = GridSearchCV(model, {"hidden_channels": [2]}, cv=GroupKFold(2))
        watched = search.fit(X, y, groups=patients).best_estimator_.scoring
    held = np.isin(X.instances, watched.X.instances)
    assert not set(patients[held]) & set(patients[~held])
    assert 0 < held.sum() < 24


# --- scores -------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss"])
def test_a_score_is_watched(noise, scoring):
    X, y = noise
    weight = np.linspace(1, 3, len(y))
    model = CKCNNClassifier(
        scoring=scoring, n_iter_no_change=3, max_epochs=100, dtype="float64", **STOPPING
    ).fit(X, y, sample_weight=weight)
    scores = [row["valid_score"] for row in model.history_]
    best = int(np.argmax(scores))
    assert best == len(scores) - 1 - 3
    _, valid = split_series(60, 0.3, np.random.RandomState(0), classes=y)
    positive = model.predict_proba(X[valid])[:, 1]
    metric = {"roc_auc": roc_auc_score, "neg_log_loss": log_loss}[scoring]
    expected = metric(y[valid], positive, sample_weight=weight[valid])
    np.testing.assert_allclose(abs(scores[best]), expected)


class WeightsSeen(Watched):
    """A scorer that takes weights and remembers them."""

    def __call__(self, estimator, X, y, sample_weight=None):
        self.weight = sample_weight
        return super().__call__(estimator, X, y)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 9.0}])
def test_weights_of_classes_are_not_given_to_the_scorer(class_weight):
    X, y = irregular_panel(24)
    seen, weight = WeightsSeen(), np.linspace(1, 3, 24)
    model = CKCNNClassifier(
        scoring=seen, class_weight=class_weight, max_epochs=1, **STOPPING
    )
    model.fit(X, y)
    assert seen.weight is None
    model.fit(X.with_instances(np.arange(24)), y, sample_weight=weight)
    given = weight[np.asarray(seen.X.instances, dtype=int)]
    np.testing.assert_allclose(seen.weight / seen.weight[0], given / given[0])


@pytest.mark.parametrize(("heavy", "given"), [(0, True), (None, False)])
def test_all_training_weights_decide_whether_the_scorer_gets_them(heavy, given):
    X, y = irregular_panel(24)
    weight = np.full(24, 3.0)
    if heavy is not None:
        train, _ = split_series(24, 0.3, np.random.RandomState(0), classes=y)
        weight[train[heavy]] = 1.0  # the validation series are even
    seen = WeightsSeen()
    model = CKCNNClassifier(scoring=seen, max_epochs=1, **STOPPING)
    model.fit(X, y, sample_weight=weight)
    assert (seen.weight is not None) == given


def test_a_scorer_that_takes_no_weights_can_be_wrapped():
    X, y = irregular_panel(24)
    weight = np.linspace(1, 3, 24)
    model = CKCNNRegressor(scoring="neg_max_error", max_epochs=1, **STOPPING)
    with pytest.raises(ValueError, match=r"`scoring` must .*To score without weights"):
        model.fit(X, y, sample_weight=weight)

    def scorer(model, X, y):
        return -np.abs(model.predict(X) - y).max()

    model.set_params(
        scoring=lambda model, X, y, sample_weight: scorer(model, X, y)
    ).fit(X, y, sample_weight=weight)
    assert model.history_[0]["valid_score"] < 0


def test_a_regressor_is_scored_in_the_unit_of_its_targets():
    X, y = _visits()
    targets = np.c_[1000.0 + 50 * y, -3.0 * y]
    watched = Watched()
    model = CKCNNRegressor(scoring=watched, max_epochs=2, **STOPPING).fit(X, targets)
    held = [list(X.instances).index(name) for name in watched.X.instances]
    np.testing.assert_array_equal(watched.y, targets[held])
    best = max(row["valid_score"] for row in model.history_)
    np.testing.assert_allclose(model.score(X[held], targets[held]), best)


def test_string_labels_are_scored():
    X, y = irregular_panel(24)
    names = np.array(["ill", "well"])[y]
    model = CKCNNClassifier(scoring="roc_auc", max_epochs=2, **STOPPING).fit(X, names)
    assert 0 <= model.history_[-1]["valid_score"] <= 1


def test_watching_a_score_changes_no_training(noise):
    losses = [
        [row["train_loss"] for row in model.fit(*noise).history_]
        for model in (
            CKCNNClassifier(max_epochs=3, **STOPPING),
            CKCNNClassifier(max_epochs=3, scoring="accuracy", **STOPPING),
        )
    ]
    assert losses[0] == losses[1]


def _never(estimator, X, y):
    return np.nan


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ("neg_mean_squared_log_error", "`scoring` must give a number .*which says: "),
        (_never, "`scoring` must give a number on the validation series; got nan from"),
        (Watched(), "unexpected keyword argument 'sample_weight'"),
    ],
)
def test_a_score_that_cannot_be_computed_raises_before_training(
    noise, scoring, message
):
    X, y = noise
    names = np.array(["ill", "well"])[y]
    weight = np.linspace(1, 3, 60) if "sample_weight" in message else None
    model = CKCNNClassifier(scoring=scoring, max_epochs=10**6, **STOPPING)
    with pytest.raises(ValueError, match=message):
        model.fit(X, names, sample_weight=weight)
    model.set_params(scoring=None, max_epochs=1).fit(X, names, sample_weight=weight)
