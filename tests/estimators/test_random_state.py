"""`random_state` decides everything, whatever else the process draws meanwhile."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import joblib
import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.utils import check_random_state
from skorch.callbacks import Callback

from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.kernels import KERNELS, BandKernel
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
X, Y = irregular_panel(40)


def fit(**options):
    return CKCNNClassifier(**{**QUICK, **options}).fit(X, Y).predict_proba(X)


def fit_in_threads(count, **options):
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: fit(**options), range(count)))


def global_states():
    name, keys, *rest = check_random_state(None).get_state()
    torchs = torch.get_rng_state().numpy().tobytes()
    return torchs, random.getstate(), name, keys.tobytes(), *rest


@pytest.fixture(params=[None, 1e-6], ids=["", "frequent-switches"])
def switching(request):
    interval = sys.getswitchinterval()
    sys.setswitchinterval(request.param or interval)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def foreign(monkeypatch):
    """Name of a kernel that knows of no generator, and draws in training, too."""

    class Foreign(BandKernel):
        def __init__(self, in_channels, out_channels, *, causal, n_steps):
            super().__init__(in_channels, out_channels, causal=causal, n_steps=n_steps)

        def mixing(self):
            mixing = super().mixing()
            return mixing * torch.rand(len(mixing), 1, 1) if self.training else mixing

    monkeypatch.setitem(KERNELS, "foreign", Foreign)
    return "foreign"


class Drawing(Callback):
    """Keeps what it draws from the global generator."""

    drawn = ()

    def on_batch_begin(self, net, **kwargs):
        self.drawn += tuple(torch.rand(2).tolist())


# --- threads and processes ------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 8])
def test_fits_in_threads_are_the_fit_alone(count, switching):
    alone, states = fit(), global_states()
    for together in fit_in_threads(count):
        np.testing.assert_array_equal(together, alone)
    assert global_states() == states


def test_a_foreign_kernel_takes_turns(foreign, switching):
    alone, states = fit(kernel=foreign), global_states()
    for together in fit_in_threads(4, kernel=foreign):
        np.testing.assert_array_equal(together, alone)
    assert global_states() == states


def test_foreign_callbacks_take_turns(switching):
    def draw(_):
        callback = Drawing()
        return fit(callbacks=[callback], rocket=False), callback.drawn

    (alone, drawn), states = draw(0), global_states()
    with ThreadPoolExecutor(4) as pool:
        for together, also_drawn in pool.map(draw, range(4)):
            np.testing.assert_array_equal(together, alone)
            assert also_drawn == drawn
    assert len(set(drawn)) == len(drawn) == 2 * 2 * 5  # two, in 2 epochs of 5 batches
    assert global_states() == states
    # it changed nothing but its own
    np.testing.assert_array_equal(alone, fit(rocket=False))


def test_who_draws_from_the_global_generator_disturbs_no_fit(switching):
    alone, stop = fit(), Event()

    def disturb():
        while not stop.is_set():
            torch.manual_seed(3)
            check_random_state(None).seed(3)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(disturb)
        try:
            np.testing.assert_array_equal(fit(), alone)
        finally:
            stop.set()


def fit_on_threads(n_threads):
    """Fit in another process: how many threads share a sum decides its rounding."""
    torch.set_num_threads(n_threads)
    return fit()


@pytest.mark.slow  # other processes import everything again
def test_fits_in_processes_are_the_fit_alone():
    job = joblib.delayed(fit_on_threads)
    jobs = (job(torch.get_num_threads()) for _ in range(2))
    for together in joblib.Parallel(2, backend="loky")(jobs):
        np.testing.assert_array_equal(together, fit())


def test_a_search_in_threads_is_the_search_alone():
    def search():
        model = CKCNNClassifier(**QUICK)
        grid = GridSearchCV(model, {"lr": [0.003, 0.03]}, cv=2, scoring="neg_log_loss")
        found = grid.fit(X, Y)
        scores = [found.cv_results_[f"split{fold}_test_score"] for fold in range(2)]
        return np.array(scores), found.predict_proba(X)

    alone, states = search(), global_states()
    with joblib.parallel_backend("threading", n_jobs=4):
        together = search()
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert global_states() == states


# --- one thread -----------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKCNNRegressor])
def test_fit_and_predict_leave_the_global_generators(estimator, kernel):
    states = global_states()
    model = estimator(kernel=kernel, early_stopping=True, **QUICK)
    model.fit(X, Y.astype(float)).predict(X)
    assert global_states() == states


def test_a_seed_decides_initialization_batches_and_dropout():
    np.testing.assert_array_equal(fit(), fit())
    models = [
        CKCNNClassifier(**{**QUICK, "random_state": seed}).fit(X, Y) for seed in (0, 1)
    ]
    first, second = (dict(m.net_.module_.named_parameters()) for m in models)
    constant = {"bias", "skip", "frequencies", "log_widths"}  # of convolutions, kernels
    drawn = [name for name in first if name.rpartition(".")[2] not in constant]
    assert drawn
    assert not [name for name in drawn if torch.equal(first[name], second[name])]


def test_every_epoch_and_step_draws_its_own_numbers():
    seen = []

    class Watch(Callback):
        def on_batch_begin(self, net, batch, training, **kwargs):
            seen.append(tuple(batch[0]["values"].sum((1, 2)).tolist()))

    fit(callbacks=[Watch()], max_epochs=3, batch_size=8, rocket=False)
    epochs = [tuple(seen[start : start + 5]) for start in (0, 5, 10)]
    assert len(set(epochs)) == 3
    for epoch in epochs:
        assert len(set(sum(epoch, ()))) == 40


def test_without_a_seed_numpy_decides_as_in_scikit_learn():
    check_random_state(None).seed(3)
    first = fit(random_state=None)
    second = fit(random_state=None)
    check_random_state(None).seed(3)
    np.testing.assert_array_equal(fit(random_state=None), first)
    assert not np.array_equal(first, second)


def test_a_random_state_is_drawn_from():
    def twice():
        state = np.random.RandomState(5)
        return fit(random_state=state), fit(random_state=state)

    first, second = twice()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(twice(), (first, second))
