"""What the predictions depend on is found where it was put."""

import numpy as np
import pytest

from ckts import CKRocketClassifier, CKRocketRegressor, Panel
from ckts.cli.comparison import compare
from ckts.cli.models import ROCKET
from ckts.cli.report.reasons import N_PARTS, importance_of, parts_of

N = 60


@pytest.fixture(scope="module")
def data():
    """Series whose class is a bump of "told", late; "quiet" is noise."""
    rng = np.random.default_rng(0)
    y = np.resize([0, 1], N)
    values = rng.normal(size=(N, 40, 2))
    values[:, 30:35, 0] += 4.0 * y[:, None]
    times = np.tile(np.arange(40.0), N)
    indptr = np.arange(0, 40 * N + 1, 40)
    names = ("quiet", "told")
    X = Panel(values.reshape(-1, 2)[:, ::-1], times, indptr, channels=names)
    return X, y


@pytest.fixture(scope="module")
def folds():
    parts = np.array_split(np.arange(N), 2)
    return [(parts[0], parts[1]), (parts[1], parts[0])]


def compared(data, folds, task="classification"):
    X, y = data
    classifier, regressor = CKRocketClassifier, CKRocketRegressor
    make = classifier if task == "classification" else regressor
    models = {ROCKET: make(n_kernels=1000, random_state=0)}
    return compare(models, X, y, task=task, folds=folds, quiet=True)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_channel_that_tells_comes_first(task, data, folds):
    found = importance_of(compared(data, folds, task), *data, seed=0)
    assert found.names == ["told", "quiet"]
    assert found.losses[0] > 0.1 > abs(found.losses[1])
    assert (found.error >= 0).all()


def test_parts_of_a_record_are_shares_and_the_late_bump_is_seen(data, folds):
    shares = parts_of(compared(data, folds), data[0], ["told", "quiet"], 0)
    assert shares.shape == (2, N_PARTS)
    assert shares.sum() == pytest.approx(1)
    assert shares[0].sum() > shares[1].sum()
    assert shares[0].argmax() in (5, 6, 7)  # steps of kernels reach to both sides


def test_a_model_without_kernels_has_no_parts(data, folds, monkeypatch):
    comparison = compared(data, folds)
    attribute = CKRocketClassifier.attribute

    def without(self, X, **options):
        table = attribute(self, X, **options)
        return table[table["block"] != "kernels"]

    monkeypatch.setattr(CKRocketClassifier, "attribute", without)
    assert parts_of(comparison, data[0], ["told"], 0) is None
