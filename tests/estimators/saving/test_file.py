"""Model files: what is not as it was written is refused, and writing is all or none."""

import errno
import json
import os
import pickle
import pickletools
import re
import struct
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load, save_file

import ckts
from ckts import CKCNNRegressor, CKRocket, CKRocketClassifier
from ckts.estimators.saving import file
from ckts.estimators.saving.file import read_file, write_file
from irregular import irregular_panel
from round_trips import answers, check_same_answers

REFUSED = r"`path` must be a file that `model\.save` wrote; '.*model\.safetensors' "


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model, its panel, and the bytes of its file."""
    X, y = irregular_panel(10)
    options = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 1, "rocket": False}
    model = CKCNNRegressor(random_state=0, **options).fit(X, y.astype(float))
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    model.save(path)
    return model, X, path.read_bytes()


def header_of(content):
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def rewrite(path, change, *, sign):
    """Change our header of a file, and give it a digest that fits, if it is to sign."""
    header, data = header_of(path.read_bytes())
    ours = json.loads(header["__metadata__"]["ckts"])
    change(ours)
    if sign:
        ours.pop("sha256")
        ours["sha256"] = file._digest(ours, load(path.read_bytes()))
    header["__metadata__"]["ckts"] = json.dumps(ours)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def refused_or_the_same(path, content, model, X):
    """Tell whether a file is refused; one that is not must hold the model."""
    path.write_bytes(content)
    try:
        loaded = ckts.load(path)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert re.match(REFUSED, refusal)
        return True
    check_same_answers(model, loaded, X)
    return False


def damage(saved, path, n_cases, seed):
    """Flip a bit, a byte or many, in the header as often as behind it, or cut."""
    model, X, content = saved
    rng = np.random.default_rng(seed)
    end = 8 + struct.unpack("<Q", content[:8])[0]
    refused = 0
    for case in range(n_cases):
        start, stop = [(0, 8), (8, end), (end, len(content))][case % 3]
        place = int(rng.integers(start, stop))
        damaged = bytearray(content)
        kind = rng.integers(4)
        if kind == 0:
            damaged[place] ^= 1 << rng.integers(8)
        elif kind == 1:
            damaged[place] = (damaged[place] + rng.integers(1, 256)) % 256
        elif kind == 2:
            damaged[place : place + 16] = rng.bytes(16)
        else:
            del damaged[place:]
        refused += refused_or_the_same(path, bytes(damaged), model, X)
    return refused


def test_a_damaged_file_is_refused(saved, path):
    assert damage(saved, path, 200, seed=0) >= 195  # of the padding a bit may be one


@pytest.mark.slow
def test_a_file_that_is_damaged_anywhere_is_refused(saved, path):
    assert damage(saved, path, 1000, seed=1) >= 980


def test_a_file_that_ends_anywhere_in_its_header_is_refused(saved, path):
    model, X, content = saved
    for length in [*range(40), *range(40, len(content), 997), len(content) - 1]:
        assert refused_or_the_same(path, content[:length], model, X)
    assert refused_or_the_same(path, content + b"\0", model, X)
    assert not refused_or_the_same(path, content, model, X)


# --- What is no saved model ---------------------------------------------------------


def test_a_changed_number_is_refused_by_its_digest(saved, path):
    path.write_bytes(saved[2][:-1] + bytes([saved[2][-1] ^ 1]))
    message = "is damaged: it does not have its digest. Copy it anew"
    with pytest.raises(ValueError, match=REFUSED + message):
        ckts.load(path)


@pytest.mark.parametrize("field", ["ckts_version", "state", "sha256"])
def test_a_changed_header_is_refused_by_its_digest(saved, path, field):
    path.write_bytes(saved[2])
    rewrite(path, lambda header: header.update({field: "0"}), sign=False)
    with pytest.raises(ValueError, match=REFUSED + "is damaged: .*digest"):
        ckts.load(path)


def test_an_unknown_version_of_the_format_is_refused(saved, path):
    path.write_bytes(saved[2])

    def change(header):
        header.update(format_version=2, ckts_version="7.0", new="unknown")
        del header["new"]

    rewrite(path, change, sign=True)
    message = "has version 2 of the format, of ckts 7.0.*reads version 1. Load it with"
    with pytest.raises(ValueError, match=REFUSED + message):
        ckts.load(path)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"type": "object", "class": "Popen", "state": {}}, "names the class 'Popen'"),
        ({"type": "object", "class": "TimeScale", "state": {}}, r"has the fields \[\]"),
        ({"type": "tuple", "items": []}, "holds a tuple, no estimator"),
        ({"type": "eval", "code": "1"}, "unknown type 'eval'"),
        ([], "holds a list, no estimator"),
    ],
)
def test_a_state_of_another_kind_is_refused(saved, path, state, message):
    path.write_bytes(saved[2])
    rewrite(path, lambda header: header.update(state=state), sign=True)
    with pytest.raises(ValueError, match=REFUSED + f"is of ckts .*{message}.*Load it"):
        ckts.load(path)


def deep(header):
    node = None
    for _ in range(600):
        node = [node]
    header["state"]["state"]["lr"] = node


NET = ("state", "state", "nets_", 0, "state")


def set_in(keys, value):
    def change(header):
        for key in keys[:-1]:
            header = header[key]
        header[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_in(["state", "state", "predict"], 1), "has the attribute 'predict'"),
        (set_in(["state", "state", "net_"], 1), "has the attribute 'net_'"),
        (set_in(["state", "state", "__class__"], 1), "has the attribute '__class__'"),
        (set_in(["state", "state", "a b"], 1), "has the attribute 'a b'"),
        (
            set_in([*NET, "network"], "GatedCKCNN"),
            "its network 'GatedCKCNN' is none",
        ),
        (
            set_in([*NET, "network"], ["ckcnn"]),
            r"'gated'",
        ),
        (
            set_in([*NET, "arguments", "values", 3], 2**40),
            r"its `hidden_channels` is 1099511627776, and it has \d+ numbers",
        ),
        (set_in([*NET, "weights", "keys", 0], "bias"), "Missing key"),
        (deep, "recursion"),
    ],
)
def test_a_signed_state_that_no_fit_makes_is_refused(saved, path, change, message):
    """Who changes a file can sign it anew: no attribute or size is taken on trust."""
    path.write_bytes(saved[2])
    rewrite(path, change, sign=True)
    with pytest.raises(ValueError, match=f"(?s){REFUSED}is of ckts .*{message}"):
        ckts.load(path)


def test_files_of_other_kinds_are_refused(path):
    kinds = {
        "empty": (lambda: path.write_bytes(b""), "has no header.* in 0 bytes. Give"),
        "short": (lambda: path.write_bytes(b"abc"), "has no header.* in 3 bytes"),
        "text": (lambda: path.write_text("{}" * 99), "has no header"),
        "other": (lambda: save_file({"a": np.ones(1)}, path), "has no header"),
        "pickle": (lambda: joblib.dump(CKRocket(), path), "begins as a pickle.*joblib"),
        "torch": (lambda: torch.save({}, path), "has no header"),
    }
    for write, message in kinds.values():
        write()
        with pytest.raises(ValueError, match=REFUSED + message):
            ckts.load(path)


def test_a_folder_and_a_missing_file_are_refused(path):
    missing = REFUSED + "does not exist. Give the path"
    with pytest.raises(FileNotFoundError, match=missing):
        ckts.load(path)
    path.mkdir()
    with pytest.raises(ValueError, match=REFUSED + "is a folder. Give the path"):
        ckts.load(str(path))


# --- What is written ----------------------------------------------------------------


def test_the_file_is_safetensors_and_no_pickle(saved, path):
    model, _, content = saved
    path.write_bytes(content)
    with safe_open(path, framework="np") as file:
        ours = json.loads(file.metadata()["ckts"])
        assert "time_step_" in file.keys()  # noqa: SIM118
        np.testing.assert_array_equal(file.get_tensor("time_step_"), model.time_step_)
    assert (ours["format_version"], ours["ckts_version"]) == (1, ckts.__version__)
    assert ours["state"]["state"]["hidden_channels"] == 4
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(content)
    with pytest.raises(ValueError, match="opcode"):
        list(pickletools.genops(content))


def test_arrays_and_state_come_back(path):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros((0, 2), np.int8)}
    arrays["c"] = np.array(True)
    write_file(path, {"x": [1, None]}, arrays)
    state, found, version = read_file(path)
    assert state == {"x": [1, None]}
    assert version == ckts.__version__
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_or_ctrl_c_leaves_the_old_file_alone(
    error, step, path, monkeypatch
):
    old = CKRocket(n_kernels=100)
    old.save(path)

    def fail(*args, **kwargs):
        raise error

    class Full:
        """A file that holds a part of what it is given."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            self.file.close()

        def write(self, content):
            self.file.write(content[:100])
            self.file.flush()
            fail()

    with monkeypatch.context() as patch:
        if step == "write":
            opened = Path.open
            patch.setattr(Path, "open", lambda *args, **kw: Full(opened(*args, **kw)))
        elif step == "fsync":
            patch.setattr(os, "fsync", fail)
        else:
            patch.setattr(Path, "replace", fail)
        with pytest.raises(type(error)):
            CKRocket(n_kernels=200).save(path)
    assert list(path.parent.iterdir()) == [path]
    assert ckts.load(path).n_kernels == 100


def test_the_mode_of_a_new_file_follows_the_umask(path):
    before = os.umask(0o027)
    try:
        CKRocket().save(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_model_that_was_saved_predicts_as_before(saved, path):
    X, y = irregular_panel(10)
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X, y)
    before = answers(model, X)
    model.save(path)
    for name, expected in answers(model, X).items():
        np.testing.assert_array_equal(expected, before[name])
