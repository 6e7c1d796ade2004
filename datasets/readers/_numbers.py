"""Decimal numbers in text -> float64, many at a time and exactly rounded.

Python's `float` takes one number at a time, and numpy and pandas do the same where they
round exactly: on files of the UEA archive they take about twice to four times as long
(docs/benchmarks/ts-reader-2026-11-24.md). Here a place of all numbers is read at once.
Digits that form an integer below 2**53, divided or multiplied by a power of ten up to
10**22, are one operation of two exact float64 and so rounded as `float` does (Clinger
1990). What is longer, or not a number, goes to `float`.
"""

import numpy as np

BLOCK = 1 << 17  # characters; the arrays of one block stay in the cache
SIZE = 16  # characters without sign and exponent: more digits exceed 2**53
_POINT = ord(".") - ord("0") & 0xFF
_TENS = 10 ** np.arange(SIZE + 1)
_POWERS = np.array([float(f"1e{i}") for i in range(23)])  # all of them exact


def parse_numbers(text: bytes, separator: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Parse numbers in ASCII text; "?" and "NaN" are NaN.

    Parameters
    ----------
    text : bytes
        ``n`` numbers between ``n - 1`` separators.
    separator : bytes
        One character.

    Returns
    -------
    numbers : ndarray of shape (n,)
        float64, the same as `float` gives.
    wrong : ndarray of shape (n_wrong,)
        The positions of what is not a number.
    """
    text = text.replace(b"_", b"x")  # `float` takes 1_000, Python's own spelling
    numbers, wrong, n_done, start = [], [], 0, 0
    while start <= len(text):
        end = text.find(separator, start + BLOCK)
        end = len(text) if end < 0 else end
        found, bad = _parse_block(text[start:end], separator)
        numbers.append(found)
        wrong.append(bad + n_done)
        n_done, start = n_done + len(found), end + 1
    return np.concatenate(numbers), np.concatenate(wrong)


def _parse_block(text: bytes, separator: bytes) -> tuple[np.ndarray, np.ndarray]:
    chars = np.frombuffer(text + separator, np.uint8)
    ends = np.flatnonzero(chars == separator[0])
    starts = np.append(0, ends[:-1] + 1)
    todo = ~_is_missing(chars, starts, ends)
    numbers = np.full(len(ends), np.nan)

    stops, powers, simple = ends.copy(), np.zeros(len(ends), np.intp), todo.copy()
    marks = np.flatnonzero(chars | 32 == ord("e"))
    of_mark = np.searchsorted(ends, marks)
    exponents, n_places, valid = _read_digits(chars, marks + 1, ends[of_mark])
    stops[of_mark], powers[of_mark] = marks, exponents
    simple[of_mark] = valid & (n_places < 0)

    short = np.flatnonzero(simple & (stops - starts <= SIZE))
    digits, n_places, valid = _read_digits(chars, starts[short], stops[short])
    powers = powers[short] - np.maximum(n_places, 0)
    valid &= (np.abs(digits) < 1 << 53) & (np.abs(powers) < len(_POWERS))
    # With one rounding: one of both factors is 1.
    up = _POWERS.take(powers, mode="clip") if np.any(powers > 0) else 1.0
    numbers[short] = digits * up / _POWERS.take(-powers, mode="clip")
    todo[short] = ~valid
    return numbers, _parse_others(text, separator, np.flatnonzero(todo), numbers)


def _is_missing(chars: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Tell which tokens are "?" or "NaN", in any case."""
    size, first = ends - starts, chars.take(starts)
    missing = (size == 1) & (first == ord("?"))
    three = np.flatnonzero((size == 3) & (first | 32 == ord("n")))
    rest = chars.take(starts[three] + [[1], [2]]) | 32
    missing[three] = np.all(rest == [[ord("a")], [ord("n")]], axis=0)
    return missing


def _read_digits(
    chars: np.ndarray, starts: np.ndarray, stops: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read tokens of a sign, digits and a point, all but the digits optional.

    Parameters
    ----------
    chars : ndarray of uint8 of shape (n_chars,)
    starts, stops : ndarray of shape (n_tokens,)

    Returns
    -------
    digits : ndarray of shape (n_tokens,)
        The integer of all digits, with the sign.
    n_places : ndarray of shape (n_tokens,)
        Digits after the point; -1 without a point.
    valid : ndarray of bool of shape (n_tokens,)
        False where a token has another form, or more than `SIZE` characters.
    """
    signs = chars.take(starts)
    negative = signs == ord("-")
    size = stops - starts - (negative | (signs == ord("+")))
    # Row -1 holds the last characters of all tokens, row -2 those before them, ...
    rows = np.arange(-min(size.max(initial=1), SIZE), 0)[:, None]
    places = chars.take(stops + rows, mode="wrap") - np.uint8(ord("0"))
    places *= rows >= -size  # zeros before the token
    is_point = places == _POINT
    places *= ~is_point
    after = np.max(is_point * (-rows).astype(np.uint8), axis=0).astype(np.intp)
    valid = (size <= SIZE) & (size > (after > 0)) & (places.max(axis=0) < 10)
    valid &= np.add.reduce(is_point, axis=0, dtype=np.uint8) < 2
    digits = np.zeros(len(starts), np.int64)
    for place in places:
        digits *= 10
        digits += place
    # The point counts as a digit 0: what is before it moves one place to the right.
    whole = digits // _TENS.take(after)
    digits -= np.where(after > 0, 9 * whole * _TENS.take(after - 1), 0)
    return np.where(negative, -1.0, 1.0) * digits, after - 1, valid


def _parse_others(
    text: bytes, separator: bytes, others: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Write some tokens into `numbers`; return where there is no number."""
    if not len(others):
        return others
    tokens, wrong = text.split(separator), []
    for i in others.tolist():
        try:
            numbers[i] = float(tokens[i])
        except ValueError:
            numbers[i] = np.nan
            if tokens[i].strip() != b"?":
                wrong.append(i)
    return np.array(wrong, dtype=np.intp)
