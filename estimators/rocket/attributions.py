"""Attributions: a score as a sum over channels, lengths of steps, and time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from ckts._checks import check_count
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.rocket.base import AbstractCKRocket, observed_rows
from ckts.estimators.rocket.ridge import BlockRidge
from ckts.estimators.rocket.score_parts import (
    LinearGroup,
    coded_values,
    in_units,
    linear_groups,
)
from ckts.estimators.rocket.summaries import CLOCK, summary_names
from ckts.panel import Panel, TimeScale, restore_times
from ckts.rocket import CHUNK, Signal

COLUMNS = [
    *("series", "output", "block", "clock", "scale", "dilation"),
    *("channel", "summary", "start", "end", "value"),
]


# Blocks of tables, in their order.
CODED = ("summaries", "levels", "periods")


@dataclass(frozen=True)
class Stamps:
    """The time stamps of a series, and the clock of the model at each of them.

    Attributes
    ----------
    times : ndarray of shape (n_rows,)
        Of the panel: int64 or float64.
    elapsed : ndarray of shape (n_rows,)
        The clock, from 0: long gaps are shorter on it.
    scale : TimeScale
        Kind of the stamps.
    """

    times: np.ndarray
    elapsed: np.ndarray
    scale: TimeScale

    def cut(self, n_parts: int) -> tuple[np.ndarray, np.ndarray]:
        """Cut the span into parts that are equal on the clock.

        Returns
        -------
        start, end : ndarray of shape (n_parts,)
            Stamps of their kind; missing if there are no rows.
        """
        last = self.elapsed[-1] if len(self.elapsed) else 0.0
        ends = self.at(np.linspace(0, last, n_parts + 1))
        return ends[:-1], ends[1:]

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return the stamps at places on the clock; missing if there are no rows."""
        plain = self.scale.kind == "number"
        found = np.full(len(places), np.nan if plain else np.iinfo(np.int64).min)
        if len(self.times):
            # differences first: float64 cannot hold nanoseconds since 1970
            passed = (self.times - self.times[0]).astype(np.float64)
            passed = np.interp(places, self.elapsed, passed)
            found = self.times[0] + (passed if plain else np.round(passed).astype(int))
            found = np.where(places >= self.elapsed[-1], self.times[-1], found)
        found = restore_times(found if plain else found.astype(np.int64), self.scale)
        return found.to_numpy()


class AbstractAttributed(AbstractCKRocket):
    """A linear model of shares of time: its scores are sums over time, exactly."""

    ridge_: BlockRidge

    @abstractmethod
    def _outputs(self) -> tuple[np.ndarray, Any, Any]:
        """Return the names of the outputs, their unit, and what they are at 0."""

    def attribute(self, X, *, n_intervals: int = 32) -> pd.DataFrame:
        """Tell how much of each score comes from which channel, step and time.

        The model is linear in the features of kernels, which are shares of time: so
        what they add is a sum over time, without any approximation. What summaries,
        levels and periods add is divided by integrated gradients (Sundararajan et al.,
        2017). All values of a series and output add up to what the model says of it. A
        value tells the difference to the mean training series, whose score is the
        intercept.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`; best a few. Each
            has a row per output, group of kernels, channel of it and interval: tens of
            thousands.
        n_intervals : int, default=32
            Equal parts of the span of each series as the model sees it, where a gap
            counts up to ten times a typical long one.

        Returns
        -------
        DataFrame
            series
                Its number in `X`, from 0.
            output
                The class; of a regressor the number of the target, from 0.
            block
                "kernels", "levels", "summaries", "periods" or "intercept". Blocks that
                the model left out have no rows.
            clock, scale
                What the kernels see: the "absolute" or the "relative" time, or, where
                stamps come in bursts, the "burst" time, on which nothing lasts long
                between these; and values in the "common" scale or in the "own" one of
                the series.
            dilation
                Length of a step of the kernels, which have nine: a share of the span
                where the clock is relative. Else it is in the unit of the stamps of
                `X`, in seconds if these are datetimes or timedeltas.
            channel
                Its name. What a kernel adds is divided among its channels and steps by
                the size of what each contributes to its response.
            summary
                Its name, such as "mean of pulse" or "peak frequency of pulse", which
                has no time; or "level" or "count", of observations of a channel or of
                rows in a part of the time.
            start, end
                The interval that steps of the kernels lie in, or the part of the time
                that a level is the mean of and a count is in; both the first stamp for
                parts of the past before it. Stamps like those of `X`, datetimes in UTC;
                missing where nothing was observed at all.
            value
                In units of the target of a regressor; for a classifier in units of the
                score before calibration, which aims at 1 for the class of a series and
                -1 for all others.

        Examples
        --------
        >>> from ckts import CKRocketClassifier
        >>> from ckts.datasets import make_speed
        >>> X, y = make_speed(60, random_state=0)
        >>> model = CKRocketClassifier(n_kernels=1000, random_state=0).fit(X, y)
        >>> table = model.attribute(X[:2])
        >>> table.groupby(["series", "output"])["value"].sum().round(1).tolist()
        [1.0, -1.0, -1.0, 1.0]
        """
        check_is_fitted(self, "ridge_")
        check_count("n_intervals", n_intervals)
        return self._attribute(X, n_intervals)

    def _attribute(self, X, n_intervals: int) -> pd.DataFrame:
        # As deep below the caller as in `predict`: warnings of the clock name it.
        panel = observed_rows(self._check_panel(X, reset=False))
        names, unit, origin = self._outputs()
        ridge = in_units(self.ridge_, unit, origin)
        with self._limit_threads(CHUNK):
            frames = [
                frame.assign(series=series, block=block)
                for series, block, frame in self._frames(panel, ridge, n_intervals)
            ]
        table = pd.concat(frames, ignore_index=True).reindex(columns=COLUMNS)
        table["output"] = names[table["output"]]
        return table

    def _frames(
        self, panel: Panel, ridge: BlockRidge, n_intervals: int
    ) -> Iterator[tuple[int, str, pd.DataFrame]]:
        """Yield series, block, and the rows that the model has of these."""
        dataset = self._dataset(panel)
        groups = linear_groups(self.kernels_, ridge, self.device_)
        coded = self._coded_values(panel, dataset, ridge)
        views = self.kernels_.views
        intercept = ridge.intercept + sum(rest for _, rest in coded.values())
        rows = np.flatnonzero(panel.observations.row_counts())  # those of the dataset
        times = np.split(panel.times[rows], dataset.indptr[1:-1])
        for series, own in enumerate(times):
            batch = dataset.batch([series])
            batch = {name: one.to(self.device_) for name, one in batch.items()}
            signals = views.signals(batch)
            elapsed = signals["absolute", "common"].times[0].cpu().numpy()
            stamps = Stamps(own, elapsed[: len(own)], panel.time_scale)
            yield series, "intercept", _frame(intercept)
            if groups:
                frame = self._kernel_frame(groups, signals, stamps, n_intervals)
                yield series, "kernels", frame
            if "levels" in coded:
                frame = self._level_frame(coded["levels"][0][series], stamps)
                yield series, "levels", frame
            for block, (values, _) in coded.items():
                if block != "levels":
                    yield series, block, self._named_frame(block, values[series])

    def _coded_values(
        self, panel: Panel, dataset: PanelDataset, ridge: BlockRidge
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Tell what the columns of tables add, unless they are left out."""
        _, tables = self._compute(panel, dataset)
        return {
            block: coded_values(coding, ridge, number, table)
            for number, (block, coding, table) in enumerate(
                zip(CODED, self._codings, tables, strict=False), 2
            )
            if ridge.coefficients[number] is not None
        }

    def _kernel_frame(
        self,
        groups: list[LinearGroup],
        signals: dict[tuple[str, str], Signal],
        stamps: Stamps,
        n_intervals: int,
    ) -> pd.DataFrame:
        """Make a row per output, group, channel and interval."""
        n_intervals = n_intervals if signals["absolute", "common"].span > 0 else 1
        ends = _same_intervals(signals, n_intervals)
        found = [g.values(signals[g.clock, g.scale], ends[g.clock]) for g in groups]
        start, end = stamps.cut(n_intervals)
        steps = [self._shown_step(one, stamps.scale) for one in groups]
        used = torch.stack([one.group.channels for one in groups]).cpu().numpy()
        return _frame(
            torch.stack(found, dim=1).cpu().numpy(),
            clock=_objects(one.clock for one in groups).reshape(-1, 1, 1),
            scale=_objects(one.scale for one in groups).reshape(-1, 1, 1),
            dilation=np.reshape(steps, (-1, 1, 1)),
            channel=_objects(self._channels)[used][:, :, None],
            start=start,
            end=end,
        )

    def _shown_step(self, one: LinearGroup, scale: TimeScale) -> float:
        """Return the step of kernels in what the table shows it in."""
        if one.clock == "relative":
            return one.group.dilation
        shown = scale if scale.kind == "number" else TimeScale("number", "s")
        return one.group.dilation * self.time_scale_.factor_to(shown)

    def _level_frame(self, values: np.ndarray, stamps: Stamps) -> pd.DataFrame:
        """Make a row per output, part and channel; values (n_outputs, n_levels)."""
        last = stamps.elapsed[-1] if len(stamps.elapsed) else 0.0
        edges = self.kernels_.views.edges(last)
        n_levels = (len(edges[0]) - 1) * len(self._channels)
        of_rows = [None] if len(self._channels) > 1 else []
        kinds = ("level", self._channels), ("count", [*self._channels, *of_rows])
        parts = np.split(values, [n_levels], axis=1)
        frames = []
        for (name, channels), part, ends in zip(kinds, parts, edges, strict=True):
            at = stamps.at(ends)[:, None]
            start, end = at[:-1], at[1:]
            if ends[0] > ends[-1]:  # back in time
                start, end = end, start
            frame = _frame(
                part.reshape(len(part), len(ends) - 1, -1),
                channel=_objects(channels),
                summary=np.array(name, dtype=object),
                start=start,
                end=end,
            )
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def _named_frame(self, block: str, values: np.ndarray) -> pd.DataFrame:
        """Make a row per output and column; values (n_outputs, n_columns)."""
        if block == "periods":
            assert self._periods is not None
            columns = self._periods.names(self._channels)
            names = [f"{what} of {one or 'all'}" for what, one in columns]
            channel = _objects(one for _, one in columns)
        else:
            lengths = self._lengths
            names = summary_names(self._channels, self.static_names_, lengths=lengths)
            n_others = len(self.static_names_) + len(CLOCK) * lengths
            channel = np.resize(_objects(self._channels), len(names))
            channel[len(names) - n_others :] = np.nan
        return _frame(values, channel=channel, summary=_objects(names))


def _same_intervals(
    signals: dict[tuple[str, str], Signal], n_intervals: int
) -> dict[str, Tensor]:
    """Return the ends of equal parts of the absolute time, on each clock."""
    clocks = {clock: signal.times[0] for (clock, _), signal in signals.items()}
    absolute = clocks["absolute"].cpu().numpy()
    ends = np.linspace(0, absolute[-1], n_intervals + 1)
    return {
        clock: torch.from_numpy(np.interp(ends, absolute, times.cpu())).to(times.device)
        for clock, times in clocks.items()
    }


def _frame(values: np.ndarray, **labels: np.ndarray) -> pd.DataFrame:
    """Make a table of values of shape (n_outputs, ...), and what their axes mean."""
    outputs = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    columns = {"output": outputs, **labels, "value": values}
    return pd.DataFrame(
        {name: np.broadcast_to(c, values.shape).ravel() for name, c in columns.items()}
    )


def _objects(names: Iterable[str | None]) -> np.ndarray:
    return np.array(list(names), dtype=object)
