"""Named dimensions tell what an array holds; sparse ones stay lists."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from ckts import CKRocketClassifier
from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._observations import SparseObservations

xarray = pytest.importorskip("xarray")

DATES = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"])
ARRAY = np.arange(12.0).reshape(2, 2, 3)  # (instance, channel, time)
ARRAY[0, :, 1] = ARRAY[1, 0, 2] = np.nan


def truth(times=(0, 1, 2), **names):
    """Rows of ARRAY in which something was observed."""
    rows = ARRAY.transpose(0, 2, 1).reshape(6, 2)
    kept = ~np.isnan(rows).all(axis=1)
    stamps = pd.Index(times).append(pd.Index(times))[kept]
    return Panel(rows[kept], stamps, [0, 2, 5], **names)


def data_array(dims=("patient", "channel", "time"), coords=None, array=ARRAY):
    return xarray.DataArray(array, dims=dims, coords=coords)


def coo(array, fill_value=np.nan):
    sparse = pytest.importorskip("sparse")
    where = np.stack(np.nonzero(~np.isnan(array)))
    return sparse.COO(where, array[tuple(where)], array.shape, fill_value=fill_value)


def test_steps_without_a_coordinate_are_counted():
    assert as_panel(data_array()).equals(truth())


@pytest.mark.parametrize("order", [(2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_dimensions_may_be_in_any_order(order):
    array = data_array().transpose(*np.array(data_array().dims)[list(order)])
    assert as_panel(array).equals(truth())


@pytest.mark.parametrize("times", [DATES, [0.5, 0.75, 9.0], DATES - DATES[0]])
def test_coordinates_give_stamps_and_names(times):
    coords = {"patient": ["ann", "bob"], "channel": ["hr", "bp"], "time": times}
    expected = truth(times, instances=["ann", "bob"], channels=["hr", "bp"])
    assert as_panel(data_array(coords=coords)).equals(expected)
    dataset = data_array(coords=coords).to_dataset(dim="channel")
    assert as_panel(dataset).equals(expected)


def test_one_channel_needs_no_dimension():
    array = data_array(("sample", "step"), array=ARRAY[:, 1])
    expected = as_panel([([0, 2], [3.0, 5.0]), ([0, 1, 2], [9.0, 10.0, 11.0])])
    assert as_panel(array).equals(expected)


@pytest.mark.parametrize(
    "dims",
    [
        ("ts_id", "signal_id", "time_id"),
        ("stay_id", "vital", "charttime"),
        ("trial", "lead", "timestep"),
        ("window", "sensor", "Time"),
        ("case", "feature", "k"),
    ],
)
def test_a_name_left_over_has_the_role_left_over(dims):
    assert as_panel(data_array(dims)).equals(truth())


def test_a_coordinate_of_dates_tells_the_times():
    array = data_array(("patient", "lead", "k"), {"k": DATES})
    assert as_panel(array).equals(truth(DATES))


@pytest.mark.parametrize(
    "dims",
    [
        ("a", "b", "time"),
        ("patient", "a", "b"),
        ("patient", "day", "hour"),
        ("patient", "subject", "time"),
    ],
)
def test_dimensions_that_do_not_tell_raise(dims):
    array = data_array(dims)
    with pytest.raises(ValueError, match=r"told by their names; got \{.*X\.rename\("):
        as_panel(array)
    roles = ("instance", "channel", "time")
    renamed = array.rename(dict(zip(dims, roles, strict=True)))
    assert as_panel(renamed).equals(truth())


def test_one_series_raises():
    one = data_array()[0]
    with pytest.raises(
        ValueError, match=r'one series is `X\.expand_dims\("instance"\)'
    ):
        as_panel(one)
    assert as_panel(one.expand_dims("instance")).lengths.tolist() == [2]
    with pytest.raises(ValueError, match=r"got \{'window': unknown, 'time': time\}"):
        as_panel(data_array(("window", "time"), array=ARRAY[:, 0]))


def test_each_series_may_have_a_clock_of_its_own():
    clocks = np.array([[0.5, np.nan, 4.0], [1.0, 2.0, 3.0]])  # padding has no time
    coords = {"time": (("patient", "k"), clocks)}
    panel = as_panel(data_array(("patient", "channel", "k"), coords))
    assert panel.times.tolist() == [0.5, 4, 1, 2, 3]
    assert panel.with_times(truth().times).equals(truth())
    coords["date"] = (("patient", "k"), clocks)
    with pytest.raises(ValueError, match=r"clocks \['time', 'date'\]"):
        as_panel(data_array(("patient", "channel", "k"), coords))


def test_a_value_without_a_time_raises():
    clocks = np.array([[0.5, 1.0, 4.0], [np.nan, 2.0, 3.0]])
    coords = {"time": (("patient", "k"), clocks)}
    with pytest.raises(ValueError, match=r"`times` must be finite and not missing"):
        as_panel(data_array(("patient", "channel", "k"), coords))


def test_what_a_series_lacks_on_the_common_axis_is_no_row_of_it():
    times = np.arange(100)
    array = np.full((3, 1, 100), np.nan)
    array[0, 0, [3, 50]] = array[1, 0, 99] = 1.0
    panel = as_panel(data_array(array=array, coords={"time": times}))
    assert panel.lengths.tolist() == [2, 1, 0]
    assert panel.times.tolist() == [3, 50, 99]


def test_sparse_arrays_and_their_formats_are_read():
    names = {"time_id": DATES, "ts_id": ["b", "a"]}
    expected = truth(DATES, instances=["b", "a"])
    dims = ("ts_id", "signal_id", "time_id")
    for listed in (coo(ARRAY), coo(ARRAY).asformat("gcxs"), coo(ARRAY).asformat("dok")):
        assert as_panel(xarray.DataArray(listed, names, dims)).equals(expected)
    flat = xarray.DataArray(coo(ARRAY[:, 1]), dims=("ts_id", "time_id"))
    assert as_panel(flat).equals(as_panel(data_array(flat.dims, array=ARRAY[:, 1])))
    swapped = xarray.DataArray(coo(ARRAY), names, dims).transpose(*reversed(dims))
    assert as_panel(swapped).equals(expected)


def test_datasets_of_sparse_variables_are_read():
    variables = {
        n: (("ts_id", "time_id"), coo(ARRAY[:, i])) for i, n in enumerate("ab")
    }
    panel = as_panel(xarray.Dataset(variables))
    assert panel.equals(truth(channels=["a", "b"]))


def test_sparse_arrays_are_never_made_dense():
    sparse = pytest.importorskip("sparse")
    n = 20_000  # a table of 20,000 times by 50 channels by 1,000 series: 8 TB
    rng = np.random.default_rng(0)
    where = rng.integers(0, [[1000], [50], [n]], (3, n))
    listed = sparse.COO(where, rng.normal(size=n), (1000, 50, n), fill_value=np.nan)
    array = xarray.DataArray(listed, dims=("ts_id", "signal_id", "time_id"))
    tracemalloc.start()
    panel = as_panel(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(panel.observations, SparseObservations)
    assert panel.observations.n_observed == listed.nnz
    assert peak < 20e6  # 20,000 values with their times and numbers, 50 bytes each


def test_a_fill_value_that_is_a_number_raises():
    array = xarray.DataArray(coo(ARRAY, 0.0), dims=("ts_id", "signal_id", "time_id"))
    with pytest.raises(
        ValueError, match=r"the fill value 0\.0\. Use `X\.copy\(data=sp"
    ):
        as_panel(array)
    import sparse

    listed = sparse.COO(
        array.data.coords, array.data.data, array.shape, fill_value=np.nan
    )
    assert as_panel(array.copy(data=listed)).equals(truth())
    zeros = as_panel(array.copy(data=array.data.todense()))
    assert zeros.observed.all()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, r"a Dataset with a variable; got none"),
        (
            {"x": (("patient", "time"), ARRAY[0]), "age": ("patient", [1.0, 2.0])},
            r"got 'age' over \('patient',\)\. Drop it, 'age' in `X\.drop_vars",
        ),
        (
            {
                "x": (("patient", "time"), ARRAY[0]),
                "y": (("patient", "clock"), ARRAY[1]),
            },
            r"got 'y' over \('patient', 'clock'\)",
        ),
        ({"x": (("patient", "channel", "time"), ARRAY)}, r"got 'x' over"),
    ],
)
def test_variables_that_are_no_channels_raise(variables, message):
    with pytest.raises(ValueError, match=message):
        as_panel(xarray.Dataset(variables))


def test_datasets_of_dense_and_sparse_variables_raise():
    dims = ("patient", "time")
    X = xarray.Dataset({"x": (dims, ARRAY[:, 0]), "y": (dims, coo(ARRAY[:, 1]))})
    with pytest.raises(ValueError, match=r"all sparse; got both.*data\.todense\(\)\)`"):
        as_panel(X)
    mended = X.assign(y=X["y"].copy(data=X["y"].data.todense()))
    assert as_panel(mended).equals(truth(channels=["x", "y"]))


def test_named_arrays_in_a_list_are_not_read_as_plain_ones():
    one = data_array(("time", "channel"), array=ARRAY[0].T)
    with pytest.raises(
        TypeError, match=r"got xarray DataArray in it\. Write series as"
    ):
        as_panel([one, one])
    pairs = [(range(3), one.values)] * 2
    assert as_panel(pairs).in_channels == 2


def test_estimators_take_named_arrays():
    rng = np.random.default_rng(0)
    array = rng.normal(size=(8, 2, 12)) + np.repeat([0, 3], 4)[:, None, None]
    y = np.repeat(["a", "b"], 4)
    named = data_array(("patient", "channel", "time"), {"channel": ["p", "q"]}, array)
    model = CKRocketClassifier(random_state=0).fit(named, y)
    assert model.feature_names_in_.tolist() == ["p", "q"]
    plain = CKRocketClassifier(random_state=0).fit(array, y)
    np.testing.assert_array_equal(
        model.predict_proba(named), plain.predict_proba(array)
    )


def test_words_and_infinite_values_raise():
    with pytest.raises(TypeError, match="`X` must be numeric; got 'a'"):
        as_panel(data_array(array=np.full((2, 2, 3), "a")))
    with pytest.raises(ValueError, match="`X` must be finite, or NaN"):
        as_panel(data_array(array=np.full((2, 2, 3), np.inf)))
