"""What classifier and regressor share: from a panel to joined models."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from math import ceil
from typing import ClassVar, Self

import numpy as np
import torch
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from skorch.helper import predefined_split

from ckts._warnings import warn
from ckts.estimators._from_disk import AbstractFromDisk
from ckts.estimators._interface import Training
from ckts.estimators._joining import (
    N_FOLDS,
    PRIOR_SHARE,
    OutOfFold,
    choose_share,
    mix,
)
from ckts.estimators._learned import (
    Fact,
    in_lines,
    in_words,
    learned_classes,
    learned_networks,
)
from ckts.estimators._parameters import resolve_device
from ckts.estimators._partitions import by_partitions
from ckts.estimators.preprocessing.batches import PanelDataset, learn_statistics
from ckts.estimators.preprocessing.labels import strata_of
from ckts.estimators.preprocessing.on_disk import SeriesOnDisk, load
from ckts.estimators.rocket.base import is_since, last_of_ties, observed_rows
from ckts.estimators.rocket.models import AbstractCKRocketModel
from ckts.estimators.training.callbacks import user_callbacks
from ckts.estimators.training.checkpoint import AbstractCheckpoint, keep_checkpoint
from ckts.estimators.training.continuing import Continuing, check_landmark
from ckts.estimators.training.digest import data_of
from ckts.estimators.training.early_stopping import split_series, watched, watchers
from ckts.estimators.training.net import PanelNet
from ckts.estimators.training.recipe import choose_recipe
from ckts.estimators.training.trained import AUTOMATIC
from ckts.panel import Panel, percent

# Parameters of the networks that are those of CKRocket, too.
SHARED = ("causal", "landmark", "device", "n_jobs")
# Random kernels that are joined, and those that only choose what is "auto".
MOST_KERNELS, FEW_KERNELS = 10_000, 1_000


class AbstractCKCNN(AbstractFromDisk):
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
    nets_ : list of skorch NeuralNet
        The trained nets, one, or one for each fold; the module of one is ``module_``.
    rocket_ : CKRocketClassifier or CKRocketRegressor
        The random kernels that are joined, if `rocket`.
    network_share_ : float
        The share of the networks in the mean of log-probabilities, or of targets, from
        0 to 1. The rest is that of `rocket_`.
    device_ : str
        Where it was trained.
    """

    _rocket_class: ClassVar[type[AbstractCKRocketModel]]
    nets_: list[PanelNet]

    @property
    def net_(self) -> PanelNet:
        """The first of the trained nets."""
        return self.nets_[0]

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
            Class labels of a classifier, for one output or several; numbers of a
            regressor, finite. One network serves all columns, and one share joins it
            with CKRocket.
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice, 0 like none; only ratios count.
            What is learned before the training and the gradient of an epoch are the
            same as with the series twice. With ``rocket=False`` the trained model is
            exactly the same where all series are in one batch, without dropout, hidden
            observations, early stopping and `causal`, which draw for each series.
            Elsewhere the batches are others, and ``batch_size="auto"``, and with it the
            number of steps, depends on the number of series whatever their weights.
        groups : array-like of shape (n_series,), optional
            What early stopping and folds must keep together, such as the patient of
            each record.

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
        fresh.__dict__.pop("nets_", None)
        fresh.__dict__.pop("_moments", None)
        before = self if self.warm_start and "nets_" in vars(self) else None
        try:
            fresh._learn(X, y, sample_weight, groups, before)
        except KeyboardInterrupt:
            found = "before its first step. The model is as it was before."
            nets = fresh.__dict__.get("nets_")
            if nets and nets[-1].n_steps_:
                self.__dict__ = fresh.__dict__
                net, number = nets[-1], len(nets)
                done = sum(row["network"] == number - 1 for row in self.history_)
                found = (
                    f"after step {net.n_steps_} of network {number}, with {done} of "
                    f"{net.max_epochs} epochs finished. The model holds what it "
                    "learned up to then, but for a later network that was not "
                    "finished; `history_` holds the finished epochs."
                )
            message = f"The training was interrupted {found}"
            warn(message, ConvergenceWarning)
            raise
        self.__dict__ = fresh.__dict__
        return self

    def _learn(self, X, y, sample_weight, groups, before: Self | None) -> None:
        """Check everything, then learn, or go on where a killed fit ended."""
        given = self._check_training(X, y, sample_weight, groups, reset=before is None)
        user_callbacks(self)  # raises before the time that kernels take
        if before is not None:
            self._recall_targets(before, whole=True)
        target, n_outputs = self._begin(given, before)
        processes = self._processes
        processes.check_same(partial(data_of, given, target))
        generator = processes.agree_on(check_random_state(self.random_state))
        opened = keep_checkpoint(self, generator, given, target, before, processes)
        with opened as (checkpoint, generator):
            train, valid = np.arange(len(given.used)), None
            if watched(self)[0]:
                train, valid = self._split(given, target, generator)
            part = given.take(train)
            learn = partial(self._learn_units, part, generator, before)
            predicted = processes.learn(self, generator, learn)
            if "rocket_" in vars(self):  # that of the first process
                self.rocket_.device_ = self.device_
            if self._shows(2):
                self._print_units(part, target[train])
            options = {} if valid is None else self._hold_out(given, target, valid)
            make = partial(self._make_net, n_outputs, generator=generator, **options)
            parts = part.panel, target[train], part.weight
            self._train_networks(make, *parts, predicted, checkpoint, before)
        if self._shows(2):
            print(in_lines("It trained", self._learned_training()))

    def _print_units(self, part: Training, target: np.ndarray) -> None:
        """Print what is known before the training."""
        facts = [*super()._learned(), *self._learned_recipe()]
        if is_classifier(self) and target.ndim == 1:
            facts.append(learned_classes(self.classes_, target, part.weight))
        title = f"{type(self).__name__} learned from {len(part.panel):,} series"
        print(in_lines(title, facts))

    def _learned(self) -> Iterator[Fact]:
        yield from super()._learned()
        if "nets_" in vars(self):
            yield from self._learned_recipe()
            yield from self._learned_training()

    def _learned_recipe(self) -> Iterator[Fact]:
        yield "chosen", in_words({n: getattr(self, f"{n}_") for n in AUTOMATIC})

    def _learned_training(self) -> Iterator[Fact]:
        yield from learned_networks(self.nets_)
        if "rocket_" in vars(self):
            share = self.network_share_
            left = percent(self.rocket_.unexplained_)
            words = f"networks {percent(share)}, random kernels {percent(1 - share)}"
            yield "joined", f"{words}; these leave {left} unexplained"

    def _begin(self, given: Training, before: Self | None) -> tuple[np.ndarray, int]:
        """Return encoded targets and the number of outputs; settle where to train."""
        if before is not None:
            check_landmark(self, before)
        self.device_, self._causal = resolve_device(self.device), self.causal
        self._dtype = getattr(torch, self.dtype)
        return self._encode(given.y, given.weight, keep=before is not None)

    def _recall_targets(self, before: Self | None, *, whole: bool, **given) -> None:
        """Raise if classes are others than those of the model before."""

    def _learn_units(
        self, part: Training, generator, before: Self | None
    ) -> OutOfFold | None:
        """Learn statistics, and random kernels; predict series by other folds."""
        if isinstance(part.panel, Panel):
            if before is None:
                self._set_units(learn_statistics(part.panel, part.weight))
            return self._fit_rocket(part, generator, before)
        sample, drawn = self._draw(part)
        if before is None:
            self._set_units(self._learn_in_passes(part, sample))
        else:
            self._compare_clocks(sample)
        predicted = self._fit_rocket(sample, generator, before)
        return predicted and predicted.among(drawn, len(part.panel), part.groups)

    def _split(
        self, given: Training, target: np.ndarray, generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw series for training, and those that early stopping watches."""
        fraction = self.validation_fraction
        # Of several outputs, what is frequent enough to be in both parts.
        least = ceil(1 / max(min(fraction, 1 - fraction), 1e-3))
        classes = strata_of(target, least) if is_classifier(self) else None
        return split_series(
            len(given.used), fraction, generator, classes=classes, groups=given.groups
        )

    def _hold_out(self, given: Training, target: np.ndarray, valid: np.ndarray) -> dict:
        """Return the validation series and what watches them, for a net."""
        held = given.take(valid)
        even = given.own_weight.min() == given.own_weight.max()
        weight = None if even else held.own_weight
        dataset = self._dataset(held.panel, target=target[valid], weight=held.weight)
        panel = held.panel if isinstance(held.panel, Panel) else held.panel.panel
        return {
            "train_split": predefined_split(dataset),
            "watch": watchers(self, panel, held.y, weight),
        }

    def _fit_rocket(
        self, given: Training, generator, before: Self | None
    ) -> OutOfFold | None:
        """Fit random kernels, by which "auto" is chosen, and which may be joined."""
        own = {name: getattr(self, name) for name in AUTOMATIC}
        recipe, predicted, joined = {}, None, self._joins()
        if before is not None:
            recipe = {name: getattr(before, f"{name}_") for name in AUTOMATIC}
        self.__dict__.pop("rocket_", None)
        if joined or (not recipe and "auto" in map(str, own.values())):
            rocket = self._rocket_class(
                **{name: getattr(self, name) for name in SHARED},
                n_kernels=MOST_KERNELS if joined else FEW_KERNELS,
                random_state=generator.randint(np.iinfo(np.int32).max),
            )
            parts = given.panel, given.y, given.weight, given.groups
            predicted = rocket._learn(*parts, self.statistics_, folded=joined)
            recipe = recipe or choose_recipe(rocket)
            if joined:
                self.rocket_ = rocket
        for name, value in own.items():
            chosen = recipe[name] if str(value) == "auto" else value
            setattr(self, f"{name}_", chosen)
        return predicted

    def _train_networks(
        self,
        make: Callable[..., PanelNet],
        panel: Panel | SeriesOnDisk,
        target: np.ndarray,
        weight: np.ndarray,
        predicted: OutOfFold | None,
        checkpoint: AbstractCheckpoint,
        before: Self | None,
    ) -> None:
        """Train one network, or one without each fold, and join them and CKRocket."""
        kept = [np.arange(len(panel))]
        if predicted is not None:
            kept = [np.flatnonzero(predicted.folds != fold) for fold in range(N_FOLDS)]
        trained: list[PanelNet] = []
        self.history_, self.n_iter_ = [], 0
        try:
            for rows in kept:
                series = panel if len(rows) == len(panel) else panel[rows]
                parts = {"target": target[rows], "weight": weight[rows]}
                training = self._dataset(series, **parts)
                net = make(training, n_networks=len(kept))
                if before is not None:
                    nets = before.nets_
                    Continuing(nets[len(trained) % len(nets)]).attach(net)
                self.nets_, self.network_share_ = [net], 1.0  # early stopping predicts
                self._train(net, training, checkpoint)
                trained.append(net)
        finally:
            if trained:  # one that was interrupted is no member of several
                self.nets_, finished = trained, len(trained)
                history = self.history_
                self.history_ = [one for one in history if one["network"] < finished]
            joined = "rocket_" in self.__dict__
            self.network_share_ = PRIOR_SHARE if joined else 1.0
            if joined and before is not None and "rocket_" in vars(before):
                self.network_share_ = before.network_share_
        finite = np.isfinite([row["train_loss"] for row in self.history_]).all()
        # If not finite, a warning said what to do. Networks that go on may have seen
        # what is left out now.
        if predicted is not None and finite and before is None:
            self.network_share_ = self._choose_share(predicted, panel, target, weight)

    def _choose_share(
        self,
        predicted: OutOfFold,
        panel: Panel | SeriesOnDisk,
        target: np.ndarray,
        weight: np.ndarray,
    ) -> float:
        """Choose the share of the networks by what they and CKRocket had not seen."""
        rocket = self._joinable(predicted.outputs, self.rocket_)
        networks = np.empty_like(rocket)
        folds = predicted.folds[predicted.series]
        for fold, net in enumerate(self.nets_):
            held = np.flatnonzero(folds == fold)
            dataset = self._dataset(load(panel[predicted.series[held]]))
            with self._limit_threads(dataset, net):
                networks[held] = self._joinable(net.outputs(dataset), self)
        target, weight = target[predicted.series], weight[predicted.series]

        def losses(share: float) -> np.ndarray:
            return self._losses(mix(rocket, networks, share), target)

        return choose_share(losses, weight)

    @by_partitions
    def _predict_raw(self, X) -> np.ndarray:
        """Compute the joined outputs, float64, shape (n_series, n_outputs)."""
        check_is_fitted(self, "nets_")
        panel = self._check_panel(X, reset=False)
        outputs = self._each_network(PanelNet.outputs, panel)
        return self._join(outputs, lambda: self.rocket_._predict_panel(panel))

    @by_partitions
    def _predict_raw_path(self, X, since=None) -> tuple[Panel, np.ndarray]:
        """Predict as of each observed row; return the panel of these rows, too.

        Since some time, in the unit of the stamps of `X`, if it is given.
        """
        check_is_fitted(self, "nets_")
        panel = self._check_panel(X, reset=False)
        # Networks see observations of one time as several, CKRocket as their mean.
        rows, last = observed_rows(panel), last_of_ties(panel)
        later = is_since(rows, since)
        paths = [path[last] for path in self._each_network(PanelNet.paths, panel)]
        joined = self._join(
            [path[later] for path in paths],
            lambda: self.rocket_._predict_panel_path(panel, since)[1],
        )
        return rows.keep_rows(later), joined

    def _each_network(
        self, predict: Callable[[PanelNet, PanelDataset], np.ndarray], panel: Panel
    ) -> list[np.ndarray]:
        """Predict by one network after the other."""
        dataset = self._dataset(panel)
        outputs = []
        for net in self.nets_:
            with self._limit_threads(dataset, net):
                outputs.append(predict(net, dataset))
        return outputs

    def _join(
        self, outputs: list[np.ndarray], rocket: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """Join the outputs of the networks, and those of CKRocket if it has a share."""
        share = self.network_share_
        if share == 1.0 and len(outputs) == 1:
            return outputs[0]
        networks = np.mean([self._joinable(one, self) for one in outputs], axis=0)
        if share == 1.0:
            return networks
        return mix(self._joinable(rocket(), self.rocket_), networks, share)
