"""Tools around scikit-learn on panels, where they are installed; the guide lists them.

``python tests/test_other_tools.py`` prints the table of the page. None of them comes
with ``.[dev]``: together they are 119 MB.
"""

import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

import ckts
from ckts import CKCNNClassifier, CKRocket, CKRocketClassifier
from ckts.datasets import make_speed

PAGE = Path(__file__).parents[1] / "docs/guide/scikit-learn.md"
X, Y = make_speed(60, random_state=0)
RARE = (np.arange(60) % 5 == 0).astype(int)
MODEL = CKRocketClassifier(n_kernels=84, random_state=0)
NETWORK = {"hidden_channels": 4, "n_blocks": 1, "max_epochs": 1, "random_state": 0}
GRID = {"n_kernels": [84, 168]}

# tool -> (what it does with a panel, what to write)
TABLE = {
    "joblib": (
        'backends "threading" and "loky" work',
        '`with joblib.parallel_backend("loky", n_jobs=2): search.fit(X, y)`',
    ),
    "dask": (
        "works, threads and processes",
        '`with Client(), joblib.parallel_backend("dask"): search.fit(X, y)`',
    ),
    "optuna": (
        "works",
        "`cross_val_score(model, X, y).mean()` as the objective of a study",
    ),
    "optuna-integration": ("`OptunaSearchCV` works", "as `GridSearchCV`"),
    "imbalanced-learn": (
        "samplers need a table",
        "`index, y = sampler.fit_resample(np.arange(len(X))[:, None], y)`, then "
        "`X[index[:, 0]]`; or imblearn's "
        "`make_pipeline(CKRocket(), SMOTE(), LogisticRegression())`",
    ),
    "cloudpickle": ("works", "`cloudpickle.dumps(model)`"),
    "skops": (
        "fails at torch's tensors and dtypes",
        "`model.save(path)`, `ckts.load(path)`: no pickle either",
    ),
}


def table():
    """Write the table of the page."""
    yield "| tool | on a panel | write |"
    yield "|---|---|---|"
    for name, (found, write) in TABLE.items():
        yield f"| {name} | {found} | {write} |"


@pytest.fixture
def expected():
    """Scores of a search without any tool."""
    search = GridSearchCV(MODEL, GRID, cv=2).fit(X, Y)
    return search.cv_results_["mean_test_score"]


def scores_in(backend, **options):
    with joblib.parallel_backend(backend, **options):
        search = GridSearchCV(MODEL, GRID, cv=2).fit(X, Y)
    return search.cv_results_["mean_test_score"]


@pytest.mark.filterwarnings("ignore")  # of worker processes that are killed, say
@pytest.mark.parametrize(
    "backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)]
)
def test_backends_of_joblib_find_the_same_scores(backend, expected):
    assert scores_in(backend, n_jobs=2).tolist() == expected.tolist()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "processes", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_dask_finds_the_same_scores(processes, expected, tmp_path):
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": None}
    with distributed.Client(
        **options, processes=processes, local_directory=str(tmp_path)
    ):
        assert scores_in("dask").tolist() == expected.tolist()


@pytest.mark.filterwarnings("ignore")
def test_a_study_of_optuna_finds_the_better_of_two():
    optuna = pytest.importorskip("optuna")

    def objective(trial):
        chosen = trial.suggest_categorical("n_kernels", GRID["n_kernels"])
        model = CKRocketClassifier(n_kernels=chosen, random_state=0)
        return cross_val_score(model, X, Y, cv=2).mean()

    sampler = optuna.samplers.GridSampler(GRID)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=2)
    scores = [
        cross_val_score(MODEL.set_params(n_kernels=n), X, Y, cv=2).mean()
        for n in GRID["n_kernels"]
    ]
    MODEL.set_params(n_kernels=84)
    assert study.best_value == max(scores)


@pytest.mark.filterwarnings("ignore")
def test_the_search_of_optuna_takes_panels():
    integration = pytest.importorskip("optuna_integration")
    optuna = pytest.importorskip("optuna")
    pytest.importorskip("optuna_integration.sklearn")
    grid = {"n_kernels": optuna.distributions.IntDistribution(84, 168, step=84)}
    search = integration.OptunaSearchCV(MODEL, grid, n_trials=2, cv=2, random_state=0)
    assert search.fit(X, Y).predict(X).shape == Y.shape


def test_samplers_of_imbalanced_learn_say_and_take_the_way_out():
    sampling = pytest.importorskip("imblearn.over_sampling")
    sampler = sampling.RandomOverSampler(random_state=0)
    message = r"got a Panel.*make_pipeline\(CKRocket\(\), tool\)"
    with pytest.raises(TypeError, match=message):
        sampler.fit_resample(X, RARE)
    index, y = sampler.fit_resample(np.arange(len(X))[:, None], RARE)
    panel = X[index[:, 0]]
    assert np.bincount(y).tolist() == [48, 48]
    assert (RARE[index[:, 0]] == y).all()
    assert all(panel[i : i + 1].equals(X[k : k + 1]) for i, k in enumerate(index[:, 0]))
    MODEL.fit(panel, y)


def test_the_pipeline_of_imbalanced_learn_resamples_features():
    sampling = pytest.importorskip("imblearn.over_sampling")
    pipeline = pytest.importorskip("imblearn.pipeline")
    smote, last = sampling.SMOTE(random_state=0), LogisticRegression(max_iter=1000)
    features = CKRocket(n_kernels=84, random_state=0)
    model = pipeline.make_pipeline(features, smote, last).fit(X, RARE)
    alone = LogisticRegression(max_iter=1000)
    alone.fit(*smote.fit_resample(features.fit_transform(X, RARE), RARE))
    np.testing.assert_array_equal(model[-1].coef_, alone.coef_)


@pytest.fixture(params=["kernels", "network"])
def fitted(request):
    network = CKCNNClassifier(rocket=False, **NETWORK)
    return (MODEL if request.param == "kernels" else network).fit(X, Y)


def test_cloudpickle_keeps_a_model(fitted):
    cloudpickle = pytest.importorskip("cloudpickle")
    loaded = pickle.loads(cloudpickle.dumps(fitted))
    assert (loaded.predict_proba(X) == fitted.predict_proba(X)).all()


def test_skops_cannot_and_our_file_can(fitted, tmp_path):
    """It fails when it writes tensors, or when it loads dtypes: torch forbids it."""
    skops = pytest.importorskip("skops.io")

    def through_skops(model):
        data = skops.dumps(model)
        return skops.loads(data, trusted=skops.get_untrusted_types(data=data))

    with pytest.raises((RuntimeError, TypeError), match=r"Tensor|torch\.dtype"):
        through_skops(fitted)
    fitted.save(tmp_path / "model.safetensors")
    loaded = ckts.load(tmp_path / "model.safetensors")
    assert (loaded.predict_proba(X) == fitted.predict_proba(X)).all()


def test_the_page_lists_every_tool():
    assert "\n".join(table()) in PAGE.read_text("utf-8")


if __name__ == "__main__":
    print("\n".join(table()))
