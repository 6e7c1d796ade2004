"""The model of ``ckts fit`` is that of the library, and remembers its columns."""

import numpy as np
import pytest

import ckts
from ckts.cli.fitting import digest_of, learned_words
from clinic import COLUMNS, FAST, ROLES


def read(name="visits.csv"):
    return ckts.Panel.read(
        name,
        instance="patient",
        time="date",
        values=["bilirubin", "albumin", "edema"],
        static=["age"],
    )


def test_it_predicts_as_the_same_fit_in_python(saved):
    first = saved.drop_duplicates("patient")
    model = ckts.CKRocketClassifier(n_kernels=84, random_state=0)
    model.fit(read(), first["died"].to_numpy(str), groups=first["ward"].to_numpy())
    loaded = ckts.load("model.safetensors")
    found = loaded.predict_proba(read())
    np.testing.assert_array_equal(found, model.predict_proba(read()))


def test_it_remembers_the_columns(saved, folder):
    table = ckts.load("model.safetensors").table_
    assert table["instance"] == "patient"
    assert table["channels"] == ["bilirubin", "albumin", "edema"]
    assert table["static"] == ["age"]
    assert table["sha256"] == digest_of(folder / "visits.csv")


@pytest.mark.parametrize("rocket", [True, False])
def test_networks_are_fitted_with_their_epochs(rocket, run, visits):
    kind = ("--model", "joined" if rocket else "network")
    small = ("--max-epochs", 1, "--param", "hidden_channels=4")
    status, out, _ = run(
        *("fit", "visits.csv", *ROLES, *kind, *small, "-o", "m.safetensors")
    )
    assert status == 0
    model = ckts.load("m.safetensors")
    assert (model.max_epochs, model.hidden_channels, model.rocket) == (1, 4, rocket)
    assert ("the networks have a share of" in out) == rocket


def test_numbers_make_a_regression(run, visits):
    visits.assign(died=visits["age"] / 7).to_csv("visits.csv", index=False)
    status, out, _ = run("fit", "visits.csv", *ROLES, *FAST, "-o", "m.safetensors")
    assert status == 0
    assert "label: 'died', a regression (30 different numbers): 5.714" in out
    assert isinstance(ckts.load("m.safetensors"), ckts.CKRocketRegressor)


def test_what_is_left_open_is_told():
    model = ckts.CKRocketRegressor()
    model.unexplained_ = 0.25
    said = (
        "Random kernels leave 25 % of the variance of left-out instances unexplained."
    )
    assert learned_words(model) == said
    assert "ckts evaluate" in learned_words(ckts.CKCNNRegressor(rocket=False))


def test_without_groups_there_are_none(run, visits):
    roles = (*COLUMNS, "--label", "died", "--static", "age", "--ignore", "ward")
    status, out, _ = run("fit", "visits.csv", *roles, *FAST, "-o", "m.safetensors")
    assert status == 0
    assert "groups" not in out
