"""`ckts.load` on another device, in another process, by another version of ckts."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skorch.exceptions import DeviceWarning

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor, CKRocket, CKRocketRegressor
from irregular import irregular_panel
from round_trips import check_same_answers

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 2, "random_state": 0}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


# --- Devices ------------------------------------------------------------------------


def test_a_model_of_a_gpu_goes_on_on_the_cpu(accelerator, path):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(device=accelerator.device, **NETWORK).fit(X, y)
    model.save(path)
    there = ckts.load(path)
    assert {p.device.type for p in there.net_.module_.parameters()} == {"fakegpu"}
    assert there.device_ == there.rocket_.device_ == accelerator.device
    check_same_answers(model, there, X)
    here = ckts.load(path, device="cpu")
    assert {p.device.type for p in here.net_.module_.parameters()} == {"cpu"}
    np.testing.assert_allclose(here.predict_proba(X), model.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize("joined", [True, False])
def test_a_device_that_is_not_here_is_warned_of_unless_another_is_given(joined, path):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(**NETWORK, rocket=joined).fit(X, y)
    expected = model.predict_proba(X)
    model.device_ = "cuda:7"
    for net in model.nets_:
        net.device = "cuda:7"
    model.save(path)
    with pytest.warns(DeviceWarning, match="fitted on 'cuda:7'; it goes on on 'cpu'"):
        loaded = ckts.load(path)
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    for device in ("auto", "cpu"):
        loaded = ckts.load(path, device=device)
        assert loaded.device_ == loaded.net_.device == "cpu"
        np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    with pytest.raises(ValueError, match=r"`device` must be 'auto' or a device"):
        ckts.load(path, device="gpu9")


# --- Elsewhere, and versions --------------------------------------------------------

ELSEWHERE = """
import sys
import numpy as np
import ckts
from ckts import estimators

def watch(event, arguments):
    if event in watched:
        raise RuntimeError(f"{event} {arguments}"[:300])

watched = set()
sys.addaudithook(watch)
X = np.load("X.npy")
watched |= {"pickle.find_class", "os.system", "subprocess.Popen"}
ckts.load("model.safetensors")  # torch imports parts of itself when they are used
watched |= {"compile", "exec", "import", "marshal.loads", "code.__new__"}
model = ckts.load("model.safetensors")
watched.clear()
np.testing.assert_array_equal(model.predict(X), np.load("expected.npy"))
print("the same")
"""


@pytest.mark.parametrize(
    ("estimator", "quick"),
    [(CKCNNRegressor, NETWORK), (CKRocketRegressor, {"n_kernels": 84})],
)
def test_a_fresh_process_runs_no_code_and_predicts_the_same(estimator, quick, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(36, 2, 12)), rng.normal(size=36)
    model = estimator(**quick).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "expected.npy", model.predict(X))
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join([str(ROOT), *sys.path]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "the same\n", done.stderr


def test_another_version_of_ckts_is_warned_of(path, monkeypatch):
    model = CKRocket(n_kernels=100)
    pickled = pickle.dumps(model)
    model.save(path)
    monkeypatch.setattr("ckts.estimators.saving.savable.__version__", "9.0")
    message = "CKRocket was saved by ckts 0.*, and this is ckts 9.0.*Fit it again"
    with pytest.warns(UserWarning, match=message):
        assert ckts.load(path).n_kernels == 100
    with pytest.warns(UserWarning, match=message):
        loaded = pickle.loads(pickled)
    assert vars(loaded) == vars(model)


def test_a_pickle_that_names_no_version_is_warned_of():
    model = CKRocket(n_kernels=100)
    with pytest.warns(UserWarning, match="saved by an earlier ckts"):
        CKRocket().__setstate__(dict(vars(model)))
