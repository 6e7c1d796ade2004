"""The losses of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ckts.plotting._style import clear_frame, look, shade, use_axes

MOST_MARKERS = 20  # of a line; more would be a blur
# What early stopping may have watched, in the order of precedence, and the best of it.
WATCHED = {"valid_score": np.nanargmax, "valid_loss": np.nanargmin}


@dataclass(frozen=True, eq=False)
class Curve:
    """The training of one network; NaN is what was not recorded.

    Parameters
    ----------
    network : int
    epochs : ndarray of int of shape (n_epochs,)
    train_loss, valid_loss, lr : ndarray of shape (n_epochs,)
        Losses, and the learning rate with which the epoch began.
    kept : int
        The epoch whose weights the network has.
    """

    network: int
    epochs: np.ndarray
    train_loss: np.ndarray
    valid_loss: np.ndarray
    lr: np.ndarray
    kept: int

    @property
    def is_validated(self) -> bool:
        """Whether there are losses of validation series."""
        return bool(np.isfinite(self.valid_loss).any())

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Collect the rows of a network."""
        names = ("train_loss", "valid_loss", "lr", "valid_score")
        columns = {
            name: np.array([row.get(name, np.nan) for row in rows], dtype=float)
            for name in names
        }
        epochs = np.array([row["epoch"] for row in rows])
        kept = len(rows) - 1
        for name, best in WATCHED.items():
            if np.isfinite(columns[name]).any():
                kept = int(best(columns[name]))
                break
        del columns["valid_score"]
        number = int(rows[0].get("network", 0))
        return cls(number, epochs, **columns, kept=int(epochs[kept]))


class HistoryDisplay:
    """The losses of a training, epoch by epoch, and the learning rate.

    Solid lines are training losses, broken ones those of the validation series that
    early stopping held out. A ring marks the epoch whose weights are kept: that of the
    best validation score or loss, else the last one. Where several networks are
    trained, each has a color.

    The name is not that of scikit-learn's `LearningCurveDisplay`, whose axis is the
    number of training samples.

    Parameters
    ----------
    curves : list of Curve
        One per network.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
        The losses.
    axes_ : ndarray of Axes
        These, and those of the learning rate, unless axes were given or none was
        recorded.
    lines_ : list of Line2D
        Training losses, one per network.
    valid_lines_ : list of Line2D
        Validation losses, one per network that has some.
    kept_ : list of Line2D
        The rings, one per network.

    See Also
    --------
    HistoryDisplay.from_estimator : Read the history of a fitted model and draw.
    """

    def __init__(self, curves: list[Curve]) -> None:
        self.curves = curves

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the training of a fitted model.

        Parameters
        ----------
        estimator : CKCNNClassifier or CKCNNRegressor
            Or another model with a `history_`, such as a fitted search's
            ``best_estimator_``.
        ax : matplotlib Axes, optional
            Where to draw the losses, without the learning rate; by default a new
            figure.

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        TypeError
            If the estimator has no history.
        ValueError
            If no epoch was finished.
        """
        history = getattr(estimator, "history_", None)
        if history is None:
            raise TypeError(
                "`estimator` must be a fitted model with a `history_`; got "
                f"{type(estimator).__name__}. Fit a CKCNNClassifier or CKCNNRegressor; "
                "of a pipeline take the last step, `pipeline[-1]`."
            )
        return cls.from_history(history, ax=ax)

    @classmethod
    def from_history(
        cls, history: Sequence[Mapping[str, Any]], *, ax: Any = None
    ) -> Self:
        """Draw recorded epochs.

        Parameters
        ----------
        history : sequence of mapping
            Each with "epoch" and "train_loss", perhaps "network", "valid_loss",
            "valid_score" and "lr".
        ax : matplotlib Axes, optional
            As in :meth:`from_estimator`.

        Returns
        -------
        HistoryDisplay
        """
        rows = list(history)
        if not rows:
            raise ValueError(
                "`history` must hold at least one finished epoch; got none. Fit with "
                "`max_epochs` of at least 1."
            )
        numbers = sorted({row.get("network", 0) for row in rows})
        curves = [
            Curve.of([row for row in rows if row.get("network", 0) == number])
            for number in numbers
        ]
        return cls(curves).plot(ax=ax)

    def plot(self, *, ax: Any = None, loss_label: str = "loss") -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            As in :meth:`from_estimator`.
        loss_label : str, default="loss"
            Label of the losses.

        Returns
        -------
        HistoryDisplay
        """
        rated = any(np.isfinite(curve.lr).any() for curve in self.curves)
        if ax is None and rated:
            self.figure_, self.axes_ = _two_axes()
        else:
            self.figure_, ax = use_axes(ax)
            self.axes_ = np.array([ax])
        self.ax_, *rates = self.axes_
        self._draw_losses(self.ax_)
        self.ax_.set_ylabel(loss_label)
        for axis in rates:
            self._draw_rates(axis)
        for axis in self.axes_:
            clear_frame(axis)
            axis.xaxis.get_major_locator().set_params(integer=True)
        self.axes_[-1].set_xlabel("epoch")
        return self

    def _draw_losses(self, axis: Any) -> None:
        self.lines_: list[Any] = []
        self.valid_lines_: list[Any] = []
        self.kept_: list[Any] = []
        for place, curve in enumerate(self.curves):
            style = _curve_style(place, curve, axis)
            prefix = f"network {curve.network}, " if len(self.curves) > 1 else ""
            label = f"{prefix}training"
            self.lines_ += axis.plot(
                curve.epochs, curve.train_loss, label=label, **style
            )
            if curve.is_validated:
                style |= {"linestyle": "--", "label": f"{prefix}validation"}
                style |= {"mfc": shade(axis, 0)}
                self.valid_lines_ += axis.plot(curve.epochs, curve.valid_loss, **style)
        for place, curve in enumerate(self.curves):
            self._ring(axis, curve, "_" if place else "weights that are kept")
        axis.legend(frameon=False, fontsize=8)

    def _ring(self, axis: Any, curve: Curve, label: str) -> None:
        """Mark the epoch whose weights are kept."""
        loss = curve.valid_loss if curve.is_validated else curve.train_loss
        there = curve.epochs == curve.kept
        style = {"mfc": "none", "mec": shade(axis, 1), "ms": 11, "mew": 1.5}
        self.kept_ += axis.plot(
            curve.epochs[there], loss[there], "o", label=label, zorder=3, **style
        )

    def _draw_rates(self, axis: Any) -> None:
        for place, curve in enumerate(self.curves):
            style = _curve_style(place, curve, axis)
            axis.plot(curve.epochs, curve.lr, **style)
        axis.set_ylabel("learning\nrate")
        axis.set_ylim(bottom=0)


def _curve_style(place: int, curve: Curve, axis: Any) -> dict[str, Any]:
    """Return what the lines of a network have in common."""
    # Markers of networks with the same rates stand beside each other.
    every = max(len(curve.epochs) // MOST_MARKERS, 1)
    style = look(place, axis) | {"linestyle": "-", "ms": 4, "linewidth": 1.3}
    return style | {"markevery": (place % every, every)}


def _two_axes() -> tuple[Any, np.ndarray]:
    import matplotlib.pyplot as plt

    return plt.subplots(
        2,
        1,
        sharex=True,
        figsize=(6.4, 4.8),
        height_ratios=[3, 1],
        layout="constrained",
    )
