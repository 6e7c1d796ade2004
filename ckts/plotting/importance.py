"""What a score loses where a channel is that of other series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from ckts._checks import check_count
from ckts.estimators.importance import channel_importance
from ckts.plotting._style import clear_frame, shade, tone, use_axes


class ChannelImportanceDisplay:
    """What a score loses where a channel, or a group of them, is that of other series.

    The square is the mean over the repeats, the line their standard deviation to both
    sides, the small dots are the repeats. Right of 0, the score was better with the
    channel as it is.

    Parameters
    ----------
    names : sequence of str
        Channels, groups and static features.
    importances : ndarray of shape (n_names, n_repeats)
        Losses of the score.
    score_name : str, default="score"

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    order_ : ndarray of int of shape (n_drawn,)
        The numbers of the names that are drawn, from above, those of most importance.
    means_ : Line2D
    errors_ : LineCollection
    repeats_ : Line2D

    See Also
    --------
    ChannelImportanceDisplay.from_estimator : Measure and draw.
    ckts.estimators.channel_importance : The numbers.
    """

    def __init__(
        self,
        names: Sequence[str],
        importances: np.ndarray,
        *,
        score_name: str = "score",
    ) -> None:
        self.names = names
        self.importances = importances
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        scoring: Any = None,
        n_repeats: int = 5,
        channel_groups: Mapping[str, Sequence[str]] | None = None,
        sample_weight: Any = None,
        random_state: Any = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Measure importances of a fitted model, and draw.

        Parameters
        ----------
        estimator, X, y, scoring, n_repeats, channel_groups, sample_weight, random_state
            As in :func:`ckts.estimators.channel_importance`.
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        **plot_params
            Passed on to :meth:`plot`.

        Returns
        -------
        ChannelImportanceDisplay
        """
        found = channel_importance(
            estimator,
            X,
            y,
            scoring=scoring,
            n_repeats=n_repeats,
            channel_groups=channel_groups,
            sample_weight=sample_weight,
            random_state=random_state,
        )
        name = scoring if isinstance(scoring, str) else "score"
        display = cls(list(found.names), found.importances, score_name=name)
        return display.plot(ax=ax, **plot_params)

    def plot(self, *, ax: Any = None, n_channels: int = 20) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        n_channels : int, default=20
            Largest number of rows: those of most importance.

        Returns
        -------
        ChannelImportanceDisplay
        """
        means, spread = self.importances.mean(1), self.importances.std(1)
        count = check_count("n_channels", n_channels)
        self.order_ = order = np.argsort(-means, kind="stable")[:count]
        self.figure_, self.ax_ = use_axes(ax, (6.4, 1.2 + 0.3 * len(order)))
        axis, places = self.ax_, np.arange(len(order))
        axis.axvline(0, color=shade(axis, 0.5), linewidth=1, zorder=1)
        n_repeats = self.importances.shape[1]
        (self.repeats_,) = axis.plot(
            self.importances[order].ravel(),
            np.repeat(places + 0.22, n_repeats),
            linestyle="none",
            marker=".",
            ms=4,
            color=shade(axis, 0.55),
        )
        low, high = (means[order] + sign * spread[order] for sign in (-1, 1))
        self.errors_ = axis.hlines(places, low, high, color=tone(axis), linewidth=2)
        (self.means_,) = axis.plot(
            means[order], places, linestyle="none", marker="s", ms=6, color=tone(axis)
        )
        self._write()
        return self

    def _write(self) -> None:
        axis, order = self.ax_, self.order_
        axis.set_yticks(np.arange(len(order)), [self.names[i] for i in order])
        axis.set_ylim(len(order) - 0.4, -0.6)
        axis.tick_params(axis="y", length=0)
        words = self.score_name.replace("_", " ")
        axis.set_xlabel(f"loss of {words} when exchanged between series")
        clear_frame(axis)
        axis.grid(visible=False, axis="y")
