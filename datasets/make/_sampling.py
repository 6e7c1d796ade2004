"""How generators sample a signal: lengths, times, noise and missing values."""

from collections.abc import Sequence
from numbers import Integral

import numpy as np

from ckts._checks import check_count, check_real, check_share


def check_sampling(
    n_channels: int, length: int | tuple[int, int], noise: float, missing: float
) -> tuple[int, int]:
    """Check what generators share; return the (shortest, longest) length."""
    check_count("n_channels", n_channels)
    check_real("noise", noise, minimum=0)
    check_share("missing", missing)
    pair = (length, length) if isinstance(length, Integral) else length
    if not isinstance(pair, Sequence) or len(pair) != 2:
        raise TypeError(
            "`length` must be an integer or a pair (shortest, longest); got "
            f"{length!r}. Write e.g. `length=(20, 60)`."
        )
    low, high = (check_count("length", one) for one in pair)
    if low > high:
        raise ValueError(
            f"`length` must have the shortest before the longest; got {length!r}. "
            f"Write `length=({high}, {low})`."
        )
    return low, high


def make_rng(
    random_state: int | np.random.RandomState | None,
) -> np.random.RandomState:
    """Make the generator of a seed, as scikit-learn does."""
    from sklearn.utils import check_random_state

    return check_random_state(random_state)


def draw_rows(
    n_series: int, length: tuple[int, int], rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the lengths of series, uniform from the shortest to the longest.

    Returns
    -------
    series : ndarray of shape (n_rows,)
        The number of the series of each row.
    indptr : ndarray of shape (n_series + 1,)
    """
    lengths = rng.randint(length[0], length[1] + 1, size=n_series)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return np.repeat(np.arange(n_series), lengths), indptr


def draw_times(
    n_series: int,
    length: tuple[int, int],
    duration: float,
    rng: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw rows at times that are uniform on [0, duration) and sorted in each series.

    Returns
    -------
    series : ndarray of shape (n_rows,)
    indptr : ndarray of shape (n_series + 1,)
        As `draw_rows` returns them.
    times : ndarray of shape (n_rows,)
    """
    series, indptr = draw_rows(n_series, length, rng)
    times = duration * rng.random_sample(len(series))
    return series, indptr, times[np.lexsort((times, series))]


def measure(
    signal: np.ndarray, noise: float, missing: float, rng: np.random.RandomState
) -> np.ndarray:
    """Add measurement noise to a signal (n_rows, channels) and hide values as NaN."""
    values = signal + noise * rng.standard_normal(signal.shape)
    values[rng.random_sample(signal.shape) < missing] = np.nan
    return values
