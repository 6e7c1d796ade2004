"""Model cards tell what fit knows, and leave the rest to be filled in."""

import platform
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
import torch

import ckts
from ckts import CKCNNClassifier, CKRocket, CKRocketClassifier, CKRocketRegressor, Panel
from ckts.datasets import make_speed

FAST = {"n_kernels": 84, "random_state": 7}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def visits():
    frame = pd.DataFrame(
        {
            "id": np.repeat(np.arange(12), 3),
            "t": pd.to_datetime("2001-01-01")
            + pd.to_timedelta(np.tile([0, 1, 3], 12), unit="D"),
            "pulse|rate": np.random.default_rng(0).normal(size=36),
            "drug": np.resize(["a", "b"], 36),
            "age": np.repeat(np.arange(40, 52), 3),
        }
    )
    return Panel.from_long(frame, instance="id", time="t", static=["age"])


def rows(path):
    """The lines of all tables of a card, by their first cell."""
    lines = path.with_suffix(".md").read_text("utf-8").splitlines()
    split = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return dict(one for one in split if len(one) == 2)


def test_a_card_tells_what_the_model_was_fitted_to(visits, path):
    y = np.resize(["no", "yes", "no"], 12)
    weight = np.r_[0.0, np.ones(11)]
    model = CKRocketClassifier(**FAST).fit(visits, y, sample_weight=weight)
    model.save(path, card=True)
    found = rows(path)
    assert found["series"] == "11"
    assert found["rows"] == "33; 3 to 3 (median 3) per series"
    assert found["span of a series"] == "3 to 3 days (median 3)"
    assert found["channels"] == r"2: pulse\|rate, drug"
    assert found["labels of drug"] == "a, b"
    assert found["static features"] == "age"
    assert found["series of each class"] == "no: 7, yes: 4"
    assert found[r"random\_state"] == "7"
    assert found[r"n\_kernels"] == "84"
    assert "causal" not in found
    assert found["ckts"] == ckts.__version__
    assert found["Python"] == platform.python_version()
    assert found["torch"] == torch.__version__
    assert found["SHA-256 of the file"] == sha256(path.read_bytes()).hexdigest()


def test_what_is_handed_in_stands_there_and_the_rest_is_to_be_filled_in(visits, path):
    model = CKRocketRegressor(**FAST).fit(visits, np.arange(12.0))
    card = {"metrics": {"R2, 5 folds": 0.51239}, "intended_use": "Research only."}
    model.save(path, card=card)
    text = path.with_suffix(".md").read_text("utf-8")
    assert "## Intended use\n\nResearch only.\n" in text
    assert rows(path)["R2, 5 folds"] == "0.5124"
    assert rows(path)["target"] == "0 to 11 (median 5.5)"
    assert text.count("*To be filled in:") == 2


def test_facts_are_saved_with_the_model(path):
    X, y = make_speed(40, random_state=0)
    model = CKCNNClassifier(max_epochs=1, hidden_channels=4, random_state=0).fit(X, y)
    model.save(path)
    loaded = ckts.load(path)
    assert loaded.training_data_ == model.training_data_
    assert loaded.training_data_.n_rows == len(X.times)
    assert not path.with_suffix(".md").exists()


def test_a_card_that_is_there_is_kept_and_nothing_is_written(visits, path):
    path.with_suffix(".md").write_text("mine")
    model = CKRocket(**FAST).fit(visits)
    with pytest.raises(ValueError, match="`card` must be written to a new file; got"):
        model.save(path, card=True)
    assert path.with_suffix(".md").read_text() == "mine"
    assert not path.exists()
    with pytest.raises(ValueError, match="`card` must be written to a new file; got"):
        model.save(path.with_suffix(".md"), card=True)


def test_a_transformer_tells_what_it_knows(visits, path):
    CKRocket(**FAST).fit(visits).save(path, card=True)
    assert rows(path)["channels"] == r"2: pulse\|rate, drug"
    assert "series" not in rows(path)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("yes", "`card` must be True or a dict of some of"),
        ({"metric": {}}, r"`card` must be True or a dict of some of \['data', 'int"),
        ({"metrics": 0.9}, "`card` must hold a dict of metrics; got 0.9"),
    ],
)
def test_a_wrong_card_raises(card, message, visits, path):
    model = CKRocket(**FAST).fit(visits)
    with pytest.raises(TypeError, match=message):
        model.save(path, card=card)
    assert not path.exists()


def test_a_card_is_of_a_fitted_model(path):
    with pytest.raises(ValueError, match="`card` must be of a fitted model; got CKR"):
        CKRocket().save(path, card=True)
