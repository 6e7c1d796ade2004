"""Numbers in text: the fast parser equals `float`, digit by digit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.datasets.readers import _numbers
from ckts.datasets.readers._numbers import parse_numbers


def slow_twin(text, separator):
    """Python's own parser, one number at a time."""
    numbers, wrong = [], []
    for i, token in enumerate(text.split(separator)):
        try:
            numbers.append(math.nan if token.strip() == b"?" else float(token))
        except ValueError:
            numbers.append(0.0)
            wrong.append(i)
        if b"_" in token:  # Python takes 1_000
            wrong = sorted({*wrong, i})
    return np.array(numbers), wrong


def assert_equal(text, separator=b","):
    numbers, wrong = parse_numbers(text, separator)
    expected, expected_wrong = slow_twin(text, separator)
    assert wrong.tolist() == expected_wrong
    right = np.setdiff1d(np.arange(len(expected)), wrong)
    # Bits: the sign of zero counts. All NaN are alike.
    for found, known in zip(numbers[right], expected[right], strict=True):
        assert found.tobytes() == known.tobytes() or (found != found and known != known)


WHOLE = "0 -0 +0 5 -5 007 12345678 123456789 1234567890123456 9007199254740993 1e3"
FRACTIONS = "0.0 -0.5 .5 5. -.5 1.25 0.1 3.14159265 0.12345678 0.123456789 1.0000000005"
LONG = "0.1234567890123456 12345678.12345678 123456789.5 0.30000000000000004 2e0"
EXPONENTS = (
    "1e5 1E-5 -1.5e+3 9.7767E-6 1e22 1e23 123e22 1e-22 1e-23 1.5e-25 1e400 5e-324"
)
NAMES = "NaN nan NAN -nan ? inf -inf Infinity"
WRONG = (
    "x - + . e -. 1..2 1.2.3 1-2 --1 +-1 1e 1e+ e5 1e5e3 1e2.5 1_000 0x10 1,5 nano na"
)
SPACES = ["1 ", " 1", " ? ", "1 2", "", " ", "\t3.5"]


@pytest.mark.parametrize("kind", [WHOLE, FRACTIONS, LONG, EXPONENTS, NAMES, WRONG])
def test_every_spelling_is_parsed_like_float(kind):
    for token in kind.split():
        assert_equal(token.encode())
    assert_equal(b",".join(kind.encode().split()))


def test_spaces_around_a_number_are_allowed():
    for token in SPACES:
        assert_equal(token.encode())
    assert_equal(",".join(SPACES).encode())


@given(st.lists(st.floats(), min_size=1), st.sampled_from([b",", b"|", b";"]))
def test_any_float_written_by_python_comes_back(numbers, separator):
    text = separator.join(repr(number).encode() for number in numbers)
    found, wrong = parse_numbers(text, separator)
    assert not len(wrong)
    np.testing.assert_array_equal(found, numbers)


@given(
    st.lists(
        st.from_regex(r"[-+]?[0-9]{0,10}(\.[0-9]{0,12})?([eE][-+]?[0-9]{1,3})?\Z"),
        min_size=1,
    )
)
def test_any_decimal_number_is_rounded_like_float(tokens):
    assert_equal(",".join(tokens).encode())


@given(st.lists(st.text("0123456789.eE+-?naN _x", max_size=6), min_size=1))
def test_any_text_is_rejected_or_parsed_like_float(tokens):
    assert_equal(",".join(tokens).encode())


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_do_not_change_the_numbers(monkeypatch, block):
    monkeypatch.setattr(_numbers, "BLOCK", block)
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=300) * 10.0 ** rng.integers(-9, 9, size=300)
    tokens = [f"{number:.{rng.integers(1, 12)}g}" for number in numbers]
    tokens[17] = tokens[250] = "wrong"
    assert_equal(",".join(tokens).encode())
