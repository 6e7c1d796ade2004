"""Problems of a long memory, held to their definitions."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts import Panel
from ckts.datasets import make_adding_problem, make_copy_memory

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 400), st.integers(1, 12), st.integers(1, 5), seeds)
def test_copy_memory_is_as_defined_at_every_length(length, memory, n_series, seed):
    X, y = make_copy_memory(n_series, length=length, memory=memory, random_state=seed)
    assert isinstance(X, Panel)
    assert y.shape == (n_series, length + 2 * memory)
    assert y.dtype.kind == "i"
    for one, target in zip(X, y, strict=True):
        digits = target[-memory:].tolist()
        assert set(digits) <= set(range(1, 9))
        blank, marked = [0] * (length - 1), [9] * (memory + 1)
        assert one.values.ravel().tolist() == digits + blank + marked
        assert target.tolist() == [0] * (length + memory) + digits
        assert one.times.tolist() == list(range(length + 2 * memory))


@pytest.mark.parametrize("length", [100, 200, 1000, 3000, 6000])
def test_the_defaults_of_copy_memory_are_those_of_the_paper(length):
    X, _ = make_copy_memory(2, length=length, random_state=0)
    (values,) = X[0].values.T
    assert len(values) == length + 20
    assert (values[10 : 10 + length - 1] == 0).all()
    assert (values[-11:] == 9).all()


def test_digits_to_copy_are_drawn_equally_often_and_independently():
    _, y = make_copy_memory(8000, length=1, memory=2, random_state=0)
    # Standard deviation of a share of 1/64 over 8000 series: 0.0014.
    pairs = np.bincount(8 * (y[:, -2] - 1) + y[:, -1] - 1, minlength=64)
    assert pairs / 8000 == pytest.approx([1 / 64] * 64, abs=0.006)


def test_the_seed_decides_what_to_copy():
    first, again = (make_copy_memory(3, random_state=1) for _ in range(2))
    assert first[0].equals(again[0])
    assert (first[1] == again[1]).all()
    assert not make_copy_memory(3, random_state=2)[0].equals(first[0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_series": 0}, ValueError, "`n_series` must be at least 1; got 0"),
        ({"length": 0}, ValueError, "`length` must be at least 1; got 0"),
        ({"length": 10.0}, TypeError, "`length` must be an integer; got 10.0"),
        ({"memory": 0}, ValueError, "`memory` must be at least 1; got 0"),
    ],
)
def test_bad_arguments_of_copy_memory_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make_copy_memory(**arguments)


@given(st.integers(2, 600), st.integers(1, 5), seeds)
def test_the_adding_problem_is_as_defined_at_every_length(length, n_series, seed):
    X, y = make_adding_problem(n_series, length=length, random_state=seed)
    assert isinstance(X, Panel)
    assert X.channels == ("number", "marked")
    assert y.shape == (n_series,)
    for one, target in zip(X, y, strict=True):
        numbers, marked = one.values.T
        assert one.times.tolist() == list(range(length))
        assert ((numbers >= 0) & (numbers <= 1)).all()
        assert sorted(marked.tolist()) == [0.0] * (length - 2) + [1.0, 1.0]
        assert target == pytest.approx(numbers @ marked, abs=1e-15)


def test_all_pairs_of_places_are_equally_likely():
    X, _ = make_adding_problem(12_000, length=4, random_state=0)
    places = X.values[:, 1].reshape(-1, 4) @ [1, 2, 4, 8]
    shares = np.bincount(places.astype(int), minlength=16) / 12_000
    pairs = [3, 5, 6, 9, 10, 12]
    # Standard deviation of a share of 1/6 over 12,000 series: 0.0034.
    assert shares[pairs] == pytest.approx([1 / 6] * 6, abs=0.015)


def test_guessing_one_gives_a_sixth_and_not_the_figure_of_the_paper():
    _, y = make_adding_problem(200_000, length=2, random_state=0)
    # The squared error has a standard deviation of 0.197: 0.00044 for the mean.
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, abs=0.002)


def test_the_seed_decides_what_to_add():
    first, again = (make_adding_problem(3, random_state=1) for _ in range(2))
    assert first[0].equals(again[0])
    assert (first[1] == again[1]).all()
    assert not make_adding_problem(3, random_state=2)[0].equals(first[0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_series": 0}, ValueError, "`n_series` must be at least 1; got 0"),
        ({"length": 1}, ValueError, "`length` must be at least 2; got 1"),
        ({"length": 10.0}, TypeError, "`length` must be an integer; got 10.0"),
    ],
)
def test_bad_arguments_of_the_adding_problem_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make_adding_problem(**arguments)
