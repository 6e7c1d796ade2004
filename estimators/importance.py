"""Which channels and static features the score of a fitted model depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch, check_random_state

from ckts._checks import check_count
from ckts.panel import Panel, as_panel, check_same_order
from ckts.regularity import snap, stamp_rounding


def channel_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    n_repeats: int = 5,
    channel_groups: Mapping[str, Sequence[str]] | None = None,
    sample_weight: Any = None,
    random_state: Any = None,
) -> Bunch:
    """Measure how much worse the score is where one channel is that of other series.

    `sklearn.inspection.permutation_importance` for panels: a channel is exchanged
    between series as a whole, its values together with their times since the first row
    of the series, and so is a static feature. (A series begins with its first row in
    which something is observed, which may be another then.) Use series that the model
    has not seen. Of two channels that tell the same, neither may seem to matter:
    exchange them as a group.

    Parameters
    ----------
    estimator : object
        A fitted model of panels, or a pipeline that ends with one.
    X : Panel, or anything that :func:`ckts.as_panel` accepts
        n_series series.
    y : array-like of shape (n_series,) or (n_series, n_targets)
    scoring : str or callable, default=None
        As in scikit-learn; None is the `score` of the estimator.
    n_repeats : int, default=5
        How often each channel is exchanged.
    channel_groups : mapping of str to sequence of str, default=None
        Names of groups, and of the channels and static features that are exchanged
        together in each, all from the same other series. Those without a group are
        exchanged alone.
    sample_weight : array-like of shape (n_series,), default=None
        Weights in the score.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    sklearn.utils.Bunch
        `names`, the groups, then the channels and the static features without a group,
        one of labels with all its labels; `importances`, of shape
        (n_names, n_repeats), what the score loses; `importances_mean` and
        `importances_std` of shape (n_names,). ``pandas.Series(found.importances_mean,
        found.names).sort_values()`` ranks them.

    Raises
    ------
    ValueError
        If there are fewer than two series, `n_repeats` is less than 1, or a group has
        no or unknown members.

    References
    ----------
    Breiman, Random Forests, 2001, Section 10.

    Examples
    --------
    >>> from ckts import CKRocketClassifier
    >>> from ckts.datasets import make_speed
    >>> from ckts.estimators import channel_importance
    >>> X, y = make_speed(60, random_state=0)
    >>> model = CKRocketClassifier(random_state=0).fit(X[:40], y[:40])
    >>> found = channel_importance(model, X[40:], y[40:], random_state=0)
    >>> found.importances.shape
    (1, 5)
    """
    check_count("n_repeats", n_repeats)
    panel = as_panel(X)
    if len(panel) < 2:
        raise ValueError(
            f"`X` must have at least two series, to exchange channels; got {len(panel)}"
            ". Give all series that you have to test."
        )
    check_same_order("y", y, panel)
    check_same_order("sample_weight", sample_weight, panel)
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        raise TypeError(
            f"`scoring` must be one scorer or its name; got {scoring!r}. Call it once "
            "for each."
        )
    scorer = check_scoring(estimator, scoring=scoring)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    score = scorer(estimator, panel, y, **weights)
    rng = check_random_state(random_state)
    members = _members(panel, {} if channel_groups is None else channel_groups)
    losses = np.empty((len(members), n_repeats))
    for row, (_, numbers) in zip(losses, members, strict=True):
        for repeat in range(n_repeats):
            exchanged = _exchange(panel, numbers, rng.permutation(len(panel)))
            row[repeat] = score - scorer(estimator, exchanged, y, **weights)
    return Bunch(
        names=np.array([name for name, _ in members], dtype=object),
        importances=losses,
        importances_mean=losses.mean(axis=1),
        importances_std=losses.std(axis=1),
    )


def _members(
    panel: Panel, groups: Mapping[str, Sequence[str]]
) -> list[tuple[str, list[int]]]:
    """Return names, and the numbers of what is exchanged together.

    A static feature may have the name of a channel: both are of a group that names it.
    """
    if not isinstance(groups, Mapping):
        raise TypeError(
            "`channel_groups` must be a mapping of names to channels; got "
            f"{type(groups).__name__}. Write e.g. `{{'blood': ['ph', 'lactate']}}`."
        )
    names = [*panel.channels, *panel.static_names]
    for group, members in groups.items():
        listed = np.iterable(members) and not isinstance(members, str)
        if not listed or not len(members) or any(one not in names for one in members):
            raise ValueError(
                "`channel_groups` must name the channels and static features of each "
                f"group, among {names}; got {members!r} in {group!r}."
            )
    grouped = {name for members in groups.values() for name in members}
    alone = [(n, [place]) for place, n in enumerate(names) if n not in grouped]
    if both := sorted(set(groups) & {name for name, _ in alone}):
        raise ValueError(
            "`channel_groups` must have other names than channels without a group; "
            f"got {both}. Rename the groups."
        )
    together = [
        (group, [place for place, name in enumerate(names) if name in set(members)])
        for group, members in groups.items()
    ]
    return together + alone


def _exchange(panel: Panel, numbers: Sequence[int], donors: np.ndarray) -> Panel:
    """Give each series channels, or static features, of another."""
    n_channels = panel.in_channels
    channels = [number for number in numbers if number < n_channels]
    columns = [number - n_channels for number in numbers if number >= n_channels]
    if channels:
        panel = _exchange_channels(panel, channels, donors)
    if not columns:
        return panel
    static = np.array(panel.static)
    static[:, columns] = static[donors][:, columns]
    return panel.with_static(static, panel.static_names, panel.static_categories)


def _exchange_channels(
    panel: Panel, channels: Sequence[int], donors: np.ndarray
) -> Panel:
    """Give series i channels of series ``donors[i]``, at the same times elapsed."""
    receivers = np.argsort(donors)  # of the channels of each series
    filled = panel.lengths > 0
    firsts = np.zeros(len(panel), dtype=panel.times.dtype)
    firsts[filled] = panel.times[panel.indptr[:-1][filled]]
    firsts[~filled] = firsts[donors[~filled]]
    series, parts = panel.series_of_rows, []
    for column, (rows, values) in enumerate(panel.observations.columns()):
        owner, times = series[rows], panel.times[rows]
        if column in channels:
            times = times - firsts[owner] + firsts[receivers[owner]]
            owner = receivers[owner]
            times = _as_in(panel, owner, times, donors)
        parts.append((owner, times, np.full(len(rows), column), values))
    codes, times, which, values = map(np.concatenate, zip(*parts, strict=True))
    return Panel.from_measurements(
        codes,
        times,
        which,
        values,
        n_series=len(panel),
        channels=panel.channels,
        duplicates="keep",
        time_scale=panel.time_scale,
        instances=panel.instances,
        static=panel.static,
        static_names=panel.static_names or None,
        categories=panel.categories,
        static_categories=panel.static_categories,
    )


def _as_in(
    panel: Panel, series: np.ndarray, times: np.ndarray, donors: np.ndarray
) -> np.ndarray:
    """Give moved stamps those of their new series that differ by rounding only.

    The same steps since other first stamps are rounded to other floats; rows that were
    one would become two.
    """
    if panel.times.dtype.kind != "f":
        return times
    times, slack = times.copy(), stamp_rounding(panel.times, panel.indptr)
    slack = slack + slack[donors]
    order = np.argsort(series, kind="stable")
    bounds = np.searchsorted(series[order], np.arange(len(panel) + 1))
    for one in np.flatnonzero((np.diff(bounds) > 0) & (panel.lengths > 0)):
        moved = order[bounds[one] : bounds[one + 1]]
        own = panel.times[panel.indptr[one] : panel.indptr[one + 1]]
        times[moved] = snap(times[moved], own, slack[one])
    return times
