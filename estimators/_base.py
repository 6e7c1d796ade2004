"""What classifier and regressor share: from a panel to a trained skorch net."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    check_is_fitted,
    validate_data,
)
from skorch.callbacks import LRScheduler
from skorch.helper import predefined_split

from ckts.estimators._clock import Clock, check_clock
from ckts.estimators._early_stopping import split_series, watchers
from ckts.estimators._input import groups_of, is_table, named, weights_of
from ckts.estimators._net import (
    EpochBar,
    PanelDataset,
    PanelNet,
    WeightedClipping,
    prediction_batches,
    training_batches,
)
from ckts.estimators._parameters import (
    DTYPES,
    automatic_batch_size,
    check_estimator,
    resolve_device,
)
from ckts.estimators._statistics import learn_statistics
from ckts.estimators._tensors import PanelTensors
from ckts.estimators._time import set_apart, warn_of_unknown_time
from ckts.networks import GatedCKCNN
from ckts.panel import Panel, as_known, as_panel, check_same_order, hide_after


class AbstractCKCNN(BaseEstimator):
    """Everything but the target: parameters, input, training, prediction."""

    _fitted_on_table: bool
    feature_names_in_: np.ndarray

    def __init__(
        self,
        *,
        max_epochs,
        lr,
        batch_size,
        weight_decay,
        hidden_channels,
        n_blocks,
        dropout,
        observation_dropout,
        kernel,
        kernel_params,
        causal,
        quadrature,
        landmark,
        device,
        dtype,
        early_stopping,
        validation_fraction,
        n_iter_no_change,
        scoring,
        callbacks,
        verbose,
        random_state,
    ):
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.hidden_channels = hidden_channels
        self.n_blocks = n_blocks
        self.dropout = dropout
        self.observation_dropout = observation_dropout
        self.kernel = kernel
        self.kernel_params = kernel_params
        self.causal = causal
        self.quadrature = quadrature
        self.landmark = landmark
        self.device = device
        self.dtype = dtype
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.scoring = scoring
        self.callbacks = callbacks
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self):
        """Declare what `X` may be: panels, 3-D and 2-D arrays, with NaN."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

    def _check_panel(self, X, *, reset: bool) -> Panel:
        """Convert `X`, and learn or check its channels, static features and times."""
        if not isinstance(X, Panel):  # scikit-learn drops masks and xarray's times
            X = as_known(X)
        table = is_table(X)
        if table and (reset or self._fitted_on_table):
            # Feature names, counts and all complaints are those of scikit-learn.
            frame = hasattr(X, "columns")
            rules = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
            rules = {"skip_check_array": True} if frame else rules
            X = validate_data(self, X, reset=reset, **rules)
        panel = as_panel(X)
        if reset:
            self._fitted_on_table, self._landmark = table, self.landmark
            self._learn_interface(panel, table)
            panel = hide_after(panel, self._landmark, self.time_scale_)
            self._clock = Clock.of(panel)
        else:
            self._check_interface(panel)
            panel = hide_after(panel, self._landmark, self.time_scale_)
            wide = table and hasattr(X, "columns")
            check_clock(self._clock, panel, wide=wide, stacklevel=4)
        return panel

    def _learn_interface(self, panel: Panel, table: bool) -> None:
        self._n_channels = panel.in_channels
        self.time_scale_ = panel.time_scale
        self.static_names_ = panel.static_names
        if table:
            return
        self.n_features_in_ = panel.in_channels
        if hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if named(panel):
            self.feature_names_in_ = np.array(panel.channels, dtype=object)

    def _check_interface(self, panel: Panel) -> None:
        seen = [] if self._fitted_on_table else getattr(self, "feature_names_in_", [])
        if len(seen) and named(panel) and list(seen) != list(panel.channels):
            raise ValueError(
                "`X` must have the channels of fit in their order; "
                f"{_difference(list(seen), list(panel.channels))}. In a table with one "
                "column per channel select `model.feature_names_in_`; in one with a "
                "row per measurement make the channel column categorical with these "
                "categories."
            )
        if panel.in_channels != self._n_channels:
            raise ValueError(
                f"`X` must have {self._n_channels} channels as in fit; got "
                f"{panel.in_channels}. Select the channels that were there in fit."
            )
        if panel.static_names != self.static_names_:
            raise ValueError(
                f"`X` must have the static features of fit, {list(self.static_names_)};"
                f" got {list(panel.static_names)}. Set them with "
                "`panel.with_static(static, names)`."
            )

    def _fit(self, X, y, sample_weight, groups):
        """Fit a copy and become it: a fit that fails leaves the model as it was."""
        fresh = copy.copy(self)
        fresh.__dict__.pop("net_", None)
        try:
            fresh._learn(X, y, sample_weight, groups)
        except KeyboardInterrupt:
            n_steps = fresh.net_.n_steps_ if hasattr(fresh, "net_") else 0
            if n_steps:  # what was learned up to then can be used
                self.__dict__ = fresh.__dict__
            _report_interrupt(n_steps, self)
            raise
        self.__dict__ = fresh.__dict__
        return self

    def _learn(self, X, y, sample_weight, groups) -> None:
        """Check everything, learn the statistics, then train."""
        self._check_parameters()
        panel = self._check_panel(X, reset=True)
        check_same_order("y", y, panel)
        check_same_order("sample_weight", sample_weight, panel)
        check_same_order("groups", groups, panel)
        y = self._check_y(y, len(panel))
        given = weights_of(sample_weight, len(y))
        weight = self._weigh(given / given.max(), y)
        groups = groups_of(groups, len(panel))
        used = np.flatnonzero(weight > 0)  # a weight of 0 is as good as absent
        panel, y, weight = panel[used], y[used], weight[used]
        target, n_outputs = self._encode(y, weight)
        generator = check_random_state(self.random_state)
        train, valid = self._split(
            target, None if groups is None else groups[used], generator
        )
        self.device_ = resolve_device(self.device)
        self._dtype = DTYPES[self.dtype]
        self.statistics_ = learn_statistics(panel[train], weight[train])
        self.time_step_ = self.statistics_.time.time_step
        self.resolution_ = self.statistics_.time.resolution
        self.horizon_ = self.statistics_.time.horizon
        training, validation = (
            self._dataset(panel[part], target[part], weight[part])
            for part in (train, valid)
        )
        seed = generator.randint(np.iinfo(np.int32).max)
        given = given[used]  # without the weights of classes
        uneven = given.min() < given.max()
        watch = watchers(self, panel[valid], y[valid], given[valid] if uneven else None)
        self._train(training, validation, n_outputs, watch, seed)

    def _check_parameters(self) -> None:
        check_estimator(self)

    def _weigh(self, weight: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the weights, the largest of which is 1: only their ratios count."""
        return weight

    def _split(self, target: np.ndarray, groups, generator) -> tuple:
        """Split off validation series where early stopping wants them."""
        if not self.early_stopping:
            return np.arange(len(target)), np.arange(0)
        return split_series(
            len(target),
            self.validation_fraction,
            generator,
            classes=self._strata(target),
            groups=groups,
        )

    def _strata(self, target: np.ndarray) -> np.ndarray | None:
        return None

    def _dataset(self, panel: Panel, target=None, weight=None) -> PanelDataset:
        """Standardize a panel with the statistics of the training data."""
        time_factor = panel.time_scale.factor_to(self.time_scale_)
        if not self.statistics_.time.known and len(panel):
            panel, time_factor = set_apart(panel), 1.0
        tensors = PanelTensors(
            panel,
            standardize=self.statistics_.values.standardize,
            static=self.statistics_.prepare_static(panel.static),
            time_factor=time_factor,
            dtype=self._dtype,
        )
        if target is None:
            return PanelDataset(tensors)
        target = torch.as_tensor(target)
        target = target.to(self._dtype) if target.is_floating_point() else target
        return PanelDataset(tensors, target, weight)

    def _train(
        self,
        train: PanelDataset,
        valid: PanelDataset,
        n_outputs: int,
        watch: list,
        seed: int,
    ) -> None:
        batch_size = self.batch_size
        if batch_size == "auto":
            batch_size = automatic_batch_size(len(train))
        net = self._make_net(batch_size, n_outputs, len(train), valid, watch, seed)
        self.net_ = net.initialize()
        try:
            net.partial_fit(train)
        finally:
            self._finish()
        if not np.isfinite(self.history_[-1]["train_loss"]):
            warnings.warn(
                f"The training diverged: its loss is {self.history_[-1]['train_loss']}."
                f" Predictions mean nothing. Use a smaller `lr` than {self.lr}.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _finish(self) -> None:
        """Keep what was recorded, and of the net what predicts."""
        self.history_ = self.net_.finished_epochs()
        self.n_iter_ = len(self.history_)
        self.net_.check_mesh()
        self.net_.trim_for_prediction()

    def _make_net(
        self,
        batch_size: int,
        n_outputs: int,
        n_train: int,
        valid: PanelDataset,
        watch: list,
        seed: int,
    ) -> PanelNet:
        criterion, settings = self._loss()
        return PanelNet(
            GatedCKCNN,
            **{f"module__{k}": v for k, v in self._module(n_outputs).items()},
            criterion=criterion,
            **{f"criterion__{k}": v for k, v in settings.items()},
            criterion__reduction="none",
            optimizer=torch.optim.AdamW,
            optimizer__weight_decay=self.weight_decay,
            lr=self.lr,
            max_epochs=self.max_epochs,
            batch_size=batch_size,
            iterator_train=training_batches,
            iterator_valid=prediction_batches,
            train_split=predefined_split(valid) if len(valid) else None,
            callbacks=self._make_callbacks(-(-n_train // batch_size), watch),
            callbacks__print_log=None,
            device=self.device_,
            verbose=0,
            seed=seed,
        )

    def _module(self, n_outputs: int) -> dict:
        """Arguments of the network."""
        statistics, units = self.statistics_, self.statistics_.time
        return {
            "in_channels": len(statistics.values.center),
            "n_outputs": n_outputs,
            "n_static": statistics.n_static,
            "hidden_channels": self.hidden_channels,
            "n_blocks": self.n_blocks,
            "dropout": self.dropout,
            "observation_dropout": self.observation_dropout,
            "kernel": self.kernel,
            "kernel_params": self.kernel_params,
            "causal": self.causal,
            "quadrature": self.quadrature,
            "horizon": units.horizon,
            "time_step": units.time_step.tolist(),
            "row_time_step": units.row_time_step,
            "resolution": units.resolution,
            "row_resolution": units.row_resolution,
            "burst_time_step": units.bursts and units.bursts.time_step,
            "burst_horizon": units.bursts and units.bursts.horizon,
            "dtype": self._dtype,
        }

    def _make_callbacks(self, n_batches: int, watch: list) -> list:
        schedule = LRScheduler(
            torch.optim.lr_scheduler.OneCycleLR,
            step_every="batch",
            max_lr=self.lr,
            # one more than there are: torch counts the step after the last batch
            total_steps=n_batches * self.max_epochs + 1,
        )
        callbacks = [
            ("schedule", schedule),
            ("clipping", WeightedClipping(1.0)),
            *watch,
        ]
        if self.verbose:
            callbacks.append(("bar", EpochBar(type(self).__name__)))
        return callbacks + list(self.callbacks or [])

    def _predict_raw(self, X) -> np.ndarray:
        """Compute the outputs of the network, float64, shape (n_series, n_outputs)."""
        check_is_fitted(self, "net_")
        panel = self._check_panel(X, reset=False)
        if not self.statistics_.time.known and Clock.of(panel).n_gaps:
            warn_of_unknown_time()
        return self.net_.outputs(self._dataset(panel))


def _difference(expected: list, found: list) -> str:
    """Say which names are missing, which are new, or that the order is another."""
    missing = [name for name in expected if name not in found]
    new = [name for name in found if name not in expected]
    parts = [f"missing are {missing}"] if missing else []
    parts += [f"unknown are {new}"] if new else []
    return " and ".join(parts) or f"got the order {found} instead of {expected}"


def _report_interrupt(n_steps: int, model: AbstractCKCNN) -> None:
    """Say how far a training came until Ctrl-C."""
    if n_steps:
        epoch = f"in epoch {model.n_iter_ + 1} of {model.max_epochs}"
        if model.n_iter_ == model.max_epochs:
            epoch = f"after the last of {model.max_epochs} epochs"
        found = (
            f"{epoch}, after {n_steps} step{'s' if n_steps > 1 else ''}. The model "
            "holds what it learned up to then; `n_iter_` and `history_` count finished "
            "epochs."
        )
    else:
        found = "before its first step. The model is as it was before."
    message = f"The training was interrupted {found}"
    warnings.warn(message, ConvergenceWarning, stacklevel=4)
