"""The contract of scikit-learn: its own checks, and its tools on irregular panels."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from ckts import CKCNNClassifier, CKCNNRegressor, Panel
from irregular import irregular_panel

# The instance that is checked: without dropout and with all series in one batch, a
# weight of 2 must be the same as a series twice.
EXACT = {
    "dropout": 0.0,
    "observation_dropout": 0.0,
    "batch_size": 10_000,
    "random_state": 0,
    "max_epochs": 20,
    "rocket": False,
}
ALL_ESTIMATORS = [(CKCNNClassifier, 67), (CKCNNRegressor, 59)]
ROUNDING = {
    "check_sample_weight_equivalence_on_dense_data": "float32 rounds at 1e-7",
    "check_methods_subset_invariance": "float32 rounds at 1e-7",
}


def _statuses(estimator, **options):
    results = check_estimator(estimator, on_fail=None, on_skip=None, **options)
    found = {}
    for result in results:
        name = f"{result['check_name']} {result['exception'] or ''}".strip()
        found.setdefault(result["status"], []).append(name)
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings
@pytest.mark.parametrize(("estimator", "at_least"), ALL_ESTIMATORS)
def test_check_estimator_passes_in_float64(estimator, at_least, capsys):
    found = _statuses(estimator(dtype="float64", **EXACT))
    with capsys.disabled():
        counts = {status: len(names) for status, names in found.items()}
        print(f"\ncheck_estimator({estimator.__name__}, float64): {counts}")
    assert not found.get("failed")
    assert not found.get("skipped")
    assert len(found["passed"]) >= at_least


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "at_least"), ALL_ESTIMATORS)
def test_check_estimator_fails_in_float32_by_rounding_only(estimator, at_least, capsys):
    found = _statuses(estimator(**EXACT), expected_failed_checks=ROUNDING)
    with capsys.disabled():
        counts = {status: len(names) for status, names in found.items()}
        print(f"\ncheck_estimator({estimator.__name__}, float32): {counts}")
    assert not found.get("failed")
    assert len(found["passed"]) + len(found.get("xfail", [])) >= at_least


@pytest.fixture
def panel():
    return irregular_panel()


@pytest.fixture
def quick():
    return CKCNNClassifier(max_epochs=2, hidden_channels=4, n_blocks=1, random_state=0)


def test_pipeline_takes_panels(panel, quick):
    X, y = panel
    log = FunctionTransformer(lambda p: p.with_values(np.arcsinh(p.values)))
    model = Pipeline([("log", log), ("model", quick)]).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.predict_proba(X).shape == (len(y), 2)


def test_grid_search_in_two_processes(panel, quick):
    X, y = panel
    search = GridSearchCV(quick, {"hidden_channels": [2, 4]}, cv=2, n_jobs=2)
    search.fit(X, y)
    assert set(search.best_params_) == {"hidden_channels"}
    assert search.predict(X).shape == y.shape
    assert search.best_estimator_.statistics_.values.center.shape == (2,)


def test_cross_validation_keeps_groups_apart(panel, quick):
    X, y = panel
    groups = np.repeat(np.arange(6), 4)
    scores = cross_val_score(quick, X, y, groups=groups, cv=GroupKFold(3))
    assert scores.shape == (3,)
    out_of_fold = cross_val_predict(quick, X, y, cv=3, method="predict_proba")
    np.testing.assert_allclose(out_of_fold.sum(1), 1)


def test_clone_and_pickle(panel, quick):
    X, y = panel
    quick.set_params(kernel="siren", kernel_params={"omega_0": 12.0})
    copy = clone(quick)
    assert copy.get_params() == quick.get_params()
    fitted = copy.fit(X, y)
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    assert loaded.history_ == fitted.history_


def test_a_pickle_holds_weights_but_no_optimizer(panel):
    X, y = panel
    model = CKCNNClassifier(
        max_epochs=1, hidden_channels=64, rocket=False, random_state=0
    ).fit(X, y)
    weights = sum(p.numel() * 4 for p in model.net_.module_.parameters())
    assert len(pickle.dumps(model)) < 1.2 * weights + 50_000


def test_panels_stay_panels_in_a_split(panel):
    X, y = panel
    train, test = train_test_split(X, stratify=y, random_state=0)
    assert isinstance(train, Panel)
    assert len(train) + len(test) == len(X)
