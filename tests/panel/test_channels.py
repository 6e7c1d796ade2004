"""Channels that a panel lacks have no value, whatever its storage."""

import numpy as np
import pytest

from ckts.panel import Panel, with_channels, with_columns
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


def test_labels_stay_with_their_channel():
    panel = Panel([[1.0], [0.0]], [0, 1], [0, 2], categories={"channel_0": ("a", "b")})
    spread = with_channels(panel, ["z", "channel_0"])
    assert spread.categories == {"channel_0": ("a", "b")}


def test_other_channels_come_into_the_same_rows():
    nan = np.nan
    panel = Panel([[1.0], [nan], [3.0]], [0, 1, 2], [0, 1, 3], static=[[1.0], [2.0]])
    columns = [(np.array([2, 0]), np.array([5.0, 6.0])), *panel.observations.columns()]
    for stored in in_both_storages(panel):
        found = with_columns(stored, columns, ["a", "b"], {"b": ("p", "q", "r", "s")})
        np.testing.assert_array_equal(found.values, [[6, 1], [nan, nan], [5, 3]])
        assert found.channels == ("a", "b")
        assert found.categories == {"b": ("p", "q", "r", "s")}
        assert found.with_values(panel.values, panel.channels).equals(panel)
    with pytest.raises(ValueError, match="`channels` must be unique"):
        with_columns(panel, columns, ["a", "a"])
