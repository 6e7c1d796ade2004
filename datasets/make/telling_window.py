"""One channel tells the class in one window of time; the others look alike."""

from typing import Any

import numpy as np

from ckts._checks import check_bool, check_count, check_real, check_share
from ckts.datasets.make._sampling import check_sampling, draw_times, make_rng, measure
from ckts.panel import Panel


def make_telling_window(
    n_series: int = 200,
    *,
    n_channels: int = 4,
    length: int | tuple[int, int] = 80,
    channel: int = 0,
    width: float = 0.25,
    height: float = 1.0,
    noise: float = 0.5,
    missing: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
    return_windows: bool = False,
) -> Any:
    r"""Make series of which one channel tells the class, in one window of time.

    Channel `c` of a series at time `t` in [0, 1) is

    .. math:: x_c(t) = s_c h \, [a_c \le t < a_c + w] + \text{noise}:

    from a random :math:`a_c` on, for the width :math:`w`, the level is shifted by the
    height :math:`h` up or down. Only in the telling channel the class decides the
    sign: :math:`s = -1` in class 0 and 1 in class 1; elsewhere a coin does. So all
    channels are distributed alike, nothing outside the window tells the class, and what
    a model finds in time and channels has a known truth.

    Parameters
    ----------
    n_series : int, default 200
        Number of series.
    n_channels : int, default 4
    length : int or (int, int), default 80
        Number of rows of a series, or the shortest and the longest (both included).
        Their times are uniform on [0, 1).
    channel : int, default 0
        The number of the telling channel.
    width : float, default 0.25
        Width of the windows, in (0, 1).
    height : float, default 1.0
        By how much the level is shifted.
    noise : float, default 0.5
        Standard deviation of the measurement noise.
    missing : float, default 0.0
        Probability that a value is NaN.
    random_state : int, RandomState or None
        The same integer gives the same data.
    return_windows : bool, default False
        Whether to return the windows of the telling channel, too.

    Returns
    -------
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ...
    windows : ndarray of shape (n_series, 2)
        Where the window of the telling channel begins and ends; only if
        `return_windows`.

    Examples
    --------
    >>> X, y, windows = make_telling_window(4, random_state=0, return_windows=True)
    >>> X
    Panel(n_series=4, in_channels=4, length 80, 0% missing, time number)
    >>> windows.shape
    (4, 2)
    """
    check_count("n_series", n_series)
    pair = check_sampling(n_channels, length, noise, missing)
    if check_count("channel", channel, minimum=0) >= n_channels:
        raise ValueError(
            f"`channel` must be less than the {n_channels} channels; got {channel}. "
            "They are numbered from 0."
        )
    if check_share("width", width) == 0:
        raise ValueError("`width` must be in (0, 1); got 0. Use e.g. 0.25.")
    check_real("height", height)
    check_bool("return_windows", return_windows)

    rng = make_rng(random_state)
    y = np.arange(n_series) % 2
    series, indptr, times = draw_times(n_series, pair, 1.0, rng)
    starts = (1 - width) * rng.random_sample((n_series, n_channels))
    signs = rng.choice([-1.0, 1.0], size=(n_series, n_channels))
    signs[:, channel] = 2 * y - 1
    since = times[:, None] - starts[series]
    inside = (since >= 0) & (since < width)
    signal = height * signs[series] * inside
    X = Panel(measure(signal, noise, missing, rng), times, indptr)
    if not return_windows:
        return X, y
    return X, y, starts[:, [channel]] + [0.0, width]
