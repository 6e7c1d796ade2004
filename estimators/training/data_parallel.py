"""The net of several processes: each computes its share of a batch, all take one step.

The loss of a batch is a sum over its series, and so are its gradients: the sums of the
shares are those of the batch, whatever the shares. A mean of the shares' means, as
``DistributedDataParallel`` takes it, would weigh the series of a small share more.
"""

from __future__ import annotations

from typing import Any

import torch
from skorch.dataset import unpack_data
from torch import Tensor

from ckts.estimators.training.net import STEPS, PanelNet
from ckts.estimators.training.processes import ProcessGroup
from ckts.estimators.training.signatures import accepted
from ckts.randomness import make_generator

# Of several searches for the step of a mesh the finest is right for all; None has no
# mesh, which is right, too.
NO_MESH = 0.0


class DataParallelNet(PanelNet):
    """A net that trains with the nets of other processes, which end as the same.

    Loader and callbacks see whole batches: losses, gradients and outputs of a step are
    summed over the processes before anyone reads them. Prediction is that of a
    `PanelNet`, and once it is trained it is one.
    """

    processes = ProcessGroup()  # it has no state of its own

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train from the weights of the first process."""
        self.processes.copy_first(self.module_)
        return super().fit_loop(X, y, epochs=epochs, **fit_params)

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        """Train; the weights and the meshes are the same at the end."""
        super().partial_fit(X, y, classes, **fit_params)
        self.processes.copy_first(self.module_)
        found = self.processes.gather(self.planner_.steps())
        self.planner_.set_steps(finest_steps(found))
        return self

    def train_step_single(self, batch, **fit_params):
        """Compute loss and gradients of the own share, and add up those of all."""
        self._set_training(True)
        (inputs, target), rows, n_series = self._share(batch)
        outputs = self.infer(inputs, **fit_params)
        loss = self.get_loss(outputs, target, X=inputs, training=True)
        (loss if self.scaler_ is None else self.scaler_.scale(loss)).backward()
        loss, outputs, *gradients = self.processes.add_up(
            [*_whole(loss, outputs, rows, n_series), *self._gradients()]
        )
        self._set_gradients(gradients)
        if self.scaler_ is not None:  # an overflow in one share is one of the sum
            self.scaler_.unscale_(self.optimizer_)
        return {"loss": loss, "y_pred": outputs}

    def validation_step(self, batch, **fit_params):
        """Compute the loss of the own share, and add up those of all."""
        self._set_training(False)
        (inputs, target), rows, n_series = self._share(batch)
        with torch.no_grad():
            outputs = self.infer(inputs, **fit_params)
            loss = self.get_loss(outputs, target, X=inputs, training=False)
        parts = _whole(loss, outputs, rows, n_series)
        loss, outputs = self.processes.add_up(parts)
        return {"loss": loss, "y_pred": outputs}

    def penalty(self, weight):
        """Return a share of the penalty, or that of the own series if it weighs them.

        Weights of a share are such that means over it add up to that of the batch.
        """
        whole = super().penalty(weight)
        if accepted(self.module_.penalty, ["weight"]):
            return whole
        return whole / self.processes.n_processes

    def step_generator(self):
        """Make the generator of a step: series of other processes draw other numbers.

        The first process draws as one alone does, for as many series as it has.
        """
        key = self.seed, self.n_steps_, self.processes.rank
        return make_generator(STEPS, *key)

    def trim_for_prediction(self):
        """Keep what predicts, which needs no other process, nor this class."""
        super().trim_for_prediction()
        self.__class__ = PanelNet

    def _share(self, batch: Any) -> tuple[tuple, Tensor, int]:
        """Take every n-th series of a batch.

        Returns
        -------
        (inputs, target) : tuple
            As a batch is; the mean of a loss over it is the sum over these series,
            divided by the size of the batch. A share without series is one that weighs
            nothing.
        rows : Tensor of shape (n_own,)
            Which series of the batch they are.
        n_series : int
            Series of the batch.
        """
        inputs, (target, weight) = unpack_data(batch)
        n_series, rank = len(weight), self.processes.rank
        rows = torch.arange(n_series)[rank :: self.processes.n_processes]
        taken, factor = (rows, len(rows) / n_series) if len(rows) else ([0], 0.0)
        own = {name: tensor[taken] for name, tensor in inputs.items()}
        return (own, (target[taken], weight[taken] * factor)), rows, n_series

    def _trained(self) -> list[Tensor]:
        return [one for one in self.module_.parameters() if one.requires_grad]

    def _gradients(self) -> list[Tensor]:
        """Return which parameters have a gradient, 0 or 1, and all gradients."""
        trained = self._trained()
        known = torch.tensor([float(one.grad is not None) for one in trained])
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in trained]
        return [known.to(trained[0]), *gradients]

    def _set_gradients(self, found: list[Tensor]) -> None:
        """Take over the sums; a parameter that no share used still has no gradient."""
        (known, *sums), trained = found, self._trained()
        used = known.tolist() if any(one.grad is None for one in trained) else None
        for number, (parameter, gradient) in enumerate(zip(trained, sums, strict=True)):
            if used is None or used[number]:
                parameter.grad = gradient.to(parameter.dtype)


def _whole(loss: Tensor, outputs: Tensor, rows: Tensor, n_series: int) -> list[Tensor]:
    """Return a share's loss, and its outputs among zeros for those of the others."""
    outputs = outputs.detach()
    among = outputs.new_zeros(n_series, *outputs.shape[1:])
    among[rows] = outputs[: len(rows)]
    return [loss.detach(), among]


def finest_steps(
    found: list[list[tuple[int, float | None, bool]]],
) -> list[tuple[int, float | None, bool]]:
    """Join the mesh steps that planners of the same network found for their batches.

    Parameters
    ----------
    found : list of lists
        What :meth:`ckts.convolution.planner.Planner.steps` returns, of each planner.

    Returns
    -------
    list of (int, float or None, bool)
        The finest step of each group. None, of kernels without a mesh, stays.
    """
    joined: dict[int, tuple[float | None, bool]] = {}
    for number, step, current in (one for steps in found for one in steps):
        known = joined.get(number, (step, current))
        finest = min(known[0] or NO_MESH, step or NO_MESH) or None
        joined[number] = finest, known[1] or current
    return [(number, *one) for number, one in sorted(joined.items())]
