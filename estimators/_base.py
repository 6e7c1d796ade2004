"""What classifier and regressor share: from a panel to a trained skorch net."""

from __future__ import annotations

import copy
import inspect
import warnings

import numpy as np
import torch
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import LRScheduler
from skorch.helper import predefined_split

from ckts.estimators._batches import PanelDataset, learn_statistics
from ckts.estimators._early_stopping import split_series, watchers
from ckts.estimators._interface import AbstractPanelEstimator
from ckts.estimators._net import EpochBar, PanelNet, WeightedClipping
from ckts.estimators._optimizer import FUSED, LeanAdamW
from ckts.estimators._parameters import AbstractParameters, resolve_device
from ckts.estimators._threads import limit_threads
from ckts.networks import GatedCKCNN

# Numbers of a hidden layer, batch x time x channels.
LARGEST_LAYER = 2**23


class AbstractCKCNN(AbstractParameters, AbstractPanelEstimator):
    """Everything but the target: input, training, prediction.

    Attributes
    ----------
    time_step_ : ndarray of shape (in_channels,)
        Typical gap of each channel, in the unit of `time_scale_`: the gap of weight 1.
        1 where no series has two different time stamps.
    resolution_ : float
        Shortest time that the kernels resolve, same unit.
    horizon_ : float
        Longest time span of a training series, same unit, of which a gap counts up to
        ten times a typical long gap. Longer lags fade out.
    history_ : list of dict
        "epoch", "train_loss", "dur" and perhaps "valid_loss" and "valid_score" of every
        finished epoch. Losses are ``sum(w l) / sum(w)`` over the series.
    net_ : skorch NeuralNet
        The trained net; its module is ``net_.module_``.
    device_ : str
        Where it was trained.
    n_iter_ : int
        Number of finished epochs.
    """

    def fit(self, X, y, sample_weight=None, groups=None):
        """Train on series with their classes or numbers.

        Ctrl-C ends the training with KeyboardInterrupt and a warning that tells how far
        it came; what was learned up to then can be used. A fit that fails leaves the
        model as it was, so that it predicts as before.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Class labels of a classifier, one per series; numbers of a regressor,
            finite.
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice, 0 like none; only ratios count.
            What is learned before the training and the gradient of an epoch are the
            same as with the series twice. The trained model is exactly the same where
            all series are in one batch, without dropout, hidden observations and
            early stopping, which draw for each series. Elsewhere the batches are
            others, and ``batch_size="auto"``, and with it the number of steps, depends
            on the number of series whatever their weights.
        groups : array-like of shape (n_series,), optional
            What early stopping must keep together, such as the patient of each record.

        Returns
        -------
        CKCNNClassifier or CKCNNRegressor
            The model itself.

        Raises
        ------
        ValueError, TypeError
            If an argument or a parameter is not as described; the message says how to
            put it right.
        """
        fresh = copy.copy(self)  # becomes the model when all went well
        fresh.__dict__.pop("net_", None)
        try:
            fresh._learn(X, y, sample_weight, groups)
        except KeyboardInterrupt:
            net = getattr(fresh, "net_", None)
            found = "before its first step. The model is as it was before."
            if net is not None and net.n_steps_:
                self.__dict__ = fresh.__dict__
                found = (
                    f"after step {net.n_steps_}, with {self.n_iter_} of "
                    f"{net.max_epochs} epochs finished. The model holds what it "
                    "learned up to then; `history_` holds the finished epochs."
                )
            message = f"The training was interrupted {found}"
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
            raise
        self.__dict__ = fresh.__dict__
        return self

    def _learn(self, X, y, sample_weight, groups) -> None:
        """Check everything, learn the statistics, then train."""
        given = self._check_training(X, y, sample_weight, groups)
        panel, used, weight = given.panel, given.used, given.weight
        target, n_outputs = self._encode(given.y, weight)
        generator = check_random_state(self.random_state)
        train, valid = np.arange(len(used)), None
        if self.early_stopping:
            train, valid = split_series(
                len(used),
                self.validation_fraction,
                generator,
                classes=target if is_classifier(self) else None,
                groups=given.groups,
            )
        self.device_ = resolve_device(self.device)
        self._dtype = getattr(torch, self.dtype)
        # A panel is copied by slicing: only where series are left out, and only once.
        series = panel if len(train) == len(panel) else panel[used[train]]
        self.statistics_ = learn_statistics(series, weight[train])
        time = self.statistics_.time
        self.time_step_, self.horizon_ = time.time_step, time.horizon
        self.resolution_ = time.resolution
        training = self._dataset(series, target=target[train], weight=weight[train])
        split, watch = None, []
        if valid is not None:
            series = panel[used[valid]]
            held = self._dataset(series, target=target[valid], weight=weight[valid])
            split = predefined_split(held)
            own = given.own_weight
            scored = own[valid] if own.min() < own.max() else None
            watch = watchers(self, series, given.y[valid], scored)
        seed = generator.randint(np.iinfo(np.int32).max)
        net = self._make_net(training, n_outputs, watch, train_split=split, seed=seed)
        self._train(net, training)

    def _make_net(
        self, training: PanelDataset, n_outputs: int, watch: list, **options
    ) -> PanelNet:
        n_series = len(training.lengths)
        batch_size = self.batch_size
        if isinstance(batch_size, str):  # "auto"
            batch_size = automatic_batch_size(training.lengths, self.hidden_channels)
        lr, max_epochs = self.lr, self.max_epochs
        schedule = LRScheduler(  # up to `lr` and down again, once
            torch.optim.lr_scheduler.OneCycleLR,
            step_every="batch",
            max_lr=lr,
            # one more than there are: torch counts the step after the last batch
            total_steps=-(-n_series // batch_size) * max_epochs + 1,
        )
        return PanelNet(
            GatedCKCNN,
            **self._network_arguments(training, n_outputs),
            lr=lr,
            max_epochs=max_epochs,
            criterion=self._loss(),
            criterion__reduction="none",
            optimizer=LeanAdamW,
            optimizer__fused=torch.device(self.device_).type in FUSED or None,
            optimizer__weight_decay=self.weight_decay,
            batch_size=int(batch_size),
            callbacks=[
                ("schedule", schedule),
                ("clipping", WeightedClipping(1.0)),
                *watch,
                *([("bar", EpochBar(type(self).__name__))] if self.verbose else []),
                *(self.callbacks or []),
            ],
            callbacks__print_log=None,
            device=self.device_,
            verbose=0,
            **options,
        )

    def _train(self, net: PanelNet, training: PanelDataset) -> None:
        """Train, and keep of the net what predicts."""
        with self._limit_threads(training, net):
            self.net_ = net.initialize()
            try:
                net.partial_fit(training)
            finally:
                self.history_ = net.finished_epochs()
                self.n_iter_ = len(self.history_)
                self.net_.trim_for_prediction()
        if not np.isfinite(self.history_[-1]["train_loss"]):
            warnings.warn(
                f"The training diverged: its loss is {self.history_[-1]['train_loss']}."
                f" Predictions mean nothing. Use a smaller `lr` than {net.lr}.",
                ConvergenceWarning,
                stacklevel=4,  # the caller of `fit`
            )

    def _network_arguments(self, training: PanelDataset, n_outputs: int) -> dict:
        """Collect the arguments of the network, by its own names, for skorch."""
        time, static = self.statistics_.time, training.static
        known = {
            **self.get_params(deep=False),
            **vars(time),
            "time_step": time.time_step.tolist(),
            "burst_time_step": time.bursts and time.bursts.time_step,
            "burst_horizon": time.bursts and time.bursts.horizon,
            "in_channels": len(self._channels),
            "n_outputs": n_outputs,
            "n_static": 0 if static is None else static.shape[1],
            "dtype": self._dtype,
        }
        taken = inspect.signature(GatedCKCNN).parameters
        return {f"module__{name}": known[name] for name in known if name in taken}

    def _predict_raw(self, X) -> np.ndarray:
        """Compute the outputs of the network, float64, shape (n_series, n_outputs)."""
        check_is_fitted(self, "net_")
        dataset = self._dataset(self._check_panel(X, reset=False))
        with self._limit_threads(dataset, self.net_):
            return self.net_.outputs(dataset)

    def _limit_threads(self, dataset: PanelDataset, net: PanelNet):
        """Let torch use as many threads as a typical batch is worth."""
        n_rows = net.batch_size * dataset.lengths.mean() if len(dataset) else 0
        return limit_threads(self.n_jobs, n_rows * net.module__hidden_channels)


def automatic_batch_size(lengths: np.ndarray, n_channels: int) -> int:
    """Choose a power of two between 8 and 64 that gives about 40 steps per epoch.

    Where series are long it is smaller: a hidden layer has at most 2**23 numbers, with
    which a step takes a gigabyte. Larger batches are no faster there.
    """
    wanted = np.round(np.log2(len(lengths) / 40))
    largest = np.log2(LARGEST_LAYER / (max(lengths.max(), 1) * n_channels))
    return int(2 ** np.clip(min(wanted, np.floor(largest)), 3, 6))
