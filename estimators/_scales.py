"""Center and scale of numbers, of which a few may be absurd."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ckts.estimators._quantiles import weighted_median, weighted_quantile

# Numbers farther from the median than this many interquartile ranges (13 standard
# deviations of a normal distribution) are moved there before the mean and the standard
# deviation are taken. One of a thousand then adds at most a tenth to the deviation;
# without one, nothing is moved, and both are the usual ones.
FENCE = 10.0
# Standardized values beyond this are all alike; asinh makes 9.9 of it.
FARTHEST = 1e4
# What is called suspicious: at most this many different values beyond a wide gap, which
# together are at least this share of a column (a code for "unknown": less).
MOST_CODES, SHARE, SHARE_OF_CODES = 3, 0.05, 0.01
# A gap is wide if it is this many times as wide as all on its other side, where there
# are this many different numbers; or far wider, if there are fewer. A code for unknown
# needs no more than the usual gap.
WIDE, FAR_WIDER, MANY = 3.0, 100.0, 20
CODES = {sign * (10**k - 1) for sign in (1, -1) for k in range(2, 8)}  # 99, -999
# Wide gaps that are looked at, from the widest on: a few outliers hide no code.
MOST_GAPS = 8


@dataclass(frozen=True)
class CenterScale:
    """Center and scale of some columns.

    Attributes
    ----------
    center, scale : ndarray of shape (n_columns,)
        0 and 1 of a column without any known number.
    known : ndarray of shape (n_columns,)
        Whether any number of the column was known.
    """

    center: np.ndarray
    scale: np.ndarray
    known: np.ndarray

    def standardize(self, values: np.ndarray) -> np.ndarray:
        """Return ``(values - center) / scale``, at most 10,000 in absolute value.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)
            NaN stays NaN.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            Float64. A column without any number known in `fit` is NaN: nothing is
            known of its unit.
        """
        values = values.astype(np.float64)
        # The largest float64 numbers: their difference is infinite, not absurd.
        with np.errstate(over="ignore"):
            scaled = (values - self.center) / self.scale
        scaled = np.clip(scaled, -FARTHEST, FARTHEST)
        return np.where(self.known, scaled, np.nan)


def learn_center_scale(
    values: np.ndarray, weight: np.ndarray, names: Sequence[str]
) -> CenterScale:
    """Learn center and scale of columns, and warn of suspicious values.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        NaN is unknown.
    weight : ndarray of shape (n_rows,)
        Weight of each row.
    names : sequence of str, n_columns of them
        For the warnings: "channel 'pulse'".

    Returns
    -------
    CenterScale

    Warns
    -----
    UserWarning
        Where one extreme value is a large share of a column. It is left out of center
        and scale.
    """
    pairs, known = [], []
    for column, name in zip(values.T, names, strict=True):
        given = ~np.isnan(column)
        column, shares = column[given].astype(np.float64), weight[given]
        known.append(len(column) > 0)
        suspects = find_suspicious(column, shares)
        if suspects:
            left_out = np.isin(column, suspects)
            _warn(name, suspects, shares[left_out].sum() / shares.sum())
            column, shares = column[~left_out], shares[~left_out]
        pairs.append(_center_scale(column, shares))
    center, scale = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return CenterScale(center, scale, np.array(known, dtype=bool))


def robust_center_scale(
    values: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of columns, within the fences.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Finite.
    weight : ndarray of shape (n_rows,)
        Weight of each row.

    Returns
    -------
    center, scale : ndarray of shape (n_columns,)
        The scale is 1 where a column is constant.

    Examples
    --------
    >>> values = np.r_[np.arange(100.0), 1e30].reshape(-1, 1)
    >>> center, scale = robust_center_scale(values, np.ones(101))
    >>> center.round(), scale.round()
    (array([54.]), array([57.]))
    """
    pairs = [_center_scale(column, weight) for column in values.T]
    center, scale = np.array(pairs).reshape(-1, 2).T
    return center, scale


def _center_scale(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean and standard deviation of numbers, within the fences."""
    if len(values) == 0:
        return 0.0, 1.0
    middle = weighted_median(values, weight)
    width = _width(values, weight, middle)
    clipped = np.clip(values, middle - FENCE * width, middle + FENCE * width)
    # Relative to the fences: squares of huge or tiny numbers are no float64 numbers.
    unit = np.abs(clipped - middle).max()
    if not unit > 1e-12 * abs(middle):  # constant up to rounding
        return middle, 1.0
    shifted = (clipped - middle) / unit
    mean = np.average(shifted, weights=weight)
    deviation = np.sqrt(np.average((shifted - mean) ** 2, weights=weight))
    return middle + unit * mean, unit * deviation


def _width(values: np.ndarray, weight: np.ndarray, middle: float) -> float:
    """Width of the middle: the interquartile range, or what else there is.

    Where more than half of the numbers are one (no rain, binary, counts), the middle of
    the distances of the others.
    """
    low, high = (weighted_quantile(values, weight, q) for q in (0.25, 0.75))
    width = high / 2 - low / 2  # halves: a difference of huge numbers may be infinite
    distances = np.abs(values / 2 - middle / 2)
    off = distances > 0
    if width == 0 and off.any():
        width = weighted_median(distances[off], weight[off])
    return min(2 * width, np.finfo(np.float64).max / (4 * FENCE))


def find_suspicious(values: np.ndarray, weight: np.ndarray) -> list[float]:
    """Find extreme values that are a large share of some numbers, such as -999.

    The numbers are parted at their widest gap. What lies beyond it, on the side of a
    code such as 99 or -999, else on the lighter side, is suspicious if it is up to
    three values and a fair share of all. Few numbers beyond it are outliers. Both are
    taken away, and the rest is looked at again. Nothing depends on how often a number
    stands there beyond its weight.

    Parameters
    ----------
    values, weight : ndarray of shape (n,)

    Returns
    -------
    list of float

    Examples
    --------
    >>> find_suspicious(np.array([36.6, 37.2, 38.0, -999.0]), np.ones(4))
    [-999.0]
    >>> find_suspicious(np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    []
    """
    numbers, whose = np.unique(values, return_inverse=True)
    weights = np.bincount(whose, weight, len(numbers))
    total, found = weights.sum(), []
    for _ in range(MOST_GAPS):
        if len(numbers) < 2:
            break
        # halves: a difference of huge numbers may be infinite
        at = int(np.argmax(np.diff(numbers / 2))) + 1
        beyond, rest = sorted(
            (slice(at), slice(at, None)),
            key=lambda part: (not _are_codes(numbers[part]), weights[part].sum()),
        )
        gap = numbers[at] / 2 - numbers[at - 1] / 2
        share = weights[beyond].sum() / total
        if _is_suspicious(numbers[beyond], share, gap, numbers[rest]):
            found += numbers[beyond].tolist()
        elif share >= SHARE:  # a mode, not an outlier
            break
        numbers, weights = numbers[rest], weights[rest]
    return found


def _is_suspicious(
    beyond: np.ndarray, share: float, gap: float, rest: np.ndarray
) -> bool:
    """Whether ascending numbers beyond a gap (halved) are suspicious."""
    width = rest[-1] / 2 - rest[0] / 2
    if _are_codes(beyond):
        return share >= SHARE_OF_CODES and gap > WIDE * width
    wide = WIDE if len(rest) >= MANY else FAR_WIDER
    few = len(beyond) <= MOST_CODES and len(rest) > 1
    return few and share >= SHARE and gap > wide * width


def _are_codes(numbers: np.ndarray) -> bool:
    """Whether a few numbers hold one that often stands for "unknown"."""
    few = len(numbers) <= MOST_CODES
    return few and not CODES.isdisjoint(numbers.tolist())


def _warn(name: str, values: list[float], share: float) -> None:
    shown = [float(f"{value:g}") for value in values]
    warnings.warn(
        f"{share:.0%} of the values of {name} are {' or '.join(map(str, shown))}, far "
        'from all others. If that stands for "unknown", write NaN instead: '
        f"`frame.replace({shown}, numpy.nan)`.",
        UserWarning,
        stacklevel=7,
    )
