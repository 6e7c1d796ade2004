"""Channels that a panel lacks have no value, whatever its storage."""

import numpy as np
import pytest

from ckts.panel import Panel, with_channels
from ckts.panel._observations import SparseObservations
from storages import in_both_storages


@pytest.mark.parametrize(
    "names", [list("abcd"), list("dcba"), list("caxb"), list("cba")]
)
def test_channels_are_put_where_their_names_are(names):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 3)).astype(np.float32)
    values[rng.random(values.shape) < 0.4] = np.nan
    panel = Panel(values, np.arange(9), [0, 4, 4, 9], channels=list("abc"))
    columns = {name: values[:, i] for i, name in enumerate("abc")}
    absent = np.full(9, np.nan)
    expected = np.stack([columns.get(name, absent) for name in names], axis=1)
    for stored in in_both_storages(panel):
        spread = with_channels(stored, names)
        assert spread.channels == tuple(names)
        assert spread.values.dtype == np.float32
        np.testing.assert_array_equal(spread.values, expected)
        assert with_channels(spread, [*names, "z"]).in_channels == len(names) + 1


def test_many_absent_channels_take_no_memory():
    panel = Panel(np.ones((1000, 1)), np.arange(1000), [0, 1000], channels=["a"])
    spread = with_channels(panel, [*map(str, range(500)), "a"])
    assert isinstance(spread.observations, SparseObservations)
    assert spread.observations.n_observed == 1000
