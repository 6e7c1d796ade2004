"""Several labels per series, with the conventions of scikit-learn."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neural_network import MLPClassifier
from sklearn.utils import compute_sample_weight

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor, CKRocketClassifier
from ckts.datasets import make_speed
from ckts.estimators._joining import N_FOLDS
from ckts.estimators.classifier import JointCrossEntropy
from ckts.estimators.rocket import ridge
from irregular import irregular_panel

KERNELS = {"n_kernels": 168, "random_state": 0}
QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
ALONE = {**QUICK, "rocket": False}
BOTH = [(CKRocketClassifier, KERNELS), (CKCNNClassifier, ALONE)]


@pytest.fixture(scope="module")
def two():
    """Speed, and size: each label changes something of its own."""
    X, fast = make_speed(120, random_state=0)
    large = np.random.default_rng(0).integers(0, 2, 120)
    sizes = np.repeat(1 + large, X.lengths)[:, None]
    return X.with_values(X.values * sizes), np.column_stack([fast, large])


def _classes(y):
    """Name the same things by columns of more classes."""
    frame = pd.DataFrame({"speed": np.array(["slow", "fast"])[y[:, 0]]})
    return frame.assign(size=np.where(np.arange(len(y)) % 5, 2 * y[:, 1], 7))


# --- both are learned -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        (CKRocketClassifier, KERNELS),
        (CKCNNClassifier, {"rocket": False, "max_epochs": 12, "random_state": 0}),
        (CKCNNClassifier, {"max_epochs": 6, "random_state": 0}),
    ],
    ids=["kernels", "network", "joined"],
)
def test_two_labels_are_learned_together(estimator, params, two):
    X, y = two
    model = estimator(**params).fit(X[:80], y[:80])
    assert model.score(X[80:], y[80:]) > 0.9  # both right; .25 by chance
    if hasattr(model, "nets_"):
        assert model.net_.module_.head.out_features == 4


# --- the conventions ------------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "params"), BOTH)
def test_a_matrix_of_labels_is_as_in_the_perceptron(estimator, params):
    X, y = irregular_panel()
    y = np.column_stack([y, np.arange(24) % 3 == 0, 1 - y]).astype(int)
    table = np.random.default_rng(0).normal(size=(24, 2))
    twin = MLPClassifier((2,), max_iter=500, tol=0.1, random_state=0).fit(table, y)
    model = estimator(**params).fit(X, y)
    np.testing.assert_array_equal(model.classes_, twin.classes_)
    found, proba = model.predict(X), model.predict_proba(X)
    assert found.shape == twin.predict(table).shape
    assert found.dtype == y.dtype
    assert proba.shape == twin.predict_proba(table).shape
    np.testing.assert_array_equal(found, (proba > 0.5).astype(int))
    np.testing.assert_array_equal(found, (model.decision_function(X) > 0).astype(int))
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), proba)
    assert model.score(X, y) == accuracy_score(y, found)


@pytest.mark.parametrize(("estimator", "params"), BOTH)
def test_columns_of_classes_are_as_in_the_forest(estimator, params):
    X, y = irregular_panel()
    y = np.column_stack([y + 3, np.arange(24) % 3])
    table = np.random.default_rng(0).normal(size=(24, 2))
    twin = RandomForestClassifier(n_estimators=2, random_state=0).fit(table, y)
    model = estimator(**params).fit(X, y)
    assert [c.tolist() for c in model.classes_] == [c.tolist() for c in twin.classes_]
    found = model.predict(X)
    assert (found.shape, found.dtype) == (y.shape, y.dtype)
    probas = model.predict_proba(X)
    assert [p.shape for p in probas] == [p.shape for p in twin.predict_proba(table)]
    for k, (proba, logs, evidence) in enumerate(
        zip(
            probas,
            model.predict_log_proba(X),
            model.decision_function(X),
            strict=True,
        )
    ):
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        np.testing.assert_array_equal(
            model.classes_[k][proba.argmax(axis=1)], found[:, k]
        )
        np.testing.assert_allclose(np.exp(logs), proba)
        np.testing.assert_array_equal(evidence, logs)
    for one, given in ((model, X), (twin, table)):
        with pytest.raises(ValueError, match="multiclass-multioutput is not supported"):
            one.score(given, y)


@pytest.mark.parametrize(("estimator", "params"), BOTH)
def test_a_frame_is_as_its_array(estimator, params, two):
    X, y = two
    frame = pd.DataFrame(y, columns=["speed", "size"])
    model = estimator(**params).fit(X, frame)
    expected = clone(model).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    mixed = _classes(y)
    model.fit(X, mixed)
    assert [c.tolist() for c in model.classes_] == [["fast", "slow"], [0, 2, 7]]
    assert model.classes_[1].dtype.kind == "i"
    assert set(map(type, model.predict(X)[0])) == {str, int}
    assert model.fit(X, y[:, 0]).predict(X).shape == (120,)  # and back to one
    assert model.classes_.tolist() == [0, 1]


def test_paths_have_a_channel_per_label_or_class():
    X, y = irregular_panel()
    frame = pd.DataFrame({"sepsis": y, "shock": (np.arange(24) % 3 == 0).astype(int)})
    model = CKRocketClassifier(causal=True, **KERNELS).fit(X, frame)
    path = model.predict_proba_path(X)
    assert path.channels == ("sepsis", "shock")
    ends = path.values[path.indptr[1:] - 1]
    np.testing.assert_allclose(ends, model.predict_proba(X), atol=1e-6)
    model.fit(X, frame.assign(shock=np.arange(24) % 3))
    path = model.predict_proba_path(X)
    names = ("sepsis=0", "sepsis=1", "shock=0", "shock=1", "shock=2")
    assert path.channels == names
    ends = path.values[path.indptr[1:] - 1]
    np.testing.assert_allclose(ends, np.hstack(model.predict_proba(X)), atol=1e-6)
    table = model.attribute(X[:2])
    assert set(table["output"]) == set(names)


# --- one ridge regression for all columns ---------------------------------------------


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_two_columns_are_two_fits_of_the_same_penalty(kind, two, monkeypatch):
    X, y = two
    y = y if kind == "labels" else _classes(y).to_numpy()

    def choose(sets, n_blocks):
        # whose error is that of all columns: the only thing that they share
        shares = np.full(n_blocks, 1 / n_blocks)
        return sets.try_penalty(shares, 5)

    monkeypatch.setattr(ridge, "choose_shares", choose)
    model = CKRocketClassifier(**KERNELS).fit(X[:80], y[:80])
    found = model.predict_proba(X)
    for k in range(2):
        single = clone(model).fit(X[:80], list(y[:80, k])).predict_proba(X)
        one = found[:, k] if kind == "labels" else found[k]
        single = single[:, 1] if kind == "labels" else single
        np.testing.assert_allclose(one, single, atol=1e-10)


def test_the_penalty_is_that_of_the_least_mean_error(two):
    X, y = two
    noise = np.random.default_rng(1).integers(0, 2, 80)
    model = CKRocketClassifier(**KERNELS)
    penalty = {
        name: clone(model).fit(X[:80], labels).ridge_.penalty
        for name, labels in {
            "easy": y[:80, 0],
            "noise": noise,
            "both": np.column_stack([y[:80, 0], noise]),
        }.items()
    }
    assert penalty["easy"] <= penalty["both"] <= penalty["noise"]
    assert penalty["easy"] < penalty["noise"]


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_permuted_columns_permute_results(kind, two):
    X, y = two
    y = y if kind == "labels" else _classes(y).to_numpy()
    model = CKRocketClassifier(**KERNELS).fit(X[:80], y[:80])
    other = clone(model).fit(X[:80], y[:80, ::-1])
    np.testing.assert_array_equal(other.predict(X), model.predict(X)[:, ::-1])
    found, expected = other.predict_proba(X), model.predict_proba(X)
    pairs = (found.T, expected.T) if kind == "labels" else (found, expected)
    for one, same in zip(pairs[0], pairs[1][::-1], strict=True):
        np.testing.assert_allclose(one, same, atol=1e-10)


# --- one network, one share -----------------------------------------------------------


def test_the_loss_is_the_sum_of_those_of_the_columns():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(6, 5, generator=generator, dtype=torch.float64)
    target = torch.tensor([[0, 1], [1, 2], [0, 0], [1, 1], [1, 0], [0, 2]])
    found = JointCrossEntropy([2, 3])(scores, target)
    for row, pair, loss in zip(scores, target, found, strict=True):
        proba = [part.exp() / part.exp().sum() for part in (row[:2], row[2:])]
        expected = -sum(p[c].log() for p, c in zip(proba, pair, strict=True))
        torch.testing.assert_close(loss, expected)


def test_a_rare_label_keeps_no_other_from_folds(two):
    X, y = two
    rare = (np.arange(120) == 5).astype(int)
    model = CKCNNClassifier(**QUICK).fit(X, np.column_stack([y, rare]))
    assert len(model.nets_) == N_FOLDS
    assert 0 <= model.network_share_ <= 1
    assert model.rocket_.classes_.tolist() == [0, 1, 2]
    model.set_params(early_stopping=True)  # in whose part the label may be missing
    for seed in range(3):
        model.set_params(random_state=seed).fit(X, np.column_stack([y, rare]))
        assert np.isfinite(model.predict_log_proba(X)).all()


@pytest.mark.parametrize(("estimator", "params"), BOTH)
@pytest.mark.parametrize("value", [0, 1])
def test_a_column_of_one_value_has_a_constant_probability(estimator, params, value):
    X, y = irregular_panel()
    labels = pd.DataFrame({"sepsis": y, "shock": value, "other": 1 - y})
    model = estimator(**params).fit(X, labels)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba[:, 1], value, atol=1e-8)
    assert model.predict(X)[:, 1].tolist() == [value] * 24
    assert np.isfinite(model.predict_log_proba(X)).all()
    assert model.decision_function(X).shape == (24, 3)
    classes = model.set_params(**params).fit(X, labels.replace(value, value + 5))
    proba = classes.predict_proba(X)
    np.testing.assert_array_equal(proba[1], np.ones((24, 1)))
    assert classes.classes_[1].tolist() == [value + 5]
    constant = clone(model).fit(
        X, labels[["shock", "shock"]].set_axis(["a", "b"], axis=1)
    )
    np.testing.assert_allclose(constant.predict_proba(X), value, atol=1e-8)


def test_a_rare_label_is_cross_validated(two):
    X, y = two
    y = np.column_stack([y, np.arange(120) == 5]).astype(int)
    proba = cross_val_predict(
        CKRocketClassifier(**KERNELS), X, y, cv=KFold(3), method="predict_proba"
    )
    assert (proba[:40, -1] < 1e-8).all()  # learned from parts without the label
    model = clone(CKRocketClassifier(**KERNELS)).fit(X[40:], y[40:, :-1])
    np.testing.assert_allclose(proba[:40, :-1], model.predict_proba(X[:40]), atol=1e-9)


# --- weights --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "class_weight",
    ["balanced", [{0: 1.0, 1: 4.0}, {}], [{0: 3.0}, {0: 1.0, 1: 2.0, 2: 0.5}]],
)
def test_weights_of_classes_multiply_over_the_columns(class_weight):
    X, y = irregular_panel()
    y = np.column_stack([np.arange(24) < 5, np.arange(24) % 3]).astype(int)
    model = CKRocketClassifier(class_weight=class_weight, **KERNELS)
    balanced = class_weight == "balanced"
    columns = [class_weight] * 2 if balanced else class_weight
    weights = [
        compute_sample_weight(one or None, y[:, k]) for k, one in enumerate(columns)
    ]
    expected = CKRocketClassifier(**KERNELS).fit(X, y, np.prod(weights, axis=0))
    for one, same in zip(
        model.fit(X, y).predict_proba(X), expected.predict_proba(X), strict=True
    ):
        np.testing.assert_allclose(one, same, atol=1e-9)


@pytest.mark.parametrize("class_weight", [{0: 2.0}, [{0: 2.0}], "heavy"])
def test_weights_of_classes_that_fit_no_columns_raise(class_weight):
    X, y = irregular_panel()
    model = CKRocketClassifier(class_weight=class_weight, **KERNELS)
    with pytest.raises(ValueError, match=r"`class_weight` must be .* list of 2 dicts"):
        model.fit(X, np.column_stack([y, 1 - y]))


def test_a_series_without_weight_has_no_label():
    X, y = irregular_panel()
    y = np.column_stack([y, np.arange(24) % 3 == 0]).astype(int)
    y[7] = 9
    model = CKRocketClassifier(**KERNELS)
    weight = (np.arange(24) != 7).astype(float)
    found = model.fit(X, y, weight).predict_proba(X)  # of classes 0, 1, 9 in `y`
    kept = np.flatnonzero(weight)
    expected = clone(model).fit(X[kept], y[kept]).predict_proba(X)
    assert [classes.tolist() for classes in model.classes_] == [[0, 1], [0, 1]]
    np.testing.assert_allclose(
        np.column_stack([one[:, 1] for one in found]), expected, atol=1e-9
    )


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "params"), BOTH)
def test_a_missing_label_raises(estimator, params):
    X, y = irregular_panel()
    y = np.column_stack([y, y]).astype(float)
    y[4, 1] = np.nan
    told = r"got nan for series 4, column 1, and 1 in all\. .*, fill the entries in, or"
    with pytest.raises(ValueError, match=told):
        estimator(**params).fit(X, y)
    with pytest.raises(ValueError, match=told.replace("nan", "None")):
        estimator(**params).fit(X, np.where(np.isnan(y), None, y))


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (np.zeros((23, 2)), "one target per series, 24; got 23"),
        (np.zeros((24, 2, 2)), r"shape \(n_series,\) or .*got shape \(24, 2, 2\)"),
        (np.zeros((24, 0)), r"got shape \(24, 0\)"),
        (np.c_[np.arange(24) % 2, np.linspace(0, 1, 24)], "continuous"),
    ],
)
def test_targets_of_another_shape_or_type_raise(y, told):
    X, _ = irregular_panel()
    with pytest.raises(ValueError, match=told):
        CKRocketClassifier(**KERNELS).fit(X, y)


# --- tools ----------------------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "params"), [*BOTH, (CKCNNClassifier, QUICK)])
@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_saved_and_pickled_models_say_the_same(estimator, params, kind, two, tmp_path):
    X, y = two
    y = y if kind == "labels" else _classes(y)
    model = estimator(**params).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    expected = np.hstack(model.predict_proba(X))  # one array, or a list
    loaded = ckts.load(tmp_path / "model.safetensors")
    for one in (loaded, pickle.loads(pickle.dumps(model)), clone(model).fit(X, y)):
        np.testing.assert_array_equal(np.hstack(one.predict_proba(X)), expected)
        np.testing.assert_array_equal(one.predict(X), model.predict(X))


def test_cross_validation_takes_several_columns(two):
    X, y = two
    model = CKRocketClassifier(**KERNELS)
    proba = cross_val_predict(model, X, y, cv=2, method="predict_proba")
    assert proba.shape == y.shape
    assert accuracy_score(y, proba > 0.5) > 0.8


@pytest.mark.parametrize("way", ["warm_start", "partial_fit"])
def test_targets_in_another_order_raise(way):
    X, y = make_speed(20, random_state=0)
    size = np.arange(20.0)
    targets = pd.DataFrame({"speed": (y == y[0]) * 1.0, "size": size})
    model = CKCNNRegressor(
        rocket=False, max_epochs=1, hidden_channels=4, warm_start=True, random_state=0
    )
    go_on = model.fit if way == "warm_start" else model.partial_fit
    go_on(X, targets)
    with pytest.raises(ValueError, match=r"`y` must have the columns of before"):
        go_on(X, targets[["size", "speed"]])
    go_on(X, targets.to_numpy())  # an array has no names
    with pytest.raises(ValueError, match=r"`y` must have the columns of before"):
        go_on(X, targets[["size", "speed"]])
    go_on(X, targets)
