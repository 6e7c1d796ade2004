"""From parameters to a trained net: what skorch is given, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ckts._warnings import warn
from ckts.estimators._interface import AbstractPanelEstimator
from ckts.estimators._network import chosen_network
from ckts.estimators._parameters import AbstractParameters
from ckts.estimators._threads import limit_threads
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.grid_step import learn_grid_step
from ckts.estimators.preprocessing.windows import DiskDataset
from ckts.estimators.training.callbacks import (
    EpochBar,
    LearningRate,
    WeightedClipping,
    user_callbacks,
)
from ckts.estimators.training.checkpoint import AbstractCheckpoint
from ckts.estimators.training.data_parallel import DataParallelNet
from ckts.estimators.training.net import PanelNet
from ckts.estimators.training.optimizer import optimizer_arguments, schedule_callbacks
from ckts.estimators.training.processes import AbstractProcesses, find_processes
from ckts.estimators.training.recipe import (
    automatic_batch_size,
    choose_bins,
    choose_epochs,
)
from ckts.estimators.training.signatures import accepted
from ckts.networks import GatedCKCNN

AnyDataset = PanelDataset | DiskDataset
# Parameters that may be "auto", besides the size of batches and the epochs.
AUTOMATIC = ("weight_decay", "observation_dropout", "scales")


class AbstractTrained(AbstractParameters, AbstractPanelEstimator):
    """Make nets by the parameters, and train them.

    Attributes
    ----------
    history_ : list of dict
        "network", "epoch", "lr", "train_loss", "dur", perhaps "valid_loss",
        "valid_score" and numbers that `callbacks` record, of every finished epoch.
        Losses are ``sum(w l) / sum(w)`` over the series, "lr" is the learning rate with
        which the epoch began. :class:`ckts.plotting.HistoryDisplay` draws them.
    max_epochs_, weight_decay_, observation_dropout_, scales_ : int, float, float, str
        What "auto" chose.
    n_iter_ : int
        Number of finished epochs of the net that has most.
    """

    history_: list[dict]
    max_epochs_: int
    n_iter_: int

    def _make_net(
        self,
        n_outputs: int,
        training: AnyDataset,
        *,
        n_networks: int,
        generator: np.random.RandomState,
        watch: Sequence = (),
        train_split: Callable | None = None,
    ) -> PanelNet:
        batch_size = self.batch_size
        if isinstance(batch_size, str):  # "auto"
            batch_size = automatic_batch_size(training.lengths, self.hidden_channels)
        n_steps, given = training.n_batches(batch_size), self.max_epochs
        epochs = choose_epochs(n_steps, n_networks, training.lengths)
        self.max_epochs_ = max_epochs = epochs if isinstance(given, str) else given
        net_class = DataParallelNet if self._processes.n_processes > 1 else PanelNet
        return net_class(
            **self._network_arguments(training, n_outputs),
            **optimizer_arguments(self.optimizer, self.device_, self.weight_decay_),
            lr=self.lr,
            max_epochs=max_epochs,
            criterion=self._loss(),
            criterion__reduction="none",
            batch_size=int(batch_size),
            callbacks=[
                ("clipping", WeightedClipping(1.0)),
                ("learning_rate", LearningRate()),
                *watch,
                *schedule_callbacks(  # behind what records the score of an epoch
                    self.lr_schedule,
                    n_steps * max_epochs + 1,
                    monitor=dict(watch)["stopping"].monitor if watch else "train_loss",
                ),
                *([("bar", EpochBar(type(self).__name__))] if self._shows(1) else []),
                *user_callbacks(self),
            ],
            callbacks__print_log=None,
            device=self.device_,
            amp=self.amp,
            verbose=0,
            seed=generator.randint(np.iinfo(np.int32).max),
            train_split=train_split,
        )

    def _train(
        self,
        net: PanelNet,
        training: AnyDataset,
        checkpoint: AbstractCheckpoint,
    ) -> None:
        """Train, and keep of the net what predicts."""
        before = self.history_
        number = before[-1]["network"] + 1 if before else 0
        with self._limit_threads(training, net):
            checkpoint.attach(net, number)
            net.initialize()
            largest = net.planner_.largest
            if isinstance(training, DiskDataset):  # its batches do not come again
                net.planner_.largest = 0
            try:
                if not checkpoint.recall(net, number):
                    net.partial_fit(training)
                    checkpoint.finish(net)
            finally:
                epochs = net.finished_epochs()
                self.n_iter_ = max(self.n_iter_, len(epochs))
                numbered = [{"network": number, **epoch} for epoch in epochs]
                self.history_ = before + numbered
                net.planner_.largest = largest
                net.trim_for_prediction()
        if not np.isfinite(self.history_[-1]["train_loss"]):
            warn(
                f"The training diverged: its loss is {self.history_[-1]['train_loss']}."
                f" Predictions mean nothing. Use a smaller `lr` than {net.lr}.",
                ConvergenceWarning,
            )

    def _network_arguments(self, training: AnyDataset, n_outputs: int) -> dict:
        """Collect the arguments of the network, by its own names, for skorch."""
        time, sample = self.statistics_.time, training.sample()
        static = sample.static
        known = {
            **self.get_params(deep=False),
            **{name: getattr(self, f"{name}_") for name in AUTOMATIC},
            **vars(time),
            "n_bins": choose_bins(training.lengths),
            "time_step": time.time_step.tolist(),
            "burst_time_step": time.bursts and time.bursts.time_step,
            "burst_horizon": time.bursts and time.bursts.horizon,
            "in_channels": len(self._channels),
            "n_outputs": n_outputs,
            "n_static": 0 if static is None else static.shape[1],
            "dtype": self._dtype,
        }
        module = chosen_network(self)
        taken = {name: known[name] for name in accepted(module, list(known))}
        if time.known and accepted(module, ["grid_step"]):
            taken["grid_step"] = learn_grid_step(sample, time.row_time_step)
        taken |= self.network_params or {}
        return {"module": module, **{f"module__{k}": v for k, v in taken.items()}}

    def _joins(self) -> bool:
        """Tell whether CKRocket is joined."""
        return self.rocket and chosen_network(self) is GatedCKCNN

    def _limit_threads(self, dataset: AnyDataset, net: PanelNet):
        """Let torch use as many threads as a typical batch is worth."""
        n_rows = net.batch_size * dataset.lengths.mean() if len(dataset) else 0
        n_processes = self._processes.n_local
        return limit_threads(self.n_jobs, n_rows * net.width, n_processes)

    @property
    def _processes(self) -> AbstractProcesses:
        """Those with whom to train, as far as they are connected now."""
        return find_processes(self.data_parallel)

    def _shows(self, level: int) -> bool:
        """Whether `fit` is to show what has this level; one process does for all."""
        return super()._shows(level) and self._processes.rank == 0
