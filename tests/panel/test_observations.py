"""Two ways to store the same observations: each does what a table does."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ckts.panel import DenseObservations
from ckts.panel._observations import (
    SparseObservations,
    as_observations,
    concat_rows,
    list_values,
)

STORAGES = {
    "table": DenseObservations,
    "list": lambda values: DenseObservations(values).sparse(),
}
TABLES = arrays(
    st.sampled_from([np.float32, np.float64]),
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.one_of(st.just(np.nan), st.floats(-5, 5, width=32)),
)


@pytest.fixture(params=STORAGES)
def store(request):
    return STORAGES[request.param]


def draw_table(n_rows=40, in_channels=3, share=0.3, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, in_channels))
    values[rng.random(values.shape) > share] = np.nan
    return values


@pytest.mark.parametrize("storage", STORAGES)
@given(values=TABLES, data=st.data())
def test_observations_are_those_of_the_table(storage, values, data):
    stored, observed = STORAGES[storage](values.copy()), ~np.isnan(values)
    np.testing.assert_array_equal(stored.dense(), values)
    assert stored.dense().dtype == values.dtype
    assert stored.shape == values.shape
    assert stored.n_observed == observed.sum()
    assert stored.missing == (~observed).mean()
    assert stored.row_counts().tolist() == observed.sum(axis=1).tolist()
    for (rows, found), column in zip(stored.columns(), values.T, strict=True):
        assert rows.tolist() == np.flatnonzero(~np.isnan(column)).tolist()
        np.testing.assert_array_equal(found, column[rows])
    rows = data.draw(st.lists(st.integers(0, len(values) - 1)).map(np.array))
    rows = rows.astype(int)
    np.testing.assert_array_equal(stored.take(rows).dense(), values[rows])
    assert stored.take(rows) == STORAGES[storage](values[rows])


@pytest.mark.parametrize("storage", STORAGES)
@given(values=TABLES, seed=st.integers(0, 99))
def test_hidden_observations_are_missing_in_the_table(storage, values, seed):
    stored, observed = STORAGES[storage](values.copy()), ~np.isnan(values)
    hidden = np.random.default_rng(seed).random(observed.sum()) < 0.5
    expected = values.copy()
    expected[tuple(np.argwhere(observed)[hidden].T)] = np.nan
    np.testing.assert_array_equal(stored.hide(hidden).dense(), expected)


def test_values_are_changed_by_channel(store):
    values, factors = draw_table(), np.array([1.0, -2.0, np.nan])
    changed = store(values).map(lambda found, channels: found * factors[channels])
    np.testing.assert_array_equal(changed.dense(), values * factors)
    assert changed == store(values * factors)


def test_parts_join_whatever_they_are_stored_as():
    values = draw_table()
    for first in STORAGES.values():
        for second in STORAGES.values():
            joined = concat_rows([first(values[:15]), second(values[15:])])
            np.testing.assert_array_equal(joined.dense(), values)


def test_observations_are_equal_whatever_they_are_stored_as():
    values = draw_table()
    table, listed = (store(values.copy()) for store in STORAGES.values())
    assert table == listed
    assert listed == table
    assert table != DenseObservations(values[:, :2].copy())
    assert listed != DenseObservations(values.astype(np.float32))
    assert listed != DenseObservations(np.where(values > 0, 7.0, values))
    assert listed != "observations"


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_copies_are_equal_and_read_only(store, duplicate):
    again = duplicate(store(draw_table()))
    assert again == store(draw_table())
    assert not again.data.flags.writeable
    assert not again.dense().flags.writeable


@pytest.mark.parametrize(
    ("share", "in_channels", "kind"),
    [
        (1.0, 10, DenseObservations),
        (0.5, 10, DenseObservations),
        (0.2, 10, SparseObservations),
        (0.2, 1, DenseObservations),
    ],
)
def test_a_list_is_chosen_where_it_is_clearly_smaller(share, in_channels, kind):
    values = draw_table(400, in_channels, share)
    stored = as_observations(values, copy=True)
    assert type(stored) is kind
    assert type(stored.sparse().compact()) is kind
    assert type(DenseObservations(stored.dense()).compact()) is kind


@pytest.mark.parametrize(("in_channels", "size"), [(256, 1), (257, 2)])
def test_channels_are_numbered_by_the_smallest_integers(in_channels, size):
    last = np.array([in_channels - 1])
    listed = list_values(np.array([0]), last, np.array([1.5]), (1, in_channels))
    assert listed.channels.itemsize == size
    assert listed.dense()[0, -1] == 1.5
