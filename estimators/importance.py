"""Which channels and static features the score of a fitted model depends on."""

from __future__ import annotations

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
    sample_weight: Any = None,
    random_state: Any = None,
) -> Bunch:
    """Measure how much worse the score is where one channel is that of other series.

    `sklearn.inspection.permutation_importance` for panels: a channel is exchanged
    between series as a whole, its values together with their times since the first row
    of the series, and so is a static feature. (A series begins with its first row in
    which something is observed, which may be another then.) Use series that the model
    has not seen. Of two channels that tell the same, neither may seem to matter.

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
    sample_weight : array-like of shape (n_series,), default=None
        Weights in the score.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    sklearn.utils.Bunch
        `names`, the channels and then the static features, one of labels with all its
        labels; `importances`, of shape
        (n_names, n_repeats), what the score loses; `importances_mean` and
        `importances_std` of shape (n_names,). ``pandas.Series(found.importances_mean,
        found.names).sort_values()`` ranks them.

    Raises
    ------
    ValueError
        If there are fewer than two series, or `n_repeats` is less than 1.

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
    names = [*panel.channels, *panel.static_names]
    losses = np.empty((len(names), n_repeats))
    for number in range(len(names)):
        for repeat in range(n_repeats):
            exchanged = _exchange(panel, number, rng.permutation(len(panel)))
            losses[number, repeat] = score - scorer(estimator, exchanged, y, **weights)
    return Bunch(
        names=np.array(names, dtype=object),
        importances=losses,
        importances_mean=losses.mean(axis=1),
        importances_std=losses.std(axis=1),
    )


def _exchange(panel: Panel, number: int, donors: np.ndarray) -> Panel:
    """Give each series a channel, or a static feature, of another."""
    n_channels = panel.in_channels
    if number < n_channels:
        return _exchange_channel(panel, number, donors)
    static = np.array(panel.static)
    static[:, number - n_channels] = static[donors, number - n_channels]
    return panel.with_static(static, panel.static_names, panel.static_categories)


def _exchange_channel(panel: Panel, channel: int, donors: np.ndarray) -> Panel:
    """Give series i the channel of series ``donors[i]``, at the same times elapsed."""
    receivers = np.argsort(donors)  # of the channel of each series
    filled = panel.lengths > 0
    firsts = np.zeros(len(panel), dtype=panel.times.dtype)
    firsts[filled] = panel.times[panel.indptr[:-1][filled]]
    firsts[~filled] = firsts[donors[~filled]]
    series, parts = panel.series_of_rows, []
    for column, (rows, values) in enumerate(panel.observations.columns()):
        owner, times = series[rows], panel.times[rows]
        if column == channel:
            times = times - firsts[owner] + firsts[receivers[owner]]
            owner = receivers[owner]
            times = _as_in(panel, owner, times, donors)
        parts.append((owner, times, np.full(len(rows), column), values))
    codes, times, channels, values = map(np.concatenate, zip(*parts, strict=True))
    return Panel.from_measurements(
        codes,
        times,
        channels,
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
