import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts import Panel
from ckts.datasets import make_adding_problem

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(2, 600), st.integers(1, 5), seeds)
def test_every_length_matches_the_definition(length, n_series, seed):
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


def test_the_seed_decides():
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
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make_adding_problem(**arguments)
