"""Decimal numbers in text -> float64, many at a time and exactly rounded.

Python's `float` takes one number at a time. Here all characters are looked at together:
what each run of digits is worth is known at its last character after three doublings
(of 1, 2, 4 digits). A number of up to 16 digits below 2**53, divided or multiplied by a
power of ten up to 10**22, is one operation of two exact float64 and so rounded as
`float` does (Clinger 1990). What is longer, or no number, goes to `float`.
"""

from __future__ import annotations

import numpy as np

BLOCK = 1 << 18  # characters; what is computed for one block stays in the cache
RUN = 8  # digits
_POINT, _E, _MINUS, _PLUS, _UNKNOWN = b".e-+?"
_TENS = 10 ** np.arange(2 * RUN + 1, dtype=np.uint64)
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
        The positions of what is no number.
    """
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
    # Runs are looked up in front of the first character too.
    padded = separator * 2 * RUN + text + separator
    chars = np.frombuffer(padded, np.uint8)
    ends = np.flatnonzero(chars == separator[0])[2 * RUN :]
    starts = np.concatenate([[2 * RUN], ends[:-1] + 1])
    values, runs = _digit_runs(chars)

    # Every number is read from its end: exponent, fraction, whole part, sign.
    at, exponents = ends - 1, np.zeros(len(ends), np.intp)
    if b"e" in text or b"E" in text:
        at, exponents = _exponents(chars, values, runs, at)
    fraction, n_fraction = _long_runs(values, runs, at)
    at = at - n_fraction
    has_point = chars.take(at) == _POINT
    at -= has_point
    # Where there is no point, a sign or separator is here: the whole part is 0.
    n_whole = runs.take(at)
    mantissa = values.take(at) * _TENS.take(n_fraction) + fraction
    first = chars.take(starts)
    negative = first == _MINUS
    signed = negative | (first == _PLUS)

    power = exponents - has_point * n_fraction
    simple = at - n_whole + 1 == starts + signed  # nothing is left over
    n_digits = n_whole + n_fraction
    simple &= (n_digits > 0) & (n_digits <= 2 * RUN) & (mantissa < 1 << 53)
    simple &= np.abs(power) < len(_POWERS)
    numbers = _scale(mantissa.astype(np.float64), power)
    np.negative(numbers, out=numbers, where=negative)
    others = np.flatnonzero(~simple)
    missing = _is_missing(chars, starts[others], ends[others])
    numbers[others[missing]] = np.nan
    others = others[~missing]
    return numbers, _parse_others(others, numbers, padded, starts, ends)


def _digit_runs(chars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return value and length of the run of up to 8 digits that ends at each character.

    0 where there is no digit. ``chars``, ``values`` and ``runs`` have one shape.
    """
    values = chars - np.uint8(ord("0"))  # below "0" it wraps around
    is_digit = values < 10
    values *= is_digit
    runs = is_digit.view(np.uint8)
    for size, dtype in ((1, np.uint8), (2, np.uint16), (4, np.uint32)):
        full = (runs[size:] == size).view(np.uint8)
        values = values.astype(dtype)
        values[size:] += values[:-size] * full * dtype(10**size)
        runs = runs.copy()
        runs[size:] += runs[:-size] * full
    return values, runs


def _long_runs(
    values: np.ndarray, runs: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return value and length of the runs of up to 16 digits that end at `at`."""
    value, length = values.take(at).astype(np.uint64), runs.take(at).astype(np.intp)
    longer = np.flatnonzero(length == RUN)
    before = at.take(longer) - RUN
    value[longer] += values.take(before) * _TENS[RUN]
    length[longer] += runs.take(before)
    return value, length


def _exponents(
    chars: np.ndarray, values: np.ndarray, runs: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the characters before the exponents are, and the exponents.

    Where there is none, that is the last character, ``at``, and 0.
    """
    exponents = np.zeros(len(at), np.intp)
    before = at - runs.take(at)
    sign = chars.take(before)
    some = np.flatnonzero((sign == _MINUS) | (sign == _PLUS) | (sign | 32 == _E))
    last, mark, sign = at.take(some), before.take(some), sign.take(some)
    is_exponent = mark < last  # it has digits
    mark = mark - (sign | 32 != _E)
    is_exponent &= chars.take(mark) | 32 == _E
    exponents[some] = values.take(last) * is_exponent * np.where(sign == _MINUS, -1, 1)
    at[some] = np.where(is_exponent, mark - 1, last)
    return at, exponents


def _scale(mantissa: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Multiply by 10**power, |power| <= 22, with one rounding: one factor is 1."""
    up = _POWERS.take(power, mode="clip") if np.any(power > 0) else 1.0
    return mantissa * up / _POWERS.take(-power, mode="clip")


def _is_missing(chars: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Tell where "?" or "NaN" stands, in any case."""
    size = ends - starts
    is_nan = size == 3
    for place, letter in enumerate(b"nan"):
        is_nan &= chars.take(starts + place, mode="clip") | 32 == letter
    return is_nan | ((size == 1) & (chars.take(starts) == _UNKNOWN))


def _parse_others(
    others: np.ndarray,
    numbers: np.ndarray,
    padded: bytes,
    starts: np.ndarray,
    ends: np.ndarray,
) -> np.ndarray:
    """Write what was not simple into `numbers`; return where there is no number."""
    wrong = []
    for i, start, end in zip(others, starts[others], ends[others], strict=True):
        token = padded[start:end].strip()
        try:
            numbers[i] = np.nan if token == b"?" else _float(token)
        except ValueError:
            wrong.append(i)
    return np.array(wrong, dtype=np.intp)


def _float(token: bytes) -> float:
    if b"_" in token:  # Python's own
        raise ValueError
    return float(token)
