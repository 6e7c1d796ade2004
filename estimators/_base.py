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
from sklearn.utils.validation import check_is_fitted, validate_data
from skorch.callbacks import LRScheduler
from skorch.helper import predefined_split

from ckts.estimators._batches import PanelDataset, learn_statistics
from ckts.estimators._early_stopping import split_series, watchers
from ckts.estimators._input import groups_of, is_table, weights_of
from ckts.estimators._net import EpochBar, PanelNet, WeightedClipping
from ckts.estimators._optimizer import FUSED, LeanAdamW
from ckts.estimators._parameters import AbstractParameters, resolve_device
from ckts.estimators._threads import limit_threads
from ckts.estimators._time import Clock, check_clock
from ckts.networks import GatedCKCNN
from ckts.panel import Panel, as_known, as_panel, check_same_order, hide_after

# Numbers of a hidden layer, batch x time x channels.
LARGEST_LAYER = 2**23


class AbstractCKCNN(AbstractParameters):
    """Everything but the target: input, training, prediction.

    Attributes
    ----------
    n_features_in_ : int
        Channels; for 2-D tables, which are one channel, the number of steps.
    feature_names_in_ : ndarray of str
        Names of the channels, if they have any.
    time_scale_ : TimeScale
        Kind and unit of the time stamps. `predict` converts what is convertible.
    time_step_ : ndarray of shape (in_channels,)
        Typical gap of each channel, in the unit of `time_scale_`: the gap of weight 1.
        1 where no series has two different time stamps.
    resolution_ : float
        Shortest time that the kernels resolve, same unit.
    horizon_ : float
        Longest time span of a training series, same unit, of which a gap counts up to
        ten times a typical long gap. Longer lags fade out.
    statistics_ : PanelStatistics
        All that was learned before training: units of time, bursts, center and scale
        of channels and static features. See the guide, "What fit learns".
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

    _fitted_on_table: bool
    feature_names_in_: np.ndarray

    def __sklearn_tags__(self):
        """Declare what `X` may be: panels, 3-D and 2-D arrays, with NaN."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

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

    def _check_panel(self, X, *, reset: bool) -> Panel:
        """Convert `X`, and learn or check its channels, static features and times."""
        if not isinstance(X, Panel):  # scikit-learn drops masks and xarray's times
            X = as_known(X)
        table = is_table(X)
        frame = table and hasattr(X, "columns")
        if table and (reset or self._fitted_on_table):
            # Feature names, counts and messages are those of scikit-learn.
            rules = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
            rules = {"skip_check_array": True} if frame else rules
            X = validate_data(self, X, reset=reset, **rules)
        panel = as_panel(X)
        if reset:
            self._fitted_on_table, self._landmark = table, self.landmark
            self._learn_interface(panel)
        else:
            self._check_interface(panel)
        panel = hide_after(panel, self._landmark, self.time_scale_)
        if reset:
            self._clock = Clock.of(panel)
        else:
            known = self.statistics_.time.known
            check_clock(self._clock, panel, known=known, wide=frame)
        return panel

    def _learn_interface(self, panel: Panel) -> None:
        self._channels = panel.channels
        self.time_scale_ = panel.time_scale
        self.static_names_ = panel.static_names
        if self._fitted_on_table:
            return
        self.n_features_in_ = len(panel.channels)
        self.__dict__.pop("feature_names_in_", None)
        if _named(panel.channels):
            self.feature_names_in_ = np.array(panel.channels, dtype=object)

    def _check_interface(self, panel: Panel) -> None:
        known, channels = self._channels, panel.channels
        if _named(known) and _named(channels) and known != channels:
            raise ValueError(
                "`X` must have the channels of fit in their order; "
                f"{_difference(known, channels)}. In a table with one "
                "column per channel select `model.feature_names_in_`; in one with a "
                "row per measurement make the channel column categorical with these "
                "categories."
            )
        if len(channels) != len(known):
            raise ValueError(
                f"`X` must have {len(known)} channels as in fit; got "
                f"{len(channels)}. Select the channels that were there in fit."
            )
        if panel.static_names != self.static_names_:
            raise ValueError(
                f"`X` must have the static features of fit, {list(self.static_names_)};"
                f" got {list(panel.static_names)}. Set them with "
                "`panel.with_static(static, names)`."
            )

    def _learn(self, X, y, sample_weight, groups) -> None:
        """Check everything, learn the statistics, then train."""
        self._check_parameters()
        panel = self._check_panel(X, reset=True)
        given = {"y": y, "sample_weight": sample_weight, "groups": groups}
        for name, array in given.items():
            check_same_order(name, array, panel)
        n_series = len(panel)
        y = self._check_y(y, n_series)
        own_weight = weights_of(sample_weight, n_series)  # without those of classes
        groups = groups_of(groups, n_series)
        weight = self._weigh(own_weight / own_weight.max(), y)
        used = np.flatnonzero(weight > 0)  # a weight of 0 is as good as absent
        y, weight, own_weight = y[used], weight[used], own_weight[used]
        target, n_outputs = self._encode(y, weight)
        generator = check_random_state(self.random_state)
        train, valid = np.arange(len(used)), None
        if self.early_stopping:
            train, valid = split_series(
                len(used),
                self.validation_fraction,
                generator,
                classes=target if is_classifier(self) else None,
                groups=None if groups is None else groups[used],
            )
        self.device_ = resolve_device(self.device)
        self._dtype = getattr(torch, self.dtype)
        # A panel is copied by slicing: only where series are left out, and only once.
        series = panel if len(train) == n_series else panel[used[train]]
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
            uneven = own_weight.min() < own_weight.max()
            scored = own_weight[valid] if uneven else None
            watch = watchers(self, series, y[valid], scored)
        seed = generator.randint(np.iinfo(np.int32).max)
        net = self._make_net(training, n_outputs, watch, train_split=split, seed=seed)
        self._train(net, training)

    def _weigh(self, weight: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the weights, the largest of which is 1: only their ratios count."""
        return weight

    def _dataset(self, panel: Panel, **options) -> PanelDataset:
        """Standardize a panel with the statistics of the training data."""
        options["dtype"] = self._dtype
        return self.statistics_.dataset(panel, self.time_scale_, **options)

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


def _named(channels: tuple[str, ...]) -> bool:
    """Whether channels have other names than the default ones."""
    return channels != tuple(f"channel_{i}" for i in range(len(channels)))


def _difference(expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    """Say which names are missing, which are new, or that the order is another."""
    missing = [name for name in expected if name not in found]
    new = [name for name in found if name not in expected]
    parts = [f"missing are {missing}"] if missing else []
    parts += [f"unknown are {new}"] if new else []
    order = f"got the order {list(found)} instead of {list(expected)}"
    return " and ".join(parts) or order
