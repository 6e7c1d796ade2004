"""How often a classifier is right, by how long and how densely series were recorded."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ckts._checks import check_choice, check_count
from ckts.panel import Panel, TimeScale, as_panel, check_same_order, readable_unit
from ckts.plotting._style import COLORMAP, contrast, shade, use_axes

SHOWN = ("accuracy", "confusion")
_SINGULAR = {"days": "day", "weeks": "week"}
MOST_WRITTEN = 3  # classes whose confusion has room for figures


class ConfusionBySamplingDisplay:
    """Predictions against classes, in bins of the length and of the rate of records.

    The length is the time from the first to the last observed row, the rate the number
    of further rows per time: together they are the number of rows. Bins have about
    equally many series each; series of one row, or of rows at one time, have no rate
    and are left out.

    A cell has the accuracy and the number of its series, or their confusion matrix:
    classes from above, predictions from left to right, as shares of each class.

    Parameters
    ----------
    counts : ndarray of int of shape (n_lengths, n_rates, n_classes, n_classes)
        Series by length, rate, class and prediction.
    length_edges : ndarray of shape (n_lengths + 1,)
        In the unit of `time_scale`.
    rate_edges : ndarray of shape (n_rates + 1,)
        Rows per that unit.
    classes : sequence
        The labels.
    time_scale : TimeScale
    n_left_out : int, default=0
        Series without a rate.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    image_ : QuadMesh
    texts_ : list of Text
        The figures in the cells, by rows.

    See Also
    --------
    ConfusionBySamplingDisplay.from_estimator : Predict and draw.
    sklearn.metrics.ConfusionMatrixDisplay : All series together.
    """

    def __init__(
        self,
        counts: np.ndarray,
        length_edges: np.ndarray,
        rate_edges: np.ndarray,
        *,
        classes: Any,
        time_scale: TimeScale,
        n_left_out: int = 0,
    ) -> None:
        self.counts = counts
        self.length_edges = length_edges
        self.rate_edges = rate_edges
        self.classes = classes
        self.time_scale = time_scale
        self.n_left_out = n_left_out

    @property
    def n_series(self) -> np.ndarray:
        """Series per cell, of shape (n_lengths, n_rates)."""
        return self.counts.sum((2, 3))

    @property
    def accuracy(self) -> np.ndarray:
        """Share of right predictions per cell, of shape (n_lengths, n_rates).

        NaN where there are no series.
        """
        right = np.trace(self.counts, axis1=2, axis2=3)
        return _share(right, self.n_series)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, n_bins: int = 3, **plot_params: Any
    ) -> Self:
        """Predict, and draw.

        Parameters
        ----------
        estimator : fitted classifier
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series that the model has not seen.
        y : array-like of shape (n_series,)
        n_bins : int, default=3
            Bins of lengths and of rates; fewer where many are the same.
        **plot_params
            Passed on to :meth:`plot`.

        Returns
        -------
        ConfusionBySamplingDisplay
        """
        panel = as_panel(X)
        check_same_order("y", y, panel)
        predicted = estimator.predict(panel)
        return cls.from_predictions(panel, y, predicted, n_bins=n_bins, **plot_params)

    @classmethod
    def from_predictions(
        cls, X: Any, y_true: Any, y_pred: Any, *, n_bins: int = 3, **plot_params: Any
    ) -> Self:
        """Draw predictions that are there already.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
        y_true, y_pred : array-like of shape (n_series,)
        n_bins, **plot_params
            As in :meth:`from_estimator`.

        Returns
        -------
        ConfusionBySamplingDisplay

        Raises
        ------
        ValueError
            If there is not one label per series, or no series has a rate.
        """
        panel, n_bins = as_panel(X), check_count("n_bins", n_bins)
        truth, found = (np.asarray(one) for one in (y_true, y_pred))
        for name, one in (("y_true", truth), ("y_pred", found)):
            if one.shape != (len(panel),):
                raise ValueError(
                    f"`{name}` must have one label per series ({len(panel)}); got the "
                    f"shape {one.shape}. Of several outputs give one column."
                )
        lengths, rates = lengths_and_rates(panel)
        known = ~np.isnan(rates)
        if not known.any():
            raise ValueError(
                "`X` must have series with two different time stamps; got none. "
                "Without them there is no rate."
            )
        classes, codes = np.unique(
            np.r_[truth[known], found[known]], return_inverse=True
        )
        length_edges = bin_edges(lengths[known], n_bins)
        rate_edges = bin_edges(rates[known], n_bins)
        counts = np.zeros(
            (len(length_edges) - 1, len(rate_edges) - 1, len(classes), len(classes)),
            int,
        )
        places = (
            np.searchsorted(length_edges[1:-1], lengths[known], side="right"),
            np.searchsorted(rate_edges[1:-1], rates[known], side="right"),
            *np.split(codes, 2),
        )
        np.add.at(counts, places, 1)
        display = cls(
            counts,
            length_edges,
            rate_edges,
            classes=classes,
            time_scale=panel.time_scale,
            n_left_out=int((~known).sum()),
        )
        return display.plot(**plot_params)

    def plot(self, *, ax: Any = None, shown: str = "accuracy") -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        shown : {"accuracy", "confusion"}, default="accuracy"

        Returns
        -------
        ConfusionBySamplingDisplay
        """
        check_choice("shown", shown, SHOWN)
        self.figure_, self.ax_ = use_axes(ax, (6.0, 4.8))
        axis, size = self.ax_, 1
        values, words = self.accuracy, self._accuracy_words()
        if shown == "confusion":
            size = len(self.classes)
            values, words = self._confusion()
        n_rows, n_columns = self.n_series.shape
        x = np.linspace(0, n_columns, n_columns * size + 1)
        y = np.linspace(0, n_rows, n_rows * size + 1)
        self.image_ = axis.pcolormesh(x, y, values, cmap=COLORMAP, vmin=0, vmax=1)
        self.texts_ = [
            self._write_cell((column + 0.5) / size, (row + 0.5) / size, word, value)
            for (row, column), word, value in zip(
                np.ndindex(values.shape), words.ravel(), values.ravel(), strict=True
            )
            if word
        ]
        self._write_axes(shown)
        return self

    def _accuracy_words(self) -> np.ndarray:
        words = [
            f"{100 * share:.0f} %\n{count:,} series" if count else "none"
            for share, count in zip(
                self.accuracy.ravel(), self.n_series.ravel(), strict=True
            )
        ]
        return np.array(words).reshape(self.n_series.shape)

    def _confusion(self) -> tuple[np.ndarray, np.ndarray]:
        """Lay the matrices of all cells beside each other, as shares and in words."""
        shares = _share(self.counts, self.counts.sum(3, keepdims=True))
        rows, columns, size, _ = self.counts.shape
        flat = [  # the first class above, as in any confusion matrix
            one[:, :, ::-1].transpose(0, 2, 1, 3).reshape(rows * size, columns * size)
            for one in (shares, self.counts)
        ]
        written = size <= MOST_WRITTEN
        words = [f"{count:,}" if written else "" for count in flat[1].ravel()]
        return flat[0], np.array(words).reshape(flat[1].shape)

    def _write_cell(self, x: float, y: float, word: str, value: float) -> Any:
        color: Any = contrast(self.image_.to_rgba(value)[:3])
        if np.isnan(value):
            color = shade(self.ax_, 0.6)
        return self.ax_.text(
            x, y, word, color=color, ha="center", va="center", fontsize=9
        )

    def _write_axes(self, shown: str) -> None:
        axis = self.ax_
        n_rows, n_columns = self.n_series.shape
        size, unit = readable_unit(self.time_scale, float(self.length_edges.max()))
        rates, per = _readable_rates(self.rate_edges * size)
        lengths = [_short(edge / size) for edge in self.length_edges]
        axis.set_xticks(np.arange(n_columns + 1), [_short(rate) for rate in rates])
        axis.set_yticks(np.arange(n_rows + 1), lengths)
        time = _SINGULAR.get(unit, unit) if per == 1 else f"{per:,} {unit}"
        axis.set_xlabel(f"rows per {time}".rstrip() if unit or per > 1 else "rate")
        axis.set_ylabel(f"length ({unit})" if unit else "length")
        for place in range(1, n_rows):  # lines between the cells
            axis.axhline(place, color=shade(axis, 0), linewidth=3)
        for place in range(1, n_columns):
            axis.axvline(place, color=shade(axis, 0), linewidth=3)
        axis.spines[:].set_visible(False)
        words = [f"{self.n_left_out:,} series have no rate"] if self.n_left_out else []
        if shown == "confusion":
            names = ", ".join(map(str, self.classes))
            words.insert(0, "Each cell: classes from above, predictions to the right")
            words.insert(1, f"({names})")
        axis.set_title("\n".join(words), loc="left", fontsize=9)
        label = "accuracy" if shown == "accuracy" else "share of the class"
        self.figure_.colorbar(self.image_, ax=axis, label=label)


def lengths_and_rates(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Measure how long series were recorded, and how densely.

    Parameters
    ----------
    panel : Panel
        Rows without any observation are ignored.

    Returns
    -------
    lengths : ndarray of shape (n_series,)
        From the first to the last row, in the unit of the panel.
    rates : ndarray of shape (n_series,)
        Rows behind the first per that time; NaN where the length is 0.
    """
    seen = panel.keep_rows(panel.observations.row_counts() > 0)
    lengths = np.zeros(len(seen))
    np.maximum.at(lengths, seen.series_of_rows, seen.elapsed.astype(float))
    return lengths, _share(np.maximum(seen.lengths - 1, 0), lengths)


def bin_edges(numbers: np.ndarray, n_bins: int) -> np.ndarray:
    """Return edges between which about equally many numbers lie.

    Parameters
    ----------
    numbers : ndarray of shape (n,)
    n_bins : int

    Returns
    -------
    ndarray of shape (n_edges,)
        Increasing, 2 to n_bins + 1 of them; both the same if all numbers are.
    """
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, n_bins + 1)))
    return edges if len(edges) > 1 else np.repeat(edges, 2)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _readable_rates(rates: np.ndarray) -> tuple[np.ndarray, int]:
    """Return rates per so many units of time that a typical one is at least 1."""
    per = 10 ** max(0, int(np.ceil(-np.log10(np.median(rates)))))
    return rates * per, per


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
