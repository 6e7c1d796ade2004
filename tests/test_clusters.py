"""Searches in processes: what travels, what a lost worker costs, the same scores."""

import multiprocessing
import os
import signal
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

import travels
from ckts import (
    CKCNNClassifier,
    CKRocketClassifier,
    Panel,
    predict_dask,
    predict_frame,
)
from ckts.datasets import make_speed

X, Y = make_speed(200, random_state=0)
MODEL = CKRocketClassifier(n_kernels=84, random_state=0)
GRID = {"n_kernels": [84, 168], "causal": [False, True]}
N_FITS = 8
DIES = "CKTS_TEST_DIES"

# Lists, which joblib sends with every fit. Arrays of more than a kilobyte it leaves on
# one worker, and they are lost with it.
FOLDS = [
    (train.tolist(), test.tolist()) for train, test in StratifiedKFold(2).split(Y, Y)
]


def large_panel():
    """2.6 MB in 200 series, since joblib maps what is larger than 1 MB."""
    values = np.random.default_rng(0).normal(size=(200 * 400, 3))
    times = np.tile(np.arange(400.0), 200)
    return Panel(values, times, np.arange(201) * 400)


class LooksOnly(CKRocketClassifier):
    """Learns nothing: a search of it is what travels."""

    def fit(self, X, y):
        self.sum_ = X.values.sum()
        return self

    def score(self, X, y):
        assert not X.values.flags.writeable
        return self.sum_


class DiesOnce(CKRocketClassifier):
    """Its process is killed in the first fit of all."""

    def fit(self, X, y):
        try:
            with open(os.environ[DIES], "x"):
                os.kill(os.getpid(), signal.SIGKILL)
        except FileExistsError:
            return super().fit(X, y)


class DiesInPredict(CKRocketClassifier):
    """The worker that predicts first is killed, once."""

    def predict_proba(self, X):
        if multiprocessing.parent_process() is not None:
            try:
                with open(os.environ[DIES], "x"):
                    os.kill(os.getpid(), signal.SIGKILL)
            except FileExistsError:
                pass
        return super().predict_proba(X)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where processes leave their notes; they know it from their environment."""
    path = tmp_path_factory.mktemp("clusters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(travels.FILE, str(path / "travels"))
        patch.setenv(DIES, str(path / "died"))
        yield path


@pytest.fixture
def notes(folder):
    for file in folder.glob("*"):
        if file.is_file():
            file.unlink()
    return folder


@pytest.fixture(scope="module")
def client(folder):
    """A local cluster of two processes."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(**options, local_directory=str(folder / "dask")) as made:
        yield made


def loky():
    """Two new processes, in this environment."""
    joblib.externals.loky.get_reusable_executor().shutdown(kill_workers=True)
    return joblib.parallel_config("loky", n_jobs=2)


def dask():
    return joblib.parallel_config("dask")


def scores_of(model, X=X):
    search = GridSearchCV(model, GRID, cv=FOLDS, refit=False).fit(X, Y)
    return search.cv_results_["mean_test_score"].tolist()


def arrivals_on(backend, notes):
    """Search, and return what came to each worker."""
    panel = travels.noted(large_panel())
    expected = scores_of(LooksOnly(), X=panel)
    assert not (notes / "travels").exists()  # nothing travels within a process
    with backend():  # a configuration holds from where it is made
        assert scores_of(LooksOnly(), X=panel) == expected
    found = travels.arrivals(notes / "travels")
    found.pop(os.getpid(), None)
    assert 1 <= len(found) <= 2
    return list(found.values())


def test_dask_knows_how_large_a_panel_is():
    """By it joblib decides what is scattered, and Dask how full a worker is."""
    sizeof = pytest.importorskip("dask.sizeof").sizeof
    assert sizeof(large_panel()) == sys.getsizeof(large_panel()) > 200 * 400 * 4 * 8


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of worker processes that end, say
def test_on_dask_the_panel_travels_once_per_worker(client, notes):
    for sizes in arrivals_on(dask, notes):
        assert sizes == [sys.getsizeof(large_panel())]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_on_loky_the_panel_is_mapped_from_a_file(notes):
    for sizes in arrivals_on(loky, notes):
        assert len(sizes) <= N_FITS
        assert set(sizes) == {0}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_networks_have_the_same_scores_on_a_cluster(client):
    quick = {"hidden_channels": 4, "n_blocks": 1, "max_epochs": 1, "random_state": 0}
    model = CKCNNClassifier(rocket=False, n_jobs=-1, **quick)
    scoring = {"cv": 2, "scoring": "neg_log_loss"}
    expected = cross_val_score(model, X[:40], Y[:40], **scoring)
    with dask():
        found = cross_val_score(model, X[:40], Y[:40], **scoring)
    assert found.tolist() == expected.tolist()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_changes_no_score_on_dask(client, notes):
    expected = scores_of(MODEL)
    with joblib.parallel_config("dask", scatter=[X, Y]):  # to both
        assert scores_of(DiesOnce(**MODEL.get_params())) == expected
    assert (notes / "died").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_changes_no_prediction(client, notes):
    dask = pytest.importorskip("dask.dataframe")
    model = DiesInPredict(**MODEL.get_params()).fit(X[:60], Y[:60])
    table = X[60:90].to_frame().rename_axis(["who", "when"]).reset_index(level="when")
    roles = {"instance": "who", "time": "when", "method": "predict_proba"}
    expected = predict_frame(table.reset_index(), model, **roles)
    assert not (notes / "died").exists()  # this process is spared
    frame = dask.from_pandas(table, npartitions=4)
    found = predict_dask(frame, model, **roles).compute()
    assert (notes / "died").exists()
    pd.testing.assert_frame_equal(found, expected, check_index_type=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_ends_a_search_on_loky(notes):
    """The guide says so, and that Dask is the way out."""
    with loky(), pytest.raises(TerminatedWorkerError):
        scores_of(DiesOnce(**MODEL.get_params()))
