"""Every message about a scalar: argument, rule, value, way out."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import ckts
from ckts._checks import (
    check_choice,
    check_count,
    check_path,
    check_positive,
    check_real,
    check_share,
    check_some_of,
)


def raises(error, message):
    """Expect an error whose message begins with this."""
    return pytest.raises(error, match="^" + re.escape(message))


@pytest.mark.parametrize(
    ("count", "error", "message"),
    [
        (1, ValueError, "`n` must be at least 2; got 1."),
        (np.int64(0), ValueError, "`n` must be at least 2; got "),
        (2.0, TypeError, "`n` must be an integer; got 2.0."),
        (True, TypeError, "`n` must be an integer; got True."),
        (np.True_, TypeError, "`n` must be an integer; got "),
        (None, TypeError, "`n` must be an integer; got None."),
    ],
)
def test_a_count_must_be_an_integer_from_its_minimum_on(count, error, message):
    assert check_count("n", np.int64(2), 2) == 2
    assert type(check_count("n", np.int64(2), 2)) is int
    with raises(error, message):
        check_count("n", count, 2)


@pytest.mark.parametrize(
    ("value", "minimum", "error", "message"),
    [
        (-0.5, 0, ValueError, "`noise` must be finite and at least 0; got -0.5."),
        (math.inf, 0, ValueError, "`noise` must be finite and at least 0; got inf."),
        (math.nan, 0, ValueError, "`noise` must be finite and at least 0; got nan."),
        (math.nan, -math.inf, ValueError, "`noise` must be finite; got nan."),
        (0.2, 0.25, ValueError, "`noise` must be finite and at least 0.25; got 0.2."),
        ("1", 0, TypeError, "`noise` must be a number; got '1'."),
        (np.True_, 0, TypeError, "`noise` must be a number; got "),
    ],
)
def test_a_real_number_must_be_finite_and_at_least(value, minimum, error, message):
    assert check_real("noise", np.float32(0.5), 0) == 0.5
    assert check_real("noise", -7) == -7
    with raises(error, message):
        check_real("noise", value, minimum)


def test_a_positive_number_must_be_above_0():
    with raises(ValueError, "`speed` must be positive and finite; got 0."):
        check_positive("speed", 0)


@pytest.mark.parametrize("value", [1, -0.1, math.nan])
def test_a_share_must_be_in_its_interval(value):
    assert check_share("rate", 0) == 0
    assert check_share("rate", np.float32(0.5)) == 0.5
    message = f"`rate` must be in [0, 1); got {value!r}. It is a share, such as 0.3"
    with raises(ValueError, message):
        check_share("rate", value)
    with raises(TypeError, "`rate` must be a number; got '0'."):
        check_share("rate", "0")


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ("c", ValueError, "`sets` must be one of 'a', 'b'; got 'c'."),
        (["a", "c"], ValueError, "`sets` must be one of 'a', 'b'; got 'c'."),
        ([], ValueError, "`sets` must name each choice once and at least one; got []."),
        (["a", "a"], ValueError, "`sets` must name each choice once and at least"),
        (3, TypeError, "`sets` must be a string or a sequence of strings; got 3. "),
    ],
)
def test_some_choices_must_be_different_and_among_those_named(values, error, message):
    assert check_some_of("sets", "a", ("a", "b")) == ("a",)
    assert check_some_of("sets", ["b", "a"], ("a", "b")) == ("b", "a")
    with raises(error, message):
        check_some_of("sets", values, ("a", "b"))


def test_a_choice_must_be_one_of_those_named():
    check_choice("density", "gap", ("gap", "none"))
    with raises(ValueError, "`density` must be one of 'gap', 'none'; got 'kde'."):
        check_choice("density", "kde", ("gap", "none"))
    with raises(ValueError, "`density` must be one of 'gap', 'none'; got ['gap']."):
        check_choice("density", ["gap"], ("gap", "none"))
    with raises(ValueError, "`density` must be one of 'gap', 'none'; got None."):
        check_choice("density", None, ("gap", "none"))


@pytest.mark.parametrize("size", [3, np.int64(3), torch.tensor(3)])
def test_a_size_may_be_any_integer(size):
    assert check_count("n", size) == 3
    assert type(check_count("n", size)) is int


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (0, ValueError, "`n` must be at least 1; got 0."),
        (-2, ValueError, "`n` must be at least 1; got -2."),
        (2.0, TypeError, "`n` must be an integer; got 2.0."),
        ("2", TypeError, "`n` must be an integer; got '2'."),
        (True, TypeError, "`n` must be an integer; got True."),
        (None, TypeError, "`n` must be an integer; got None."),
    ],
)
def test_a_size_must_be_a_positive_integer(size, error, message):
    with raises(error, message):
        check_count("n", size)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.float64(2), np.int64(1)])
def test_a_positive_number_may_be_of_any_type(value):
    assert check_positive("horizon", value) == value
    assert type(check_positive("horizon", value)) is float


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "`horizon` must be positive and finite; got 0."),
        (-1.5, ValueError, "`horizon` must be positive and finite; got -1.5."),
        (math.inf, ValueError, "`horizon` must be positive and finite; got inf."),
        (math.nan, ValueError, "`horizon` must be positive and finite; got nan."),
        ("1", TypeError, "`horizon` must be a number; got '1'."),
        (True, TypeError, "`horizon` must be a number; got True."),
        (None, TypeError, "`horizon` must be a number; got None."),
    ],
)
def test_a_positive_number_must_be_one(value, error, message):
    with raises(error, message):
        check_positive("horizon", value)


@pytest.mark.parametrize("path", [5, None, ["visits.csv"]])
def test_a_path_must_be_one(path):
    assert check_path("path", "a/b.csv", "b.csv") == Path("a/b.csv")
    message = f"`path` must be the path of a file; got {path!r}. Write for example "
    with raises(TypeError, message + '"b.csv".'):
        check_path("path", path, "b.csv")
    for use in (
        lambda: ckts.load(path),
        lambda: ckts.CKRocket().save(path),
        lambda: ckts.Panel.read(path, instance="id", time="day"),
    ):
        with raises(TypeError, message):
            use()
