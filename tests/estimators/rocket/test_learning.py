"""Models of series on disk, held to ridge regression on all of them in memory."""

import numpy as np
import pandas as pd
import pytest

from ckts import (
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
    ParquetPanel,
)
from ckts.datasets import make_irregular_regression, make_speed
from ckts.estimators.preprocessing import sampling
from ckts.estimators.preprocessing.categories import OneHot
from ckts.estimators.rocket import learning, passes
from ckts.estimators.rocket.leaving_out import PENALTIES
from ckts.estimators.rocket.ridge import ChosenRidge, solve_ridge
from refits import refit
from series_on_disk import on_disk_of

FEW = {"n_kernels": 168, "random_state": 0}
N_SERIES = 150


@pytest.fixture
def small(monkeypatch):
    """Samples of 60 series, and parts of 25."""
    monkeypatch.setattr(sampling, "MOST_SAMPLED", 60)
    monkeypatch.setattr(passes, "PART_NUMBERS", 1500)


@pytest.fixture
def on_disk(tmp_path):
    def write(panel):
        path = tmp_path / "series.parquet"
        panel.to_parquet(path, rows_per_group=400)
        static = list(panel.static_names) or None
        return ParquetPanel(path, instance="instance", time="time", static=static)

    return write


def speeds(n_series=N_SERIES):
    return make_speed(n_series, random_state=0)


def numbers(n_series=N_SERIES):
    X, y = make_irregular_regression(n_series, random_state=0)
    return X, np.column_stack([y, y**2])


def joined(model, learned):
    """The features whose inner products are the kernel of a model."""
    ridge = model.ridge_
    tables = [
        np.sqrt(share) * block.map(table).astype(np.float64)
        for share, block, table in zip(
            ridge.shares, ridge.blocks, learned.features, strict=True
        )
    ]
    return np.hstack(tables)


def expected_outputs(model, panel, y, weight):
    """Return outputs by least squares on all series at once, and the model's."""
    learned, _ = model._learn_prefixes(panel, weight)
    owner, own = learned.prefixes.owner, learned.prefixes.weight
    encoded, _ = model._encode(y, weight)
    table, target = joined(model, learned), model._ridge_target(encoded[owner])
    found = model.ridge_.predict(learned.features)
    return refit(table, target, own, model.ridge_.penalty, table), found, own


# --- Few series -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "data"),
    [(CKRocketClassifier, speeds), (CKRocketRegressor, numbers)],
)
def test_few_series_on_disk_are_fitted_as_in_memory_to_the_bit(make, data, on_disk):
    X, y = data(40)
    weight = np.r_[np.zeros(3), np.full(37, 2.0)]
    ours = make(**FEW).fit(on_disk(X), y, weight)
    theirs = make(**FEW).fit(X, y, weight)
    assert ours._predict_raw(X).tolist() == theirs._predict_raw(X).tolist()
    assert ours.training_data_ == theirs.training_data_


def test_features_of_few_series_on_disk_are_those_in_memory(on_disk):
    X, _ = speeds(40)
    ours, theirs = CKRocket(**FEW).fit(on_disk(X)), CKRocket(**FEW).fit(X)
    assert (ours.transform(X) == theirs.transform(X)).all()


# --- Many series ----------------------------------------------------------------------


CASES = {
    "classes": (CKRocketClassifier, speeds, {}),
    "numbers": (CKRocketRegressor, numbers, {}),
    "causal": (CKRocketClassifier, speeds, {"causal": True}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("small")
def test_coefficients_are_those_of_all_series_at_once(case, on_disk):
    make, data, params = CASES[case]
    X, y = data()
    weight = np.random.default_rng(0).uniform(0.5, 1.0, N_SERIES)
    weight[11] = 1.0  # only ratios count
    model = make(**FEW, **params).fit(on_disk(X), y, weight)
    expected, found, own = expected_outputs(model, X, y, weight)
    # features are float32
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max())
    multiple = model.ridge_.penalty / (own.sum() / len(own))
    assert np.abs(PENALTIES / multiple - 1).min() < 1e-12


@pytest.mark.usefixtures("small")
def test_series_of_weight_0_and_equal_ones_count_as_in_memory(on_disk):
    X, y = speeds()
    twice = np.r_[np.arange(N_SERIES), np.arange(20)]
    weight = np.ones(len(twice))
    weight[30:50] = 0.0
    names = [f"series {place}" for place in range(len(twice))]
    again = X[twice].with_instances(names)
    model = CKRocketClassifier(**FEW).fit(on_disk(again), y[twice], weight)
    kept = weight > 0
    expected, found, _ = expected_outputs(
        model, again[kept], y[twice][kept], weight[kept]
    )
    np.testing.assert_allclose(found, expected, atol=2e-4)
    assert model.training_data_.n_series == 150
    # 130 are different: the penalty is a multiple of their mean weight
    assert np.abs(PENALTIES / (model.ridge_.penalty / (150 / 130)) - 1).min() < 1e-12


@pytest.mark.usefixtures("small")
def test_a_part_may_lack_a_class_and_another_one_all_observations(on_disk):
    X, y = speeds()
    order = np.argsort(y, kind="stable")  # parts of one class
    X, y = X[order], y[order]
    values = X.values.copy()
    hidden = (X.series_of_rows >= 50) & (X.series_of_rows < 100)
    values[hidden] = np.nan
    X = X.with_values(values)
    parts = [len(part) for part in on_disk(X).partitions(750)]
    assert max(parts) <= 25  # as in the pass: two of them hold NaN only
    model = CKRocketClassifier(**FEW).fit(on_disk(X), y)
    expected, found, _ = expected_outputs(model, X, y, np.ones(N_SERIES))
    np.testing.assert_allclose(found, expected, atol=2e-4)
    seen = np.r_[0:50, 100:150]
    assert model.score(X[seen], y[seen]) > 0.9


@pytest.mark.usefixtures("small")
def test_a_rare_class_is_learned_though_the_sample_hardly_knows_it(on_disk):
    X, y = speeds()
    y = y.astype("<U4")
    y[77] = "rare"
    model = CKRocketClassifier(**FEW).fit(on_disk(X), y)
    assert "rare" in model.classes_
    assert model.predict_proba(X).shape == (N_SERIES, 3)
    assert model.training_data_.classes["rare"] == 1


@pytest.mark.usefixtures("small")
def test_groups_are_drawn_and_left_out_together(on_disk, monkeypatch):
    given, choose_ridge = [], learning.choose_ridge

    def keep(*arguments):
        given.append(arguments[4])
        return choose_ridge(*arguments)

    monkeypatch.setattr(learning, "choose_ridge", keep)
    X, y = speeds()
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(50), 3))
    model = CKRocketClassifier(**FEW).fit(on_disk(X), y, groups=groups)
    (together,) = given
    assert np.unique(together, return_counts=True)[1].tolist() == [3] * 20
    assert model.score(X, y) > 0.9
    with pytest.warns(UserWarning, match="`groups` should have at least two values"):
        CKRocketClassifier(**FEW).fit(on_disk(X), y, groups=np.zeros(N_SERIES))


@pytest.mark.usefixtures("small")
def test_features_are_learned_from_a_sample_that_the_seed_draws(on_disk):
    X, _ = speeds()
    weight = np.r_[np.zeros(50), np.ones(100)]
    first, again = (CKRocket(**FEW).fit(on_disk(X), None, weight) for _ in range(2))
    assert (first.transform(X[:5]) == again.transform(X[:5])).all()
    all_of_them = CKRocket(**FEW).fit(X, None, weight)
    assert first.transform(X).shape[1] > all_of_them.transform(X).shape[1] / 2
    assert (
        first.transform(X[:5])[:, :160] != all_of_them.transform(X[:5])[:, :160]
    ).any()


@pytest.mark.usefixtures("small")
def test_targets_in_another_order_are_refused_before_anything_is_read(on_disk):
    X, y = speeds()
    names = [f"series {place}" for place in range(N_SERIES)]
    panel = on_disk(X.with_instances(names))
    given = pd.Series(y, index=names[::-1])
    with pytest.raises(ValueError, match="`y` must be in the order of the series"):
        CKRocketClassifier(**FEW).fit(panel, given)
    with pytest.raises(ValueError, match="`sample_weight` must be in the order"):
        CKRocket(**FEW).fit(panel, None, given)


@pytest.mark.usefixtures("small")
def test_a_bar_counts_series_if_asked_to(on_disk, capsys):
    X, y = speeds()
    for verbose, told in ((0, False), (1, True)):
        CKRocketClassifier(**FEW, verbose=verbose).fit(on_disk(X), y)
        assert ("150/150" in capsys.readouterr().err) == told


def test_verbose_must_be_a_number():
    X, y = speeds(20)
    with pytest.raises(TypeError, match="`verbose` must be an integer"):
        CKRocketClassifier(verbose="yes").fit(X, y)


@pytest.mark.usefixtures("small")
def test_more_classes_than_the_sample_has_series_are_refused(on_disk):
    X, _ = speeds()
    way_out = r"Join rare ones before, or fit `X.load\(\)` if that fits in memory"
    with pytest.raises(
        ValueError, match=rf"holds 60 series; got 75 classes, of .* 15\. {way_out}"
    ):
        CKRocketClassifier(**FEW).fit(on_disk(X), np.arange(N_SERIES) // 2)


def with_labels(X):
    """A label and a static one that a single series of late ones has."""
    drug, clinic = X.series_of_rows % 2, np.arange(len(X)) % 2
    rare = N_SERIES - 20 + np.arange(20)
    drug = np.where(np.isin(X.series_of_rows, rare[::2]), 2, drug)
    clinic[rare[1::2]] = 2
    return Panel(
        np.column_stack([X.values, drug]),
        X.times,
        X.indptr,
        channels=["speed", "drug"],
        categories={"drug": ("no", "yes", "rarely", "never")},
        static=clinic[:, None].astype(float),
        static_names=["clinic"],
        static_categories={"clinic": ("A", "B", "C", "D")},
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("make", [CKRocketClassifier, CKRocket])
def test_labels_that_the_sample_lacks_are_known(make, tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_SAMPLED", 4)
    X, y = speeds()
    X = with_labels(X)
    weight = np.ones(N_SERIES)
    weight[-2:] = 1e-3
    model = make(**FEW).fit(on_disk_of(X, tmp_path), y, sample_weight=weight)
    assert model._one_hot == OneHot.learn(X)
    assert model._one_hot.labels == {"drug": ("no", "yes", "rarely")}
    if make is CKRocketClassifier:  # coefficients of rare labels are learned
        assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.usefixtures("small")
def test_labels_of_series_of_weight_0_or_after_the_landmark_are_not_known(tmp_path):
    X, y = speeds()
    X = with_labels(X)
    weight = np.ones(N_SERIES)
    weight[-20:] = 0.0
    model = CKRocketClassifier(**FEW).fit(on_disk_of(X, tmp_path), y, weight)
    assert model._one_hot.labels == {"drug": ("no", "yes")}
    assert model._one_hot.static_labels == {"clinic": ("A", "B")}
    values = X.values.copy()
    late = X.elapsed > 0.5 * X.elapsed.max()
    values[late, 1] = 3
    hidden = CKRocket(**FEW, landmark=0.5 * X.elapsed.max())
    hidden.fit(on_disk_of(X.with_values(values), tmp_path))
    assert hidden._one_hot.labels == {"drug": ("no", "yes", "rarely")}


# --- At full size ---------------------------------------------------------------------


@pytest.mark.slow
def test_4200_series_have_the_coefficients_of_conjugate_gradients(on_disk):
    """What is solved in memory by more than 4,096 series, with the same features."""
    X, y = speeds(4200)
    model = CKRocketClassifier(n_kernels=336, random_state=0).fit(on_disk(X), y)
    learned, _ = model._learn_prefixes(X, np.ones(4200))
    ridge = model.ridge_
    tables = [
        block.map(table)
        for block, table in zip(ridge.blocks, learned.features, strict=True)
    ]
    centered = [table - table.mean(0) for table in tables]
    target = model._ridge_target(model._encode(y, np.ones(4200))[0])
    found = ChosenRidge(
        ridge.blocks, ridge.shares, ridge.penalty, centered, None, None, None
    )
    solved = solve_ridge(found, target, np.ones(4200))
    expected = solved.intercept + sum(
        table @ part
        for table, part in zip(centered, solved.coefficients, strict=True)
        if part is not None
    )
    # conjugate gradients end at 1e-5 of the right side
    np.testing.assert_allclose(ridge.predict(learned.features), expected, atol=2e-3)
