"""Values as JSON and arrays, and back: the same, with types, layout and each bit."""

import datetime
import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ckts.estimators.preprocessing.statistics import CenterScale
from ckts.estimators.saving.values import CLASSES, Reader, Writer, savable
from ckts.panel import TimeScale
from round_trips import check_same_state


def node_of(value):
    writer = Writer()
    node = writer.write(value, "it")
    return json.loads(json.dumps(node, allow_nan=False)), writer.arrays


def again(value):
    node, kept = node_of(value)
    return Reader(kept, str).read(node)


KEYS = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
)
VALUES = st.recursive(
    KEYS | st.just(math.nan),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.tuples(st.integers()), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_plain_values_come_back(value):
    check_same_state(again(value), value)


@given(st.floats(), st.floats(width=32))
def test_floats_come_back_to_the_last_bit(value, single):
    for one in (value, np.float64(value), np.float32(single)):
        found = again(one)
        assert type(found) is type(one)
        assert np.array(found).tobytes() == np.array(one).tobytes() or math.isnan(one)


DTYPES = st.one_of(
    *(arrays.boolean_dtypes(), arrays.integer_dtypes(), arrays.floating_dtypes()),
    *(arrays.unsigned_integer_dtypes(), arrays.complex_number_dtypes()),
    *(arrays.datetime64_dtypes(), arrays.timedelta64_dtypes()),
    *(arrays.byte_string_dtypes(max_len=3), arrays.unicode_string_dtypes(max_len=3)),
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(
    arrays.arrays(DTYPES, SHAPES), st.sampled_from(["rows", "columns", "every other"])
)
def test_arrays_come_back_with_their_bytes_and_layout(array, layout):
    array = {
        "rows": array,
        "columns": np.asfortranarray(array),
        "every other": array[..., ::2] if array.ndim else array,
    }[layout]
    found = again(array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.dtype.str == array.dtype.str
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable
    if layout == "columns":
        assert found.flags.f_contiguous


@pytest.mark.parametrize(
    "value",
    [
        np.array(["a", None, 3, 2.5, ("b", 1)], dtype=object),
        np.array([("b", 1), None, ("c", 2)], dtype=object)[::2],
        np.array([], dtype=object),
        np.array([["a", "b"]], dtype=object),
        np.array(None, dtype=object),
        np.str_("a"),
        np.str_(""),
        np.bool_(True),
        np.int8(-3),
        np.datetime64("2024-01-01T03", "ns"),
        np.timedelta64(3, "h"),
        torch.arange(6.0).reshape(2, 3).T,
        torch.empty(0, dtype=torch.int64),
        torch.float64,
        torch.device("cuda", 1),
        datetime.timedelta(days=-1, microseconds=3),
        pd.Timedelta(3, unit="ns"),
        pd.Timedelta("1D").as_unit("s"),
        {"a.b": np.ones(1), "a": {"b": np.zeros(1)}},  # both would be "a.b"
        10**30,
        "\ud800",
    ],
    ids=repr,
)
def test_value_comes_back(value):
    check_same_state(again(value), value)


def test_the_unit_of_a_timedelta_comes_back():
    assert again(pd.Timedelta("1D").as_unit("s")).unit == "s"


def test_arrays_are_named_by_where_they_are():
    _, kept = node_of({"center": np.ones(2), "parts": [None, np.zeros(3)]})
    assert {name: len(one) for name, one in kept.items()} == {
        "it.center": 2,
        "it.parts.1": 3,
    }


def test_an_instance_of_a_class_comes_back_by_its_fields_alone():
    value = CenterScale(np.zeros(2), np.ones(2), np.array([True, False]))
    object.__setattr__(value, "cached", "left out")
    found = again(value)
    assert type(found) is CenterScale
    assert vars(found).keys() == {"center", "scale", "known"}
    check_same_state(found.scale, value.scale)


def test_names_of_classes_are_unique():
    assert CLASSES["TimeScale"] is TimeScale
    with pytest.raises(AssertionError):
        savable(type("TimeScale", (), {}))


class Text(str):
    """A subclass, whose instances would come back as another type."""


@pytest.mark.parametrize(
    "value",
    [
        *(print, object(), Text("a"), {1, 2}, b"bytes", 1j, np.random.default_rng(0)),
        *(np.ma.masked_array([1.0]), np.zeros(1, dtype="i4,f8"), type, CenterScale),
        *(torch.nn.Linear(1, 1), torch.zeros(1, dtype=torch.bfloat16)),
        *(torch.zeros(2).to_sparse(), pd.Timestamp("2024-01-01"), pd.Series([1])),
        np.array([object()]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_rule_is_for_is_named(value):
    with pytest.raises(TypeError, match=r"`it` must be made of plain.*at `it\.1"):
        node_of([1, value])


@pytest.mark.parametrize(
    ("node", "error", "message"),
    [
        ({"type": "pickle"}, ValueError, "unknown type 'pickle'"),
        ({"type": ["list"]}, TypeError, "unhashable"),
        ({"items": []}, KeyError, "type"),
        ({"type": "array", "entry": "gone"}, KeyError, "gone"),
        ({"type": "array", "entry": "x", "dtype": "O"}, ValueError, "dtype 'O'"),
        ({"type": "array", "entry": "x", "dtype": "i4,O"}, ValueError, "'i4,O'"),
        (
            {"type": "array", "entry": "x", "dtype": "<U4", "shape": [10**9]},
            TypeError,
            "too small",
        ),
        ({"type": "torch dtype", "name": "load"}, ValueError, "dtype 'load'"),
        ({"type": "object", "class": "Popen", "state": {}}, ValueError, "'Popen'"),
        (
            {"type": "object", "class": "TimeScale", "state": {"kind": "number"}},
            ValueError,
            r"TimeScale has the fields \['kind'\]",
        ),
        (
            {"type": "object", "class": "CKRocket", "state": {"n_kernels": 3}},
            ValueError,
            "CKRocket lacks",
        ),
        ({"type": "dict", "keys": [1], "values": []}, ValueError, "shorter"),
        ({"type": "timedelta", "parts": ["x"]}, TypeError, "unsupported type"),
    ],
)
def test_what_stands_for_no_value_raises(node, error, message):
    with pytest.raises(error, match=message):
        Reader({"x": np.zeros(8, np.uint8)}, str).read(node)
