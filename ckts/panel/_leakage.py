"""Leakage: lengths that predict the target, and observations after a landmark.

The landmark of a record is the moment of prediction, after which nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from ckts.panel._arrays import unmask
from ckts.panel._base import AbstractPanel, PanelT
from ckts.panel._times import NUMBER, TimeScale, parse_times
from ckts.regularity import ROUNDING

# What is said by chance, once in a thousand panels, and an effect that is worth a word:
# an AUROC of 0.6, or a rank correlation of 0.2.
FALSE_ALARM = 0.001
LEAST_EFFECT = 0.2
MANY = 30  # more different whole numbers are a quantity, not classes


@dataclass(frozen=True)
class LengthEffect:
    """How well one measure of the length of series tells their target.

    Attributes
    ----------
    measure : {"rows", "span", "end"}
        The number of rows, the time from the first to the last row, or the time stamp
        of the last row.
    score : float
        Of a class, the area under the ROC curve (AUROC): the chance that a series of
        the class measures more than one of the other classes, where ties count half;
        0.5 is chance, below it the series of the class are shorter. Of a target that is
        a number, Spearman's rank correlation. NaN where there is nothing to compare.
    error : float
        The standard error of the score where length and target have nothing to do with
        each other.
    label : object
        The class, against all others; of two classes the second one, of more the one
        that is told best. None for a target that is a number.
    noteworthy : bool
        Whether the AUROC is beyond 0.4 or 0.6 (the correlation beyond 0.2), and beyond
        what happens by chance once in a thousand panels, all measures and classes taken
        together.
    """

    measure: str
    score: float
    error: float
    label: Any
    noteworthy: bool

    @property
    def effect(self) -> float:
        """The score from -1 (shorter) through 0 (chance) to 1 (longer)."""
        return self.score if self.label is None else 2 * self.score - 1


def find_length_effects(
    lengths: dict[str, np.ndarray], y: Any
) -> tuple[LengthEffect, ...]:
    """Measure how well the lengths of the series tell a target, by their ranks.

    Of several classes, each is compared with all others, and the one that is told best
    counts: records that end at one of many events leak that one, which a mean over the
    classes would hide. Series without rows have no span and no end.

    Parameters
    ----------
    lengths : dict of str to ndarray of shape (n_series,)
        What `measure_lengths` returns.
    y : array-like of shape (n_series,)
        Classes or numbers. Numbers are a quantity if any is not whole, or if there are
        more than 30 different ones; else they are classes.

    Returns
    -------
    tuple of LengthEffect
        Of "rows", "span" and "end".
    """
    target = _as_target(y, len(lengths["rows"]))
    if _is_quantity(target):
        bound = _bound(len(lengths))
        return tuple(_correlate(*item, target, bound) for item in lengths.items())
    classes, codes = np.unique(target, return_inverse=True)
    tested = np.arange(len(classes) == 2, len(classes))
    bound = _bound(len(lengths) * max(len(tested), 1))
    return tuple(
        _best_class(*item, codes, classes, tested, bound) for item in lengths.items()
    )


def _bound(n_tests: int) -> float:
    """Return how many standard errors make an alarm among `n_tests`."""
    return NormalDist().inv_cdf(1 - FALSE_ALARM / (2 * n_tests))


def measure_lengths(panel: AbstractPanel) -> dict[str, np.ndarray]:
    """Return rows, span and end of the series, of shape (n_series,), NaN of no rows."""
    filled = panel.lengths > 0
    span, end = np.full((2, panel.n_series), np.nan)
    last = panel.indptr[1:][filled] - 1
    span[filled], end[filled] = panel.elapsed[last], panel.times[last]
    return {"rows": panel.lengths.astype(float), "span": span, "end": end}


def _best_class(name, length, codes, classes, tested, bound) -> LengthEffect:
    """Return the effect of the class among `tested` that the length tells best."""
    scores, errors = _aurocs(length, codes, len(classes))
    effects = np.abs(2 * scores - 1)[tested]
    alarms = (effects >= LEAST_EFFECT) & (effects > 2 * bound * errors[tested])
    # A rare class is far from chance by chance: what is no alarm comes last.
    order = np.lexsort((np.nan_to_num(effects), alarms))
    if not len(order):
        return LengthEffect(name, np.nan, np.nan, None, False)
    best = tested[order[-1]]
    label = classes[best].item() if hasattr(classes[best], "item") else classes[best]
    score, error = float(scores[best]), float(errors[best])
    return LengthEffect(name, score, error, label, bool(alarms[order[-1]]))


def _aurocs(
    length: np.ndarray, codes: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUROC of each class against all others, and its standard error.

    The rank sum of Wilcoxon, Mann and Whitney: where length and class have nothing to
    do with each other, a class draws its ranks from all of them without replacement.
    The variance of such a sum takes account of ties.
    """
    known = ~np.isnan(length)
    ranks = _rank(length[known])
    n = len(ranks)
    counts = np.bincount(codes[known], minlength=n_classes)
    sums = np.bincount(codes[known], ranks, minlength=n_classes)
    pairs = np.where((counts == 0) | (counts == n), np.nan, counts * (n - counts))
    scores = (sums - counts * (counts + 1) / 2) / pairs
    squares = np.sum((ranks - (n + 1) / 2) ** 2)
    return scores, np.sqrt(squares / (max(n * (n - 1), 1) * pairs))


def _correlate(
    name: str, length: np.ndarray, target: np.ndarray, bound: float
) -> LengthEffect:
    known = ~np.isnan(length)
    ranks = _rank(length[known]), _rank(target[known])
    if known.sum() < 2 or np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return LengthEffect(name, np.nan, np.nan, None, False)
    score = float(np.corrcoef(*ranks)[0, 1])
    error = float((known.sum() - 1) ** -0.5)
    noteworthy = abs(score) >= max(LEAST_EFFECT, bound * error)
    return LengthEffect(name, score, error, None, noteworthy)


def _rank(numbers: np.ndarray) -> np.ndarray:
    """Return the ranks from 1 on, means where tied."""
    import pandas as pd

    native = numbers.astype(numbers.dtype.newbyteorder("="))  # pandas takes no other
    return pd.Series(native).rank().to_numpy()


def _is_quantity(target: np.ndarray) -> bool:
    if target.dtype.kind not in "iuf":
        return False
    return bool(np.any(target != np.floor(target)) or len(np.unique(target)) > MANY)


def _as_target(y: Any, n_series: int) -> np.ndarray:
    """Return classes or numbers (n_series,), all of them known."""
    import pandas as pd

    target = np.asarray(unmask(y))
    if target.dtype.names:
        raise ValueError(
            f"`y` must be one class or number per series; got the fields "
            f"{target.dtype.names}. Take one of them: `y[{target.dtype.names[0]!r}]`."
        )
    if target.shape != (n_series,):
        way_out = "Give one per series, in their order."
        if target.ndim == 2 and len(target) == n_series:
            column = "y.iloc[:, 0]" if hasattr(y, "iloc") else "y[:, 0]"
            way_out = f"Of several targets take one: `{column}`."
        raise ValueError(
            f"`y` must have one class or number per series, shape ({n_series},); got "
            f"shape {target.shape}. {way_out}"
        )
    missing = target != target if target.dtype.kind == "V" else pd.isna(target)
    unknown = np.asarray(missing)  # pandas does not know raw bytes
    if unknown.any():
        raise ValueError(
            f"`y` must be known for every series; got none for series "
            f"{np.argmax(unknown)}. Leave those out: `X[known].describe(y[known])`."
        )
    return np.array(target.tolist()) if target.dtype.kind == "O" else target


def hide_after(panel: PanelT, landmark: Any, time_scale: TimeScale) -> PanelT:
    """Mask the observations after a landmark.

    Parameters
    ----------
    panel : Panel
    landmark : number, timedelta or None
        Time since the first observation of each series; None hides nothing.
    time_scale : TimeScale
        What a number counts in.

    Returns
    -------
    Panel
        With the same rows.
    """
    if landmark is None:
        return panel
    limit = read_landmark(landmark, time_scale, "first")
    if limit.shape != (1,):
        raise ValueError(
            f"`landmark` must be one for all series; got {landmark!r}. Crop series at "
            "landmarks of their own by `ckts.datasets.truncate`."
        )
    factor = panel.time_scale.factor_to(time_scale)
    late = is_after(panel.times, _first_observed(panel), limit, factor)
    rows = panel.observations.sparse().rows()
    return panel._derive(observations=panel.observations.hide(late[rows]))


def is_after(
    times: np.ndarray, starts: np.ndarray, limits: np.ndarray, factor: float = 1
) -> np.ndarray:
    """Whether stamps are later than a landmark, by more than rounding.

    Integers that need no conversion are exact. Floats may be off by their rounding,
    each by its own: what is kept does not depend on what comes after it.

    Parameters
    ----------
    times, starts : ndarray of shape (n_rows,)
        Stamps, and those that landmarks count from.
    limits : ndarray of shape (1,) or (n_rows,)
        Landmarks.
    factor : float, default 1
        From the unit of the stamps to that of the landmarks.

    Returns
    -------
    ndarray of shape (n_rows,)
        bool.

    Examples
    --------
    >>> is_after(np.array([0.1 * 3, 0.4]), np.zeros(2), np.array([0.3]))
    array([False,  True])
    """
    elapsed = times - starts
    exact = times.dtype.kind == "i"
    if exact and factor == 1:
        return elapsed > limits
    rounding = 0.0 if exact else np.maximum(np.abs(times), np.abs(starts)) * factor
    return elapsed * factor > limits + ROUNDING * (rounding + np.abs(limits))


def _first_observed(panel: AbstractPanel) -> np.ndarray:
    """For every row, the first stamp of its series with an observation."""
    observed = panel.observations.row_counts() > 0
    series = panel.series_of_rows
    firsts = np.zeros(panel.n_series, panel.times.dtype)
    whose, rows = np.unique(series[observed], return_index=True)
    firsts[whose] = panel.times[observed][rows]
    return firsts[series]


def read_landmark(
    landmark: Any, scale: TimeScale, since: str, name: str = "landmark"
) -> np.ndarray:
    """Return landmarks in the unit of a panel.

    Parameters
    ----------
    landmark : number, timedelta, datetime, or array-like of them
    scale : TimeScale
        Of the panel.
    since : {"first", "origin"}
        Whether it counts from the first row of each series, or is a time stamp.
    name : str, default="landmark"
        Of the argument, for messages.

    Returns
    -------
    ndarray of shape (1,) or (n_landmarks,)
        In the unit of `scale`.
    """
    try:
        alone = np.ndim(landmark) == 0
        limits, found = parse_times([landmark] if alone else landmark)
    except (TypeError, ValueError) as error:
        raise type(error)(_landmark_message(landmark, scale, since, name)) from error
    if since == "first":
        fits = found == NUMBER and scale.kind == "number"
        if found.kind == "timedelta" and scale.unit is not None:
            limits, fits = limits * found.factor_to(scale), True
        fits = fits and not np.any(limits < 0)
    else:
        fits = found.kind == scale.kind
    if not fits:
        raise ValueError(_landmark_message(landmark, scale, since, name))
    return limits


def _landmark_message(landmark: Any, scale: TimeScale, since: str, name: str) -> str:
    what = "time since the first row, not negative," if since == "first" else "stamp"
    example = f"`{name}=pd.Timedelta(30, 'D')`"
    if scale.kind == "number":
        example = f"`{name}=30.0`, in the unit of the panel"
    elif (since, scale.kind) == ("origin", "datetime"):
        example = f"`{name}=pd.Timestamp('2024-01-31')`"
    return (
        f"`{name}` must be a {what} that fits times of kind {scale}; got "
        f"{landmark!r}. Write e.g. {example}."
    )
