"""Take observations away: at random, in blocks, by their value, or after a landmark."""

from fractions import Fraction
from typing import Any

import numpy as np

from ckts._checks import check_choice, check_count, check_share
from ckts.datasets._steps import count_steps
from ckts.datasets.make._sampling import make_rng
from ckts.panel import Panel, as_panel, is_after, read_landmark


def drop_observations(
    panel: Panel,
    rate: float,
    *,
    random_state: int | np.random.RandomState | None = None,
    how: str = "jointly",
    pattern: str = "random",
    n_blocks: int = 1,
) -> Panel:
    r"""Drop a share of the observations of each series.

    What stays keeps its order, its time stamps and its values.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    rate : float
        The share to drop, in [0, 1). Of ``n`` observations ``floor(n * rate)`` go, as
        in the experiments of the CKConv paper (Section 5.3, Table 4): exactly the
        share wherever ``n * rate`` is whole, less than one observation below it
        elsewhere.
    random_state : int, RandomState or None
        The same integer gives the same panel.
    how : {"jointly", "per_channel"}, default "jointly"
        "jointly" removes whole rows: `n` counts the rows of a series. "per_channel"
        replaces single values by NaN: `n` counts the observed values of a series and
        channel, and the rows with their time stamps all stay.
    pattern : {"random", "blocks", "informative"}, default "random"
        Which observations are dropped. "random": each as likely as any other. "blocks":
        `n_blocks` runs of consecutive observations, as when a device is off.
        "informative": the more ordinary a value, the sooner it is dropped, as where
        only what looks wrong is measured again; see Notes.
    n_blocks : int, default 1
        Runs per series (or series and channel) for "blocks"; they are equally long,
        give or take one observation, stand at random places, and may touch.

    Returns
    -------
    Panel of shape (n_series,)

    Notes
    -----
    "informative" makes data that are missing not at random: whether a value is there
    depends on the value. The distance of a value from what is usual is

    .. math:: d = |x - \text{median}| / \text{mean}|x - \text{median}|,

    with median and mean over all observed values of the channel in `panel`; for a row
    it is the largest of its channels. Observations are dropped one after the other,
    with chances in proportion to 1 / (1 + d).

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0], [3.0], [4.0]], [0.0, 0.1, 0.5, 0.9], [0, 4])
    >>> drop_observations(panel, 0.5, random_state=0).times
    array([0.1, 0.5])
    >>> drop_observations(panel, 0.5, random_state=0, how="per_channel").values.ravel()
    array([nan,  2.,  3., nan])
    >>> drop_observations(panel, 0.5, random_state=0, pattern="blocks").times
    array([0.5, 0.9])
    """
    panel = as_panel(panel)
    check_share("rate", rate)
    check_choice("how", how, ("jointly", "per_channel"))
    check_choice("pattern", pattern, ("random", "blocks", "informative"))
    check_count("n_blocks", n_blocks)
    rng = make_rng(random_state)

    jointly = how == "jointly"
    groups = panel.series_of_rows
    if not jointly:
        listed = panel.observations.sparse()
        groups = groups[listed.rows()] * panel.in_channels + listed.channels
    if pattern == "blocks":
        lost = choose_blocks(groups, rate, n_blocks, rng)
    else:
        # The first of exponential arrivals is each with a chance in proportion to its
        # rate, 1 / delay, and what remains is again such a race.
        arrivals = rng.standard_exponential(len(groups))
        if pattern == "informative":
            arrivals *= 1 + _unusualness(panel, jointly)
        lost = choose_first(groups, rate, arrivals)
    if jointly:
        return panel.keep_rows(~lost)
    return panel.with_values(panel.observations.hide(lost))


def subsample(panel: Panel, step: int) -> Panel:
    """Keep every step-th row of each series, from its first: ``series[::step]``.

    This is how the CKConv paper makes test data of another sampling rate (Appendix
    E.2). The time stamps stay what they were.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    step : int
        1 keeps everything.

    Returns
    -------
    Panel of shape (n_series,)

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0], [3.0], [4.0], [5.0]], [0, 1, 2, 3, 9], [0, 5])
    >>> subsample(panel, 2).times
    array([0, 2, 9])
    """
    panel = as_panel(panel)
    check_count("step", step)
    return panel.keep_rows(count_steps(panel.lengths) % step == 0)


def truncate(panel: Panel, landmark: Any, *, since: str = "first") -> Panel:
    """Crop every record at a landmark: rows after it are dropped.

    Where a record ends at the event that is to be predicted, its length reveals
    the outcome. A model must see what was known at one moment, the landmark, of those
    who were still at risk then. This function does the first; who was at risk is for
    you to say, since a record may end for other reasons: leave out the series whose
    follow-up ends up to the landmark, ``X[follow_up > landmark]``.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    landmark : number, timedelta, datetime, or array-like of shape (n_series,) of them
        The last moment that is kept, up to rounding, for all series or for each.
    since : {"first", "origin"}, default "first"
        "first": `landmark` counts from the first row of each series, as a number in the
        unit of the panel or, where time has a unit, as a timedelta. "origin": it is a
        time stamp of the kind that the panel has.

    Returns
    -------
    Panel of shape (n_series,)
        All series, in their order, also those without any row left.

    See Also
    --------
    ckts.Panel.describe : Reports with ``y=`` whether lengths predict a target.
    load_pbc : A task with a landmark.

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0], [3.0], [4.0]], [0, 3, 5, 7], [0, 2, 4])
    >>> truncate(panel, 1).times
    array([0, 5])
    >>> truncate(panel, 5, since="origin").lengths
    array([2, 1])
    """
    panel = as_panel(panel)
    check_choice("since", since, ("first", "origin"))
    limits = read_landmark(landmark, panel.time_scale, since)
    if limits.shape not in {(1,), (panel.n_series,)}:
        raise ValueError(
            f"`landmark` must be one, or one per series ({panel.n_series}); got "
            f"{len(limits)}. Give a single one for all."
        )
    series = panel.series_of_rows
    starts = np.zeros_like(panel.times)
    if since == "first":
        starts = panel.times[panel.indptr[:-1][series]]
    limits = np.broadcast_to(limits, panel.shape)[series]
    return panel.keep_rows(~is_after(panel.times, starts, limits))


def _unusualness(panel: Panel, jointly: bool) -> np.ndarray:
    """Measure how far values are from the usual of their channel.

    Returns
    -------
    ndarray of shape (n_observed,), row by row, or (n_rows,) of the largest
        The observed values of a channel have mean 1, or are 0 if it is constant.
    """
    largest, distances = np.zeros(len(panel.times)), []
    for rows, values in panel.observations.columns():
        if len(rows):
            off = np.abs(values - np.median(values))
            values = off / (off.mean() or 1.0)
        distances.append(values)
        largest[rows] = np.maximum(largest[rows], values)
    if jointly:
        return largest
    channels = panel.observations.sparse().channels
    by_channel = np.argsort(channels, kind="stable")
    found = np.empty(len(channels))
    found[by_channel] = np.concatenate(distances)
    return found


def share_of(sizes: np.ndarray, rate: float) -> np.ndarray:
    """Return floor(size * rate) of each size, with `rate` as the decimal it is.

    In floating point 90 * 0.7 is less than 63, and one item too few would go.
    """
    share = Fraction(repr(float(rate)))
    unique, where = np.unique(sizes, return_inverse=True)
    shares = [n * share.numerator // share.denominator for n in unique.tolist()]
    return np.array(shares, dtype=np.intp)[where]


def choose_first(groups: np.ndarray, rate: float, keys: np.ndarray) -> np.ndarray:
    """Choose the share of each group that has the smallest keys.

    Parameters
    ----------
    groups : ndarray of shape (n_items,)
        The number of the group of each item.
    rate : float
        Of ``n`` items floor(n * rate) are chosen.
    keys : ndarray of shape (n_items,)

    Returns
    -------
    ndarray of bool of shape (n_items,)
    """
    sizes = np.bincount(groups)
    ordered = np.lexsort((keys, groups))
    chosen = np.empty(len(groups), dtype=bool)
    chosen[ordered] = count_steps(sizes) < np.repeat(share_of(sizes, rate), sizes)
    return chosen


def choose_blocks(
    groups: np.ndarray, rate: float, n_blocks: int, rng: np.random.RandomState
) -> np.ndarray:
    """Choose the share of each group as runs of neighbors, at random places.

    The chosen share is cut into `n_blocks` runs of equal length (give or take one
    item); the runs and the items that stay are put into random order, so that runs may
    touch. Parameters and result are those of `choose_first`.
    """
    sizes = np.bincount(groups)
    share = share_of(sizes, rate)
    n_runs = np.minimum(n_blocks, share)
    n_pieces = sizes - share + n_runs
    group = np.repeat(np.arange(len(sizes)), n_pieces)
    rank = count_steps(n_pieces)
    run = rank < n_runs[group]
    length, longer = np.divmod(share, np.maximum(n_runs, 1))
    lengths = np.where(run, length[group] + (rank < longer[group]), 1)
    shuffled = np.lexsort((rng.random_sample(len(group)), group))
    chosen = np.empty(len(groups), dtype=bool)
    # Items of a group need not stand together, but have their order.
    chosen[np.argsort(groups, kind="stable")] = np.repeat(
        run[shuffled], lengths[shuffled]
    )
    return chosen
