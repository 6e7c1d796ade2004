"""The step of the grid that all stamps lie on, by a loop over their gaps."""

from math import gcd

import numpy as np
import pytest

from ckts import Panel
from ckts.datasets import drop_observations
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.grid_step import learn_grid_step


def dataset_of(*times, factor=1.0):
    rows = np.concatenate([np.asarray(one) for one in times])
    indptr = np.cumsum([0, *map(len, times)])
    panel = Panel(np.ones((len(rows), 1)), rows, indptr)
    return PanelDataset(panel, time_factor=factor)


def test_it_is_the_largest_step_that_divides_all_gaps():
    times = [np.cumsum(np.random.default_rng(n).choice([6, 9], 20)) for n in (0, 1)]
    expected = gcd(*(int(gap) for one in times for gap in np.diff(one)))
    assert expected == 3
    assert learn_grid_step(dataset_of(*times), 7.5) == 3.0
    hours = learn_grid_step(dataset_of(*times, factor=1 / 60), 7.5 / 60)
    assert hours == pytest.approx(1 / 20, rel=1e-12)
    decimals = learn_grid_step(dataset_of(*(one / 10 for one in times)), 0.75)
    assert decimals == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize("rate", [0.3, 0.5, 0.7])
def test_dropped_rows_do_not_change_it(rate):
    values = np.random.default_rng(0).normal(size=(30 * 182, 1))
    panel = Panel(values, np.tile(np.arange(182), 30), np.arange(31) * 182)
    panel = drop_observations(panel, rate, random_state=0)
    assert learn_grid_step(PanelDataset(panel), 1 / (1 - rate)) == 1.0


def test_each_series_has_an_origin_of_its_own():
    assert learn_grid_step(dataset_of([0.25, 2.25, 6.25], [1.0, 3.0]), 3.0) == 2.0


@pytest.mark.parametrize(
    "times",
    [
        [[0.0, 1.0, 2.0, 3.1415926]],  # no common step
        [[0, 1, 1000, 2000, 3000]],  # one far below the typical gap
        [[0.0, 1.0], [5.0]],
        [[], [2.0], [3.0, 3.0]],  # no gap
    ],
)
def test_where_there_is_none_it_is_the_typical_one(times):
    typical = 750.0
    assert learn_grid_step(dataset_of(*times), typical) == typical
