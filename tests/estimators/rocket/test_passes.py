"""One pass over series on disk: parts in order, sums of different series, memory."""

import sys

import numpy as np
import pytest

from ckts import ParquetPanel
from ckts.datasets import make_speed
from ckts.estimators.preprocessing import sampling
from ckts.estimators.rocket import passes
from ckts.estimators.rocket.base import Learned
from ckts.estimators.rocket.blocks import GaussianBlock, LinearBlock
from ckts.estimators.rocket.passes import RidgeSums, load_sample, read_parts
from ckts.estimators.rocket.prefixes import Prefixes
from ckts.estimators.rocket.ridge import ChosenRidge
from peak_memory import run_alone
from refits import refit

SHARES = np.array([0.7, 0.0, 0.3])


@pytest.fixture
def on_disk(tmp_path):
    path = tmp_path / "series.parquet"
    make_speed(40, random_state=0)[0].to_parquet(path, rows_per_group=100)
    return ParquetPanel(path, instance="instance", time="time")


@pytest.mark.parametrize("n_prefixes", [1, 4])
def test_parts_are_all_series_in_their_order(on_disk, monkeypatch, n_prefixes):
    monkeypatch.setattr(passes, "PART_ROWS", 12)
    monkeypatch.setattr(passes, "PART_NUMBERS", 1000)
    picked = on_disk[5:]
    start = 0
    for rows, panel in read_parts(picked, n_prefixes, shown=False):
        assert rows == slice(start, start + len(panel))
        assert len(panel) <= 12 // n_prefixes
        assert panel.equals(picked[rows].load())
        start = rows.stop
    assert start == 35


def test_a_sample_has_the_weights_of_its_series(on_disk, monkeypatch):
    rng = np.random.RandomState(0)
    weight = np.arange(40.0)
    panel, own, _ = load_sample(on_disk, weight, None, rng)
    assert len(panel) == 40
    assert own is weight
    monkeypatch.setattr(sampling, "MOST_SAMPLED", 20)
    panel, own, _ = load_sample(on_disk, weight, None, rng)
    assert len(set(own.tolist()) - {0.0}) == len(panel) == 20
    assert panel.equals(on_disk[own.astype(int)].load())


def draw(seed, n_series):
    """Three blocks of features, targets, weights and keys of series."""
    rng = np.random.default_rng(seed)
    features = [rng.normal(size=(n_series, n)).astype(np.float32) for n in (6, 5, 3)]
    target = features[0][:, :2] * 1.0 + rng.normal(size=(n_series, 2))
    keys = np.array([rng.bytes(16) for _ in range(n_series)], dtype="S16")
    return features, target, rng.uniform(0.5, 1, n_series), keys


def test_sums_give_the_ridge_regression_of_blocks_and_different_series():
    sample = draw(0, 30)
    order = np.arange(30)
    blocks = [
        kind.learn(table, sample[2], order)
        for kind, table in zip(
            [LinearBlock, LinearBlock, GaussianBlock], sample[0], strict=True
        )
    ]
    tables = [block.map(one) for block, one in zip(blocks, sample[0], strict=True)]
    found = ChosenRidge(blocks, SHARES, 0.05, tables, order, sample[1], None)
    sums = RidgeSums(found, 2)
    assert not tables  # their memory is free
    parts = [draw(1, 40), draw(2, 25), draw(1, 40)]  # the first series come twice
    for features, target, weight, keys in parts:
        ends = Prefixes.ends(keys, weight)
        sums.add(Learned(list(features), ends), keys, target)
    model = sums.solve()
    features, target, weight = (
        [np.vstack([part[0][block] for part in parts]) for block in range(3)],
        np.vstack([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )
    table = np.hstack(
        [
            np.sqrt(share) * block.map(one).astype(np.float64)
            for share, block, one in zip(SHARES, blocks, features, strict=True)
        ]
    )
    assert model.penalty == pytest.approx(0.05 * weight.sum() / 65, rel=1e-12)
    assert model.coefficients[1] is None
    expected = refit(table, target, weight, model.penalty, table)
    # products are float32
    np.testing.assert_allclose(model.predict(features), expected, atol=2e-5)


SCRIPT = """
import sys
import numpy as np
from ckts import CKRocketClassifier, ParquetPanel
from ckts.estimators.preprocessing import sampling
from peak_memory import peak

sampling.MOST_SAMPLED = 500
panel = ParquetPanel(sys.argv[1], instance="instance", time="time")[: int(sys.argv[2])]
y = np.load(sys.argv[3])[: len(panel)]
CKRocketClassifier(n_kernels=4000, n_jobs=1, random_state=0).fit(panel, y)
print(peak() / 2**20)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_series(tmp_path):
    X, y = make_speed(4000, random_state=0)
    X.to_parquet(tmp_path / "series.parquet", rows_per_group=10_000)
    np.save(tmp_path / "y.npy", y)
    peaks = []
    for n_series in (1000, 4000):
        arguments = tmp_path / "series.parquet", str(n_series), tmp_path / "y.npy"
        peaks.append(float(*run_alone(SCRIPT, *arguments)))
    # the features of 3,000 series are 48 MB, of which a fit in memory has copies
    assert peaks[1] - peaks[0] < 24
