"""Integrated gradients of trained networks, on the way from the centers of channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from ckts._warnings import warn
from ckts.estimators._base import AbstractCKCNN
from ckts.estimators.attribution.decisions import decision_of
from ckts.estimators.attribution.result import Attribution
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.targets import ClassesMixin
from ckts.panel import Panel

# Of the score less the baseline, what contributions may lack without a warning.
LARGEST_RESIDUAL = 0.05
# What moves from the baseline to the series; stamps and masks stay.
MOVING = ("values", "static")

# Where the way is cut at first, the points of a piece, and what may be lacking.
CUTS = (0.001, 0.01, 0.1)
POINTS, WEIGHTS = np.array(np.polynomial.legendre.leggauss(4)) / 2 + [[0.5], [0.0]]
TOLERANCE = 0.01

Batch = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Piece:
    """Contributions of a piece of the way from the baseline to the series.

    Attributes
    ----------
    start, end : float
        Shares of the way.
    before, after : ndarray of shape (batch,)
        The scores there.
    values : ndarray of shape (batch, time, channels)
    static : ndarray of shape (batch, n_static)
    """

    start: float
    end: float
    before: np.ndarray
    after: np.ndarray
    values: np.ndarray
    static: np.ndarray

    def lacking(self) -> np.ndarray:
        """Return by how much contributions do not add up, of shape (batch,)."""
        sums = self.values.sum(axis=(1, 2)) + self.static.sum(axis=1)
        return np.abs(self.after - self.before - sums)


def integrate_gradients(
    model: Any, panel: Panel, target: Any, n_steps: int
) -> Attribution:
    r"""Attribute the score of the networks by integrated gradients.

    A standardized value :math:`x_i` contributes

    .. math:: x_i \int_0^1 \frac{\partial f}{\partial x_i}(\alpha x) \, d\alpha,

    where stamps and what is observed stay as they are. So the baseline is a series that
    is observed when this one is, and has the center of each channel there, which is 0
    after standardization, and the center of each static feature.

    Parameters
    ----------
    model : CKCNNClassifier or CKCNNRegressor
    panel : Panel of shape (n_series,)
    target : object
        See :func:`ckts.estimators.channel_time_attribution`.
    n_steps : int
        At most so many points for the integral.

    Returns
    -------
    Attribution
    """
    _check_model(model, target)
    _, outputs, shown = decision_of(model, panel, target)
    numbers = model._check_panel(panel, reset=False)
    dataset = model._dataset(numbers)
    values = np.zeros((len(dataset.times), numbers.in_channels))
    static = np.zeros((len(panel), len(numbers.static_names)))
    score, baseline = np.empty((2, len(panel)))
    networks = _Networks(model, n_static=static.shape[1], n_steps=n_steps)
    for series in networks.batches(dataset):
        with model._limit_threads(dataset, model.net_):
            way = networks.integrate(dataset.batch(series), outputs[series])
        score[series], baseline[series] = way.after, way.before
        static[series] = way.static
        for number, part in zip(series, way.values, strict=True):
            start, length = dataset.indptr[number], dataset.lengths[number]
            values[start : start + length] = part[:length]
    made = _contributions(model, panel, numbers, values)
    static = _static_contributions(model, panel, static)
    result = Attribution(made, static, score, baseline, shown)
    _check_complete(result, n_steps)
    return result


def _check_model(model: Any, target: Any) -> None:
    if not isinstance(model, AbstractCKCNN):
        first = ""
        if isinstance(model, Pipeline):
            first = (
                "Give its last step and what that sees, `pipeline[-1]` and "
                "`pipeline[:-1].transform(X)`, or use"
            )
        raise TypeError(
            "`estimator` must be a CKCNNClassifier or CKCNNRegressor for "
            f"method='integrated_gradients'; got {type(model).__name__}. "
            f"{first or 'Use'} method='occlusion'."
        )
    check_is_fitted(model, "nets_")
    if callable(target):
        raise TypeError(
            "`target` must be no function for method='integrated_gradients'; got "
            f"{target!r}. Name a class or the number of a target, or use "
            "method='occlusion'."
        )


class _Networks:
    """The networks of a model as one differentiable function of standardized values.

    Parameters
    ----------
    model : CKCNNClassifier or CKCNNRegressor
    n_static : int
        Static features before their indicators of what is unknown.
    n_steps : int
    """

    def __init__(self, model: AbstractCKCNN, *, n_static: int, n_steps: int) -> None:
        self.model, self.n_static, self.n_steps = model, n_static, n_steps

    def batches(self, dataset: PanelDataset) -> Iterator[np.ndarray]:
        """Yield the numbers of series of similar lengths."""
        for net in self.model.nets_:
            net._set_training(False)
        return self.model.net_._path_batches(dataset)

    def integrate(self, batch: Batch, outputs: np.ndarray) -> Piece:
        """Compute contributions, and the scores at both ends of the way.

        The way is cut into pieces. That whose contributions lack most of the difference
        of the scores at its ends is halved, until all lack little: where networks see
        values in the scale of their series, most happens on the first hundredth.

        Parameters
        ----------
        batch : dict
            See :meth:`ckts.estimators.preprocessing.batches.PanelDataset.batch`.
        outputs : ndarray of int of shape (batch,)

        Returns
        -------
        Piece
            The whole way.
        """
        edges = [0.0, *CUTS, 1.0]
        pieces = [self._piece(batch, outputs, *ends) for ends in pairwise(edges)]
        scale = np.maximum(np.abs(pieces[-1].after - pieces[0].before), 1.0)
        while len(POINTS) * len(pieces) < self.n_steps:
            lacking = [np.max(piece.lacking() / scale) for piece in pieces]
            if sum(lacking) < TOLERANCE:
                break
            worst = pieces.pop(int(np.argmax(lacking)))
            middle = (worst.start + worst.end) / 2
            for ends in [(worst.start, middle), (middle, worst.end)]:
                pieces.append(self._piece(batch, outputs, *ends))
        pieces.sort(key=lambda piece: piece.start)
        return Piece(
            *(0.0, 1.0, pieces[0].before, pieces[-1].after),
            values=np.sum([piece.values for piece in pieces], axis=0),
            static=np.sum([piece.static for piece in pieces], axis=0),
        )

    def _piece(
        self, batch: Batch, outputs: np.ndarray, start: float, end: float
    ) -> Piece:
        """Integrate over a piece of the way by a Gauss-Legendre rule."""
        names = [name for name in MOVING if name in batch]
        origin = self._start(batch)
        ways = {name: batch[name] - origin[name] for name in names}

        def at(*shares: float) -> Batch:
            """Return the series at some places of the way, all in one batch."""
            copies = {k: torch.cat([one] * len(shares)) for k, one in batch.items()}
            for name, way in ways.items():
                places = [origin[name] + share * way for share in shares]
                copies[name] = torch.cat(places)
            return copies

        inner = at(*(start + POINTS * (end - start)))
        moving = [inner[name].requires_grad_() for name in names]
        score = self._score(inner, np.tile(outputs, len(POINTS))).sum()
        gradients = torch.autograd.grad(score, moving, materialize_grads=True)
        found = {}
        for name, gradient in zip(names, gradients, strict=True):
            each = gradient.double().numpy().reshape(len(POINTS), *ways[name].shape)
            mean = np.tensordot(WEIGHTS * (end - start), each, axes=1)
            found[name] = mean * ways[name].double().numpy()
        with torch.no_grad():
            both = self._score(at(start, end), np.tile(outputs, 2)).cpu().numpy()
        before, after = np.split(both, 2)
        static = found.get("static", np.zeros((len(outputs), 0)))[:, : self.n_static]
        return Piece(start, end, before, after, found["values"], static)

    def _start(self, batch: Batch) -> Batch:
        """Return the baselines of series: indicators of what is unknown stay."""
        start = {**batch, "values": torch.zeros_like(batch["values"])}
        if "static" in batch:
            start["static"] = batch["static"].clone()
            start["static"][:, : self.n_static] = 0
        return start

    def _score(self, batch: Batch, outputs: np.ndarray) -> Tensor:
        """Compute what the networks say of outputs together, of shape (batch,)."""
        raw = [net.infer(batch).double() for net in self.model.nets_]
        joined = torch.stack(raw).mean(0)
        place = torch.as_tensor(outputs, device=joined.device)
        if isinstance(self.model, ClassesMixin):
            return _log_odds(joined, place, self.model._labels)
        constant, scale = self.model._constant, self.model.target_scale_
        unit = joined.new_tensor(np.where(constant, 0.0, scale))
        center = joined.new_tensor(self.model.target_mean_)
        return joined.gather(1, place[:, None])[:, 0] * unit[place] + center[place]


def _log_odds(scores: Tensor, place: Tensor, labels: Any) -> Tensor:
    """Return the log-odds of classes of one output, or of labels, of shape (batch,).

    The mean of scores of several networks has the log-odds of the mean of their
    log-probabilities: these differ by a constant.
    """
    firsts = np.cumsum([0, *labels.sizes[:-1]])
    if labels.kind == "single":
        first, size = torch.zeros_like(place), torch.full_like(place, labels.sizes[0])
    else:
        first = place.new_tensor(firsts)[place]
        size = place.new_tensor(labels.sizes)[place]
        place = first + size - 1  # that of 1, behind that of 0
    columns = torch.arange(scores.shape[1], device=scores.device)
    own = (columns >= first[:, None]) & (columns < (first + size)[:, None])
    rivals = own & (columns != place[:, None])
    hit = scores.gather(1, place[:, None])[:, 0]
    # A label that all series had, or none, has no rival: its log-odds are constant.
    alone = ~rivals.any(1, keepdim=True)
    rest = scores.masked_fill(~(rivals | alone), -torch.inf).logsumexp(1)
    return torch.where(alone[:, 0], 0.0 * hit, hit - rest)


def _contributions(
    model: AbstractCKCNN, panel: Panel, numbers: Panel, values: np.ndarray
) -> Panel:
    """Return contributions to standardized rows as a panel like the given one.

    Those of the indicators of a categorical channel are added.
    """
    one_hot, channels, owners = model._one_hot, numbers.channels, None
    if one_hot is not None and not one_hot.has_made(panel):
        channels = one_hot.channels
        owners = _owners(one_hot.channels, one_hot.labels)
    rows = np.flatnonzero(numbers.observations.row_counts())
    seen = numbers.observed[rows]
    table = np.full((len(panel.times), len(channels)), np.nan)
    table[rows] = _sum_columns(np.where(seen, values, 0.0), owners)
    table[rows] = np.where(_sum_columns(seen, owners) > 0, table[rows], np.nan)
    return panel.with_values(table, channels, categories={})


def _static_contributions(
    model: AbstractCKCNN, panel: Panel, static: np.ndarray
) -> np.ndarray:
    """Add those of the indicators of a categorical feature."""
    one_hot = model._one_hot
    if one_hot is None or one_hot.has_made(panel):
        return static
    return _sum_columns(static, _owners(one_hot.static_names, one_hot.static_labels))


def _owners(names: Sequence[str], labels: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return the number of the column of which each indicator was made."""
    counts = [max(len(labels.get(name, ())), 1) for name in names]
    return np.repeat(np.arange(len(names)), counts)


def _sum_columns(table: np.ndarray, owners: np.ndarray | None) -> np.ndarray:
    if owners is None or len(owners) == 0:
        return table
    summed = np.zeros((len(table), owners[-1] + 1))
    np.add.at(summed.T, owners, table.T)
    return summed


def _check_complete(found: Attribution, n_steps: int) -> None:
    """Warn where the integral was not computed well."""
    whole = np.abs(found.score - found.baseline)
    worst = np.abs(found.residual) > LARGEST_RESIDUAL * np.maximum(whole, 1.0)
    if worst.any():
        message = (
            f"The contributions to {worst.sum()} of {len(worst)} series do not add up, "
            f"by up to {np.abs(found.residual).max():.2g}: the integral needs more "
            f"points. Use a larger `n_steps` than {n_steps}."
        )
        warn(message, ConvergenceWarning)
