"""The table of docs/guide/networks.md lists every network, with its true size."""

import re
from pathlib import Path

import pytest
from sklearn.utils import check_random_state

import networks
from ckts import CKCNNClassifier, as_panel
from ckts.datasets import load_japanese_vowels
from ckts.networks import NETWORKS

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
ROW = re.compile(r"^\| `(\w+)` \|.*\| ([\d,]+) \| ([\d.]+) \|$", re.MULTILINE)
ROWS = {
    n: (s, r) for n, s, r in ROW.findall((GUIDE / "networks.md").read_text("utf-8"))
}


def letters(n_series=40):
    """Make noise of the channels and classes of the pen trajectories."""
    values = check_random_state(0).normal(size=(n_series, 3, 12))
    return as_panel(values), [one % 20 for one in range(n_series)]


def test_every_network_has_a_row_and_the_default_is_the_unit():
    assert list(ROWS) == list(NETWORKS)
    assert ROWS[networks.DEFAULT][1] == "1.00"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_as_many_parameters_as_the_page_says(name):
    _, size = networks.fit_seconds(name, *letters())
    assert ROWS[name][0] == f"{size:,}"


def test_costs_are_those_of_an_epoch():
    results = networks.measure(["gru"], *letters(), n_rounds=2)
    seconds, size = results["gru"]
    assert 0 < seconds < 60
    assert size > 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_and_predicts_voices(name):
    X, y = load_japanese_vowels(split="train")
    chosen = [one for label in set(y) for one in (y == label).nonzero()[0][:6]]
    model = CKCNNClassifier(network=name, rocket=False, random_state=0)
    model.fit(X[chosen], y[chosen])
    assert model.score(X[chosen], y[chosen]) > 0.9
    # Six series of each of nine speakers; chance is 1/9.
    assert model.score(*load_japanese_vowels(split="test")) > 0.6
