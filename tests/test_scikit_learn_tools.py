"""Tools of scikit-learn on panels: each runs, and the page of the guide lists it.

``python tests/test_scikit_learn_tools.py`` prints the table of the page.
"""

from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    permutation_test_score,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import (
    OneVsOneClassifier,
    OneVsRestClassifier,
    OutputCodeClassifier,
)
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from ckts import CKRocket, CKRocketClassifier, CKRocketRegressor, Panel, PanelSummary
from ckts.datasets import make_speed
from ckts.estimators import channel_importance

PAGE = Path(__file__).parents[1] / "docs/guide/scikit-learn.md"
X, Y = make_speed(60, random_state=0)
THREE, BOTH = np.arange(60) % 3, np.c_[Y, 1 - Y]
PARTLY = np.where(np.arange(60) < 40, Y, -1)
GROUPS = np.arange(60) // 4
GRID = {"n_kernels": [84, 168]}
MODEL = CKRocketClassifier(n_kernels=168, random_state=0)
NUMBERS = CKRocketRegressor(n_kernels=168, random_state=0)
BOOSTING = make_pipeline(PanelSummary(), HistGradientBoostingClassifier())
ROCKET = CKRocket(n_kernels=168, random_state=0)
LINEAR = LogisticRegression(max_iter=1000)


def _predict(model, y=Y):
    return model.fit(X, y).predict(X)


# What takes a panel as it is.
WORKS = {
    "train_test_split": lambda: train_test_split(X, Y)[0],
    "cross_validate, GroupKFold": lambda: cross_validate(
        MODEL, X, Y, groups=GROUPS, cv=GroupKFold(2)
    )["test_score"],
    "cross_val_predict": lambda: cross_val_predict(
        MODEL, X, Y, cv=2, method="predict_proba"
    ),
    "GridSearchCV": lambda: _predict(GridSearchCV(MODEL, GRID, cv=2)),
    "RandomizedSearchCV": lambda: _predict(
        RandomizedSearchCV(MODEL, GRID, n_iter=2, cv=2)
    ),
    "HalvingGridSearchCV": lambda: _predict(HalvingGridSearchCV(MODEL, GRID, cv=2)),
    "learning_curve": lambda: learning_curve(MODEL, X, Y, cv=2, train_sizes=[0.5, 1.0])[
        0
    ],
    "validation_curve": lambda: validation_curve(
        MODEL, X, Y, param_name="n_kernels", param_range=[84], cv=2
    )[0],
    "permutation_test_score": lambda: permutation_test_score(
        MODEL, X, Y, n_permutations=2, cv=2
    )[1],
    "CalibratedClassifierCV": lambda: _predict(CalibratedClassifierCV(MODEL, cv=2)),
    "StackingClassifier": lambda: _predict(
        StackingClassifier([("rocket", MODEL), ("boosting", BOOSTING)], cv=2)
    ),
    "VotingClassifier": lambda: _predict(
        VotingClassifier([("rocket", MODEL), ("boosting", BOOSTING)], voting="soft")
    ),
    "OneVsRestClassifier": lambda: _predict(OneVsRestClassifier(MODEL), THREE),
    "MultiOutputClassifier": lambda: _predict(MultiOutputClassifier(MODEL), BOTH),
    "TunedThresholdClassifierCV": lambda: _predict(
        TunedThresholdClassifierCV(MODEL, cv=2)
    ),
    "FixedThresholdClassifier": lambda: _predict(
        FixedThresholdClassifier(MODEL, threshold=0.3)
    ),
    "TransformedTargetRegressor": lambda: _predict(
        TransformedTargetRegressor(NUMBERS, func=np.log1p, inverse_func=np.expm1)
    ),
    "FeatureUnion": lambda: make_union(PanelSummary(), ROCKET).fit_transform(X),
    "RocCurveDisplay": lambda: (
        RocCurveDisplay.from_estimator(MODEL.fit(X, Y), X, Y).fpr
    ),
}


def _behind(tool, y=Y):
    """Give a tool features, one row per series."""
    return _predict(make_pipeline(ROCKET, StandardScaler(), tool), y)


def _dependence():
    model = make_pipeline(PanelSummary(), HistGradientBoostingClassifier()).fit(X, Y)
    return partial_dependence(model[-1], model[0].transform(X), [0])["average"]


def _columns():
    pick = ColumnTransformer([("mean", StandardScaler(), ["channel_0_mean"])])
    summary = PanelSummary().set_output(transform="pandas")
    return make_pipeline(summary, pick).fit_transform(X)


# What needs a table: the call that fails on a panel, and what runs instead.
FEATURES = {
    "AdaBoostClassifier": (
        lambda: _predict(AdaBoostClassifier(MODEL)),
        lambda: _behind(AdaBoostClassifier(LINEAR, n_estimators=2, random_state=0)),
    ),
    "BaggingClassifier": (
        lambda: _predict(BaggingClassifier(MODEL)),
        lambda: _behind(BaggingClassifier(LINEAR, n_estimators=2, random_state=0)),
    ),
    "ClassifierChain": (
        lambda: _predict(ClassifierChain(MODEL), BOTH),
        lambda: _behind(ClassifierChain(LINEAR), BOTH),
    ),
    "ColumnTransformer": (
        lambda: ColumnTransformer([("rocket", ROCKET, [0])]).fit_transform(X),
        _columns,
    ),
    "OneVsOneClassifier": (
        lambda: _predict(OneVsOneClassifier(MODEL), THREE),
        lambda: _behind(OneVsOneClassifier(LINEAR), THREE),
    ),
    "OutputCodeClassifier": (
        lambda: _predict(OutputCodeClassifier(MODEL, random_state=0), THREE),
        lambda: _behind(OutputCodeClassifier(LINEAR, random_state=0), THREE),
    ),
    "SelfTrainingClassifier": (
        lambda: _predict(SelfTrainingClassifier(MODEL), PARTLY),
        lambda: _behind(SelfTrainingClassifier(LINEAR), PARTLY),
    ),
    "StackingClassifier(passthrough=True)": (
        lambda: _predict(StackingClassifier([("rocket", MODEL)], passthrough=True)),
        lambda: _behind(StackingClassifier([("linear", LINEAR)], passthrough=True)),
    ),
    "partial_dependence": (
        lambda: partial_dependence(MODEL.fit(X, Y), X, [0]),
        _dependence,
    ),
    "permutation_importance": (
        lambda: permutation_importance(MODEL.fit(X, Y), X, Y),
        lambda: channel_importance(MODEL.fit(X, Y), X, Y).importances,
    ),
}
INSTEAD = {
    "ColumnTransformer": "names of features: "
    '`PanelSummary().set_output(transform="pandas")` in front',
    "partial_dependence": "on `PanelSummary().fit_transform(X)` and the model behind",
    "permutation_importance": "`ckts.estimators.channel_importance`",
}


def table():
    """Write the table of the page."""
    yield "| tool | on a panel | instead |"
    yield "|---|---|---|"
    for name in WORKS:
        yield f"| `{name}` | works | |"
    for name in FEATURES:
        instead = INSTEAD.get(
            name, "`make_pipeline(CKRocket(), StandardScaler(), tool)`"
        )
        yield f"| `{name}` | needs a table | {instead} |"


@pytest.mark.filterwarnings("ignore")  # few series in folds, no convergence
@pytest.mark.parametrize("name", WORKS)
def test_what_works_runs(name):
    found = WORKS[name]()
    assert isinstance(found, Panel) or np.isfinite(found).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FEATURES)
def test_what_needs_a_table_says_so_and_the_way_out_runs(name):
    fails, instead = FEATURES[name]
    # these two ask for the second number of the shape before anything else
    silent = name in ("ColumnTransformer", "partial_dependence")
    with pytest.raises(
        IndexError if silent else TypeError,
        match="" if silent else r"got a Panel.*make_pipeline\(CKRocket\(\), tool\)",
    ):
        fails()
    assert np.isfinite(instead()).all()


def test_the_page_lists_every_tool():
    assert "\n".join(table()) in PAGE.read_text("utf-8")


if __name__ == "__main__":
    print("\n".join(table()))
