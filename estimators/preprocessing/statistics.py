"""Statistics of values: quantiles, robust center and scale."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from ckts._warnings import warn
from ckts.estimators.saving.values import savable

# A share of weights that is nearer to a quantile than this is the quantile: cumulated
# weights are rounded, and their common factor must not decide between two numbers.
TIE = 1e-9
# Numbers farther from the median than this many interquartile ranges (13 standard
# deviations of a normal distribution) are moved there before the mean and the standard
# deviation are taken. One of a thousand then adds at most a tenth to the deviation;
# without one, nothing is moved, and both are the usual ones.
FENCE = 10.0
# If more than this share of the targets is beyond the fences, it is a mode or a heavy
# tail, not outliers. R2 where a fifth are 1e6 larger: -.25 if they are moved, .76 if
# not; of targets exp(4 z): .22 and .44.
MOST_OUTLIERS = 0.05
# Standardized values are clipped here; asinh makes 9.9 of it.
FARTHEST = 1e4
# Suspicious are at most this many different values beyond a wide gap, which together
# are at least this share of a column (of a code for "unknown" a smaller one).
MOST_CODES, SHARE, SHARE_OF_CODES = 3, 0.05, 0.01
# A gap is wide if it is this many times as wide as the range of the numbers on its
# other side, if these are at least MANY; a hundred times, if they are fewer. A code for
# "unknown" needs no more than the usual gap.
WIDE, FAR_WIDER, MANY = 3.0, 100.0, 20
CODES = {sign * (10**k - 1) for sign in (1, -1) for k in range(2, 8)}  # 99, -999
# Gaps that are tried, the widest first: a few outliers must not hide a code.
MOST_GAPS = 8

# Values, and their weights.
Sample = tuple[np.ndarray, np.ndarray]


def weighted_quantiles(
    values: np.ndarray, weight: np.ndarray, shares: Sequence[float]
) -> list[float]:
    """Return weighted quantiles: the averaged inverse of the distribution.

    Repeating a number is the same as adding to its weight, and a common factor of all
    weights changes nothing. Where a step of the distribution ends exactly at a share,
    the two numbers beside it are averaged: the median of 1 and 2 is 1.5.

    Parameters
    ----------
    values : ndarray of shape (n,)
        At least one number.
    weight : ndarray of shape (n,)
        Not negative, and not 0 throughout.
    shares : sequence of float
        In [0, 1].

    Returns
    -------
    list of float
        One quantile per share.

    Examples
    --------
    >>> weighted_quantiles(np.array([1.0, 2, 5]), np.array([1.0, 1, 2]), [0.5, 1])
    [3.5, 5.0]
    """
    values, weight = values[weight > 0], weight[weight > 0]
    order = np.argsort(values, kind="stable")
    values, cumulated = values[order], np.cumsum(weight[order])
    cumulated = cumulated / cumulated[-1]
    q, last = np.asarray(shares), len(values) - 1
    low = np.minimum(np.searchsorted(cumulated, q - TIE), last)
    high = np.minimum(np.searchsorted(cumulated, q + TIE, side="right"), last)
    # halves first: the sum of two huge numbers may be infinite
    return (values[low] / 2 + values[high] / 2).tolist()


def weighted_medians(samples: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the weighted median of each sample, a pair of values and weights.

    Parameters
    ----------
    samples : sequence of (ndarray of shape (n,), ndarray of shape (n,))

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    return np.array([weighted_quantiles(*sample, [0.5])[0] for sample in samples])


@savable
@dataclass(frozen=True)
class CenterScale:
    """Center and scale of some columns.

    Attributes
    ----------
    center, scale : ndarray of shape (n_columns,)
        0 and 1 of a column that is NaN throughout.
    known : ndarray of shape (n_columns,)
        Whether any number of the column is not NaN.
    """

    center: np.ndarray
    scale: np.ndarray
    known: np.ndarray

    def standardize(
        self, values: np.ndarray, columns: slice | np.ndarray = slice(None)
    ) -> np.ndarray:
        """Return ``(values - center) / scale``, at most 10,000 in absolute value.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns) or (n_values,)
            NaN stays NaN.
        columns : ndarray of int of shape (n_values,), optional
            The column of each value, where `values` is no table.

        Returns
        -------
        ndarray of the same shape
            float64. A column that was NaN throughout in `fit` is NaN: its unit is
            unknown.
        """
        values = values.astype(np.float64)
        # The difference of two numbers near the largest float64 is infinite: clipped.
        with np.errstate(over="ignore"):
            scaled = (values - self.center[columns]) / self.scale[columns]
        scaled = np.clip(scaled, -FARTHEST, FARTHEST)
        return np.where(self.known[columns], scaled, np.nan)


def learn_center_scale(
    columns: Iterable[tuple[np.ndarray, np.ndarray]],
    weight: np.ndarray,
    names: Sequence[str],
) -> CenterScale:
    """Learn robust center and scale of columns, and warn of suspicious values.

    Parameters
    ----------
    columns : iterable of (ndarray of shape (n_values,), ndarray of shape (n_values,))
        The rows of each column that have a value, and the values.
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
        If one extreme value is a large share of a column. It is left out of center and
        scale.
    """
    known: list[bool] = []

    def samples() -> Iterator[Sample]:  # one at a time: each is a copy
        for (rows, values), name in zip(columns, names, strict=True):
            column, shares = values.astype(np.float64), weight[rows]
            known.append(len(column) > 0)
            yield leave_out(column, shares, warn_of_codes(column, shares, name))

    return center_scale(samples(), known)


def warn_of_codes(values: np.ndarray, weight: np.ndarray, name: str) -> list[float]:
    """Find suspicious values of a column, and warn of them.

    Parameters
    ----------
    values, weight : ndarray of shape (n,)
    name : str
        As "channel 'pulse'".

    Returns
    -------
    list of float
        See `find_suspicious`.
    """
    suspects = find_suspicious(values, weight)
    if suspects:
        share = weight[np.isin(values, suspects)].sum() / weight.sum()
        shown = [float(f"{value:g}") for value in suspects]
        warn(
            f"{share:.0%} of the values of {name} are "
            f"{' or '.join(map(str, shown))}, far from all others. If that stands "
            'for "unknown", write NaN instead: '
            f"`frame.replace({shown}, numpy.nan)`.",
        )
    return suspects


def leave_out(values: np.ndarray, weight: np.ndarray, codes: list[float]) -> Sample:
    """Return the values that are no codes, and their weights."""
    if not codes:
        return values, weight
    kept = ~np.isin(values, codes)
    return values[kept], weight[kept]


def center_scale(samples: Iterable[Sample], known: Sequence[bool]) -> CenterScale:
    """Take robust center and scale of samples.

    Parameters
    ----------
    samples : iterable of (ndarray of shape (n,), ndarray of shape (n,))
        Values of each column, and their weights.
    known : sequence of bool, as many
        Read when all samples were.

    Returns
    -------
    CenterScale
    """
    pairs = [_center_scale(*sample) for sample in samples]
    center, scale = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return CenterScale(center, scale, np.array(known, dtype=bool))


def target_center_scale(
    targets: np.ndarray, weight: np.ndarray, *, robust: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Learn center and scale of the targets of a regression.

    Parameters
    ----------
    targets : ndarray of shape (n_series, n_targets)
        Finite.
    weight : ndarray of shape (n_series,)
        Weight of each series.
    robust : bool
        Whether to move the numbers beyond the fences to them, in the columns where
        they are at most 5 % of all.

    Returns
    -------
    center, scale : ndarray of shape (n_targets,)
        Weighted mean and standard deviation. The scale is 1 where a column is constant.

    Examples
    --------
    >>> targets = np.r_[np.arange(100.0), 1e30].reshape(-1, 1)
    >>> center, scale = target_center_scale(targets, np.ones(101), robust=True)
    >>> center.round(), scale.round()
    (array([54.]), array([57.]))
    """
    # Relative to the largest: squares of huge or tiny numbers overflow or vanish.
    unit = np.abs(targets).max(axis=0)
    unit = np.where(unit > 0, unit, 1.0)
    mean = np.average(targets / unit, axis=0, weights=weight)
    variance = np.average((targets / unit - mean) ** 2, axis=0, weights=weight)
    scale = np.where(variance > 0, unit * np.sqrt(variance), 1.0)
    center = unit * mean
    for number, column in enumerate(targets.T if robust else ()):
        low, _, high = _fences(column, weight)
        beyond = weight[(column < low) | (column > high)].sum() / weight.sum()
        if beyond <= MOST_OUTLIERS + TIE:
            center[number], scale[number] = _center_scale(column, weight)
    return center, scale


def _center_scale(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean and standard deviation of numbers moved within the fences."""
    if len(values) == 0:
        return 0.0, 1.0
    low, middle, high = _fences(values, weight)
    clipped = np.clip(values, low, high)
    # Relative to the fences: squares of huge or tiny numbers overflow or vanish.
    unit = np.abs(clipped - middle).max()
    if not unit > 1e-12 * abs(middle):  # constant up to rounding
        return middle, 1.0
    shifted = (clipped - middle) / unit
    mean = np.average(shifted, weights=weight)
    deviation = np.sqrt(np.average((shifted - mean) ** 2, weights=weight))
    return middle + unit * mean, unit * deviation


def _fences(values: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    """Lower fence, median and upper fence: ten interquartile ranges to either side.

    If more than half of the numbers are equal (no rain, binary, counts), the median
    distance of the others from them replaces the interquartile range, which is 0.
    """
    low, middle, high = weighted_quantiles(values, weight, [0.25, 0.5, 0.75])
    half = high / 2 - low / 2  # the range of huge numbers may be infinite, half is not
    distances = np.abs(values / 2 - middle / 2)
    off = distances > 0
    if half == 0 and off.any():
        half = weighted_quantiles(distances[off], weight[off], [0.5])[0]
    reach = FENCE * min(2 * half, np.finfo(np.float64).max / (4 * FENCE))
    return middle - reach, middle, middle + reach


def find_suspicious(values: np.ndarray, weight: np.ndarray) -> list[float]:
    """Find extreme values that are a large share of some numbers, such as -999.

    The numbers are split at their widest gap. Those beyond it, which is the side of a
    code such as 99 or -999, else the one of less weight, are suspicious if they are at
    most three different values and a fair share of all; if their share is small, they
    are outliers. Both are removed, and the rest is split again. A number repeated is
    the same as a number of twice the weight.

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
        gaps = np.diff(numbers / 2)  # halves: that of huge numbers may be infinite
        at = int(np.argmax(gaps)) + 1
        sides = []
        for side in (slice(at), slice(at, None)):
            few = len(numbers[side]) <= MOST_CODES
            coded = few and not CODES.isdisjoint(numbers[side].tolist())
            sides.append((not coded, weights[side].sum(), side))
        (plain, part, beyond), (_, _, rest) = sorted(sides, key=itemgetter(0, 1))
        share, others = part / total, numbers[rest]
        few, least, wide = True, SHARE_OF_CODES, WIDE
        if plain:
            few = len(numbers[beyond]) <= MOST_CODES and len(others) > 1
            least, wide = SHARE, WIDE if len(others) >= MANY else FAR_WIDER
        far = gaps[at - 1] / wide > others[-1] / 2 - others[0] / 2
        if few and far and share >= least:
            found += numbers[beyond].tolist()
        elif share >= SHARE:  # a mode, not an outlier
            break
        numbers, weights = others, weights[rest]
    return found
