"""Sketches of columns against the columns themselves."""

import sys

import numpy as np
import pytest

from ckts.estimators.preprocessing.sketches import ColumnSketches
from ckts.estimators.preprocessing.statistics import (
    learn_center_scale,
    weighted_quantiles,
)

N = 200_000
SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
RANK_ERROR = 1e-3  # 0.0002 was the largest of what is tried here


def draw(name):
    rng = np.random.default_rng(0)
    return {
        "normal": lambda: rng.normal(size=N),
        "sorted": lambda: np.sort(rng.normal(size=N)),
        "heavy tails": lambda: rng.standard_cauchy(N),
        "log-normal": lambda: np.exp(3 * rng.normal(size=N)),
        "counts": lambda: rng.poisson(3.0, N).astype(float),
        "binary": lambda: (rng.random(N) < 0.3).astype(float),
        "mostly zero": lambda: np.where(rng.random(N) < 0.7, 0.0, rng.gamma(2, size=N)),
        "one outlier": lambda: np.r_[rng.normal(size=N - 1), 1e300],
        "far from zero": lambda: 1e6 + rng.normal(size=N),
    }[name]()


LAWS = ["normal", "sorted", "heavy tails", "log-normal", "counts", "binary"]
LAWS += ["mostly zero", "one outlier", "far from zero"]


def weights(weighted):
    choices = [0.01, 1.0, 3.0] if weighted else [1.0]
    return np.random.default_rng(1).choice(choices, N)


def sketched(values, weight, codes=(), parts=7):
    sketches = ColumnSketches([list(codes)])
    ends = np.sort(np.random.default_rng(2).integers(0, N, parts - 1))
    for rows in np.split(np.arange(N), ends):
        sketches.update([(np.arange(len(rows)), values[rows])], weight[rows])
    return sketches


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("law", LAWS)
def test_quantiles_are_off_by_a_thousandth_in_rank_at_most(law, weighted):
    values, weight = draw(law), weights(weighted)
    means, shares = sketched(values, weight).centroids(0)
    assert len(means) < 2000
    np.testing.assert_allclose(shares.sum(), weight.sum(), rtol=1e-9)
    found = weighted_quantiles(means, shares, SHARES)
    for share, quantile in zip(SHARES, found, strict=True):
        # Between centroids nothing is known: the quantile lies between its neighbors.
        low = weight[values < quantile].sum() / weight.sum()
        high = weight[values <= quantile].sum() / weight.sum()
        assert low - RANK_ERROR <= share <= high + RANK_ERROR


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("law", LAWS)
def test_center_and_scale_are_those_of_the_column(law, weighted):
    values, weight = draw(law), weights(weighted)
    exact = learn_center_scale([(np.arange(N), values)], weight, ["x"])
    found = sketched(values, weight).center_scale()
    # Moved by errors of the fences only, which are ten interquartile ranges away.
    np.testing.assert_allclose(found.scale, exact.scale, rtol=0.01)
    np.testing.assert_allclose(found.center, exact.center, atol=0.01 * exact.scale[0])
    assert found.known.all()


def test_a_constant_column_is_exact():
    found = sketched(np.full(N, 0.1), weights(True)).center_scale()
    assert (found.center[0], found.scale[0]) == (0.1, 1.0)


def test_codes_are_left_out():
    values, weight = draw("normal"), weights(False)
    coded = np.where(np.arange(N) % 10 == 0, -999.0, values)
    kept = np.arange(N) % 10 != 0
    clean = learn_center_scale(
        [(np.arange(kept.sum()), values[kept])], weight[kept], ["x"]
    )
    found = sketched(coded, weight, codes=[-999.0]).center_scale()
    np.testing.assert_allclose(found.center, clean.center, atol=0.01)
    np.testing.assert_allclose(found.scale, clean.scale, rtol=0.01)


def test_a_column_without_any_value_is_not_known():
    sketches = ColumnSketches([[], []])
    columns = [(np.arange(n), np.ones(n)) for n in (3, 0)]
    sketches.update(columns, np.ones(3))
    found = sketches.center_scale()
    assert found.known.tolist() == [True, False]
    assert (found.center[1], found.scale[1]) == (0.0, 1.0)


def test_the_same_parts_give_the_same_bits():
    values, weight = draw("heavy tails"), weights(True)
    first, second = (sketched(values, weight).centroids(0) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_without_crick_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "crick", None)
    with pytest.raises(ModuleNotFoundError, match=r"must fit in memory.*pip install"):
        ColumnSketches([[]])
