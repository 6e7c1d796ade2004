"""A series that goes on: predictions as of each new observation, as rows arrive."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ckts._checks import check_count
from ckts.estimators.preprocessing.targets import ClassesMixin, NumbersMixin
from ckts.panel import Panel, TimeScale, as_panel, show_time, with_channels

# What is written of the rows of a stream, besides their values and units.
FIELDS = ("channels", "static_names", "categories", "static_categories")
# How names of series are read that JSON does not know, by their type.
DATES: dict[type, Callable[[str], Any]] = {
    pd.Timestamp: pd.Timestamp,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    np.datetime64: np.datetime64,
}


class SeriesStream:
    """Predict as of each new row of one series, such as the stay of a patient.

    The rows arrive in the order of their times, in one call of `update` or in many.
    What is predicted is the same: that of `predict_proba_path`, or of `predict_path`,
    of the whole series. The stream holds the rows, and nothing else: a causal model
    looks back as far as the longest series of `fit`. So its memory grows with the rows,
    up to `max_rows`, and an update takes the longer, the longer the series is; how long
    is in the guide, "Beyond one machine".

    Parameters
    ----------
    model : CKCNNClassifier, CKCNNRegressor, CKRocketClassifier or CKRocketRegressor
        Fitted with `causal=True`. It is shared, not copied: one model serves many
        streams.
    max_rows : int, default=10_000
        The most rows that the stream holds; an update beyond raises.

    Attributes
    ----------
    rows : Panel of shape (1,) or None
        What has arrived, as it was given; None before the first update.

    Examples
    --------
    >>> from ckts import CKRocketClassifier
    >>> from ckts.datasets import make_speed
    >>> from ckts.estimators import SeriesStream
    >>> X, y = make_speed(60, random_state=0)
    >>> model = CKRocketClassifier(n_kernels=500, causal=True, random_state=0)
    >>> stream = SeriesStream(model.fit(X[:40], y[:40]))
    >>> series = X[40:41]
    >>> is_early = series.times <= series.times.mean()
    >>> start, later = series.keep_rows(is_early), series.keep_rows(~is_early)
    >>> stream.update(start).lengths == start.lengths
    array([ True])
    >>> state = stream.to_json()  # another process goes on
    >>> SeriesStream.from_json(model, state).update(later).lengths == later.lengths
    array([ True])
    """

    rows: Panel | None

    def __init__(self, model: Any, *, max_rows: int = 10_000) -> None:
        if not isinstance(model, ClassesMixin | NumbersMixin):
            raise TypeError(
                "`model` must be a classifier or regressor of ckts; got a "
                f"{type(model).__name__}. Of a pipeline it is the last step, and the "
                "steps before must transform what is given to `update`."
            )
        check_is_fitted(model, "time_scale_")
        if not model._causal:
            raise ValueError(
                "`model` must have been fitted with `causal=True`, so that rows that "
                f"come later change nothing; got a {type(model).__name__} with "
                "causal=False. Fit it again, "
                "`clone(model).set_params(causal=True).fit(X, y)`."
            )
        check_count("max_rows", max_rows)
        self.model, self.max_rows, self.rows = model, max_rows, None

    def update(self, X) -> Panel:
        """Add rows, and predict as of each of their times.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            One series: the rows that came since the last update, none of them before
            its last time. Channels that none of them observes may be missing. Static
            features that are left out are those of the first update.

        Returns
        -------
        Panel of shape (1,)
            As `predict_proba_path` or `predict_path` returns it, from the first time of
            `X` on. A row with the last time of the rows before belongs to them: what is
            predicted as of that time takes the place of what was before.

        Raises
        ------
        ValueError
            If a row is too late, or the stream would hold more than `max_rows`, or if
            instance, channels, static features or kind of time are others. The stream
            is as it was before, then.
        """
        new = self._check_new(as_panel(X))
        rows = new if self.rows is None else _continued(self.rows, new)
        if len(rows.times) > self.max_rows:
            raise ValueError(
                f"`max_rows` must be at least the rows of the series, "
                f"{len(rows.times):,}; got {self.max_rows:,}. Make a stream with a "
                "larger one: predictions depend on all rows."
            )
        path = _path_of(self.model)(rows, since=new.times[0])
        self.rows = rows
        return path

    def _check_new(self, panel: Panel) -> Panel:
        """Return the rows with all channels; raise unless they are of one series."""
        if len(panel) != 1 or len(panel.times) == 0:
            raise ValueError(
                f"`X` must hold one series with at least one row; got {len(panel)} "
                f"series with {len(panel.times)} rows. Make a stream for each series."
            )
        one_hot = self.model._one_hot
        known = one_hot.channels if one_hot else self.model._channels
        if set(panel.channels) < set(known):
            panel = with_channels(panel, known)
        if panel.static is None and self.rows is not None:
            static = self.rows.static, self.rows.static_names
            panel = panel.with_static(*static, self.rows.static_categories)
        return panel

    def to_json(self) -> str:
        """Write the state of the stream, without the model.

        Returns
        -------
        str
            JSON. Numbers are exact, so that a stream made of it predicts the same.

        Raises
        ------
        TypeError
            If the name of the series is neither a number nor text nor a date.
        """
        return json.dumps({"max_rows": self.max_rows, "rows": _to_plain(self.rows)})

    @classmethod
    def from_json(cls, model: Any, state: str) -> Self:
        """Go on with a stream, in another process or later.

        Parameters
        ----------
        model : estimator
            The one of the stream.
        state : str
            What :meth:`to_json` returned.

        Returns
        -------
        SeriesStream

        Raises
        ------
        ValueError
            If it is no such state.
        """
        stream = cls(model)
        try:
            found = json.loads(state)
            stream.max_rows = check_count("max_rows", found["max_rows"])
            stream.rows = _from_plain(found["rows"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"`state` must be what `stream.to_json()` returned; got {error!r}. "
                "Begin a new stream, and give it all rows at once."
            ) from error
        return stream


def _path_of(model: Any) -> Any:
    """Return what predicts as of each observation of a causal model."""
    return model._proba_path if isinstance(model, ClassesMixin) else model._number_path


def _continued(rows: Panel, new: Panel) -> Panel:
    """Return the series with new rows behind the others."""
    own, others = rows.instances[0], new.instances[0]
    if not (rows._numbered or new._numbered or own == others):
        raise ValueError(
            f"`X` must be of the instance of the stream, {own!r}; got {others!r}. Make "
            "a stream for each."
        )
    both = Panel.concat([rows, new])
    last, first = rows.times[-1], new.times[0]
    if first < last:
        late, before = (show_time(time, rows.time_scale) for time in (first, last))
        raise ValueError(
            "`X` must hold no row before the last one of the stream; got "
            f"{late} after {before}. Leave out what is late, or begin a new stream "
            "with all rows in their order."
        )
    static = both.static
    if static is not None and not np.array_equal(static[0], static[1], equal_nan=True):
        raise ValueError(
            "`X` must have the static features of the first update, "
            f"{static[0].tolist()}; got {static[1].tolist()}. Leave them out, or begin "
            "a new stream with all rows."
        )
    return Panel(
        both.observations,
        both.times,
        [0, len(both.times)],
        instances=rows.instances,
        static=None if static is None else static[:1],
        time_scale=both.time_scale,
        copy=False,
        **{name: getattr(both, name) for name in FIELDS},
    )


def _name_to_plain(name: Any) -> Any:
    """Return the name of a series as JSON can hold it: dates by kind and text."""
    if type(name) in DATES:
        text = name.isoformat() if isinstance(name, date) else str(name)
        return {type(name).__name__: text}
    name = name.item() if isinstance(name, np.generic) else name
    if isinstance(name, bool | int | float | str):
        return name
    raise TypeError(
        "`instances` must be numbers, text or dates to be written as JSON; got "
        f"{name!r}. Name the series before, e.g. "
        "`panel.with_instances([str(one) for one in panel.instances])`."
    )


def _name_from_plain(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    ((kind, text),) = plain.items()
    return {own.__name__: read for own, read in DATES.items()}[kind](text)


def _to_plain(rows: Panel | None) -> dict[str, Any] | None:
    """Return what JSON can hold; NaN is None."""
    if rows is None:
        return None
    scale, static = rows.time_scale, rows.static
    return {
        "values": _listed(rows.values),
        "dtype": str(rows.observations.data.dtype),
        "times": rows.times.tolist(),
        "time_scale": [scale.kind, scale.unit],
        "instance": [_name_to_plain(name) for name in rows.instances],
        "static": None if static is None else _listed(static),
        **{name: getattr(rows, name) for name in FIELDS[:2]},
        **{name: dict(getattr(rows, name)) for name in FIELDS[2:]},
    }


def _listed(table: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(x) else x for x in row] for row in table.tolist()]


def _from_plain(plain: dict[str, Any] | None) -> Panel | None:
    if plain is None:
        return None
    values = np.array(plain["values"], dtype=np.float64).astype(plain["dtype"])
    static = plain["static"]
    named = {name: plain[name] for name in FIELDS}
    for name in FIELDS[2:]:
        named[name] = {key: tuple(labels) for key, labels in named[name].items()}
    return Panel(
        values,
        np.array(plain["times"]),
        [0, len(values)],
        instances=np.array([_name_from_plain(name) for name in plain["instance"]]),
        static=None if static is None else np.array(static, dtype=np.float64),
        time_scale=TimeScale(*plain["time_scale"]),
        **named,
    )
