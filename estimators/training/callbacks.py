"""Callbacks of skorch that every training has, and which of a user's can work."""

from typing import Any

import torch
from skorch.callbacks import (
    BatchScoring,
    Callback,
    EpochScoring,
    InputShapeSetter,
    LoadInitState,
)
from tqdm.auto import tqdm

from ckts.estimators.training.early_stopping import watched


class WeightedClipping(Callback):
    """Clips the norm of a gradient at the mean weight of its batch.

    A series given twice brings two steps of at most the largest norm; given once with
    a weight of 2 it brings one step of at most twice that norm. A fixed largest norm
    would make all weights alike where gradients are long.

    Parameters
    ----------
    largest : float
        Largest norm of the gradient of a batch of weight 1.
    """

    def __init__(self, largest: float) -> None:
        self.largest = largest

    def on_grad_computed(self, net, batch, **kwargs):
        """Shorten the gradient where it is too long."""
        _, (_, weight) = batch
        # Not from skorch's `named_parameters`, which walks through the module anew.
        groups = net.optimizer_.param_groups
        parameters = (parameter for group in groups for parameter in group["params"])
        gradients = [one.grad for one in parameters if one.grad is not None]
        # As torch's `clip_grad_norm_`, which takes three times as long.
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        largest = self.largest * float(weight.mean())
        torch._foreach_mul_(gradients, (largest / (norm + 1e-6)).clamp(max=1))


class LearningRate(Callback):
    """Records the learning rate with which each epoch begins, as "lr"."""

    def on_epoch_begin(self, net, **kwargs):
        """Record it."""
        net.history.record("lr", float(net.optimizer_.param_groups[0]["lr"]))


class EpochBar(Callback):
    """One progress bar over the epochs, with the losses.

    Parameters
    ----------
    title : str
        Text in front of the bar.
    """

    def __init__(self, title: str) -> None:
        self.title = title

    def on_train_begin(self, net, **kwargs):
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", desc=self.title)

    def on_epoch_end(self, net, **kwargs):
        """Advance the bar."""
        names = ("train_loss", "valid_loss")
        losses = {name: net.history[-1].get(name) for name in names}
        shown = {name: f"{v:.4f}" for name, v in losses.items() if v is not None}
        self.bar_.set_postfix(shown, refresh=False)
        self.bar_.update(len(net.history) - self.bar_.n)  # resumed ones, too

    def on_train_end(self, net, **kwargs):
        """Close the bar."""
        self.bar_.close()
        del self.bar_


def user_callbacks(estimator: Any) -> list:
    """Return a user's callbacks; raise if they watch what is not recorded.

    Parameters
    ----------
    estimator : CKCNNClassifier or CKCNNRegressor
        With its parameters, which are as they must be.

    Returns
    -------
    list of callbacks, or of (name, callback)
    """
    given = list(estimator.callbacks or [])
    callbacks = [one[-1] if isinstance(one, tuple) else one for one in given]
    entry, _ = watched(estimator)
    for callback in callbacks:
        _check_needs(callback, callbacks)
        if isinstance(callback, EpochScoring | BatchScoring):
            _check_scoring(callback, bool(entry))
        _check_monitor(callback, {"", "valid_loss", entry} if entry else {""})
    return given


def _check_needs(callback: Callback, callbacks: list[Callback]) -> None:
    """Raise if a callback needs arrays, or another one that is not there."""
    if isinstance(callback, InputShapeSetter):
        raise ValueError(
            "`callbacks` must do without InputShapeSetter, which asks for the shape"
            " of an array; got one. Leave it out: networks are told `in_channels`."
        )
    if isinstance(callback, LoadInitState) and callback.checkpoint not in callbacks:
        raise ValueError(
            "`callbacks` must hold the checkpoint that LoadInitState reads; got "
            f"{[type(one).__name__ for one in callbacks]}. Use "
            "`callbacks=[checkpoint, LoadInitState(checkpoint)]`."
        )


def _check_monitor(callback: Callback, recorded: set[str]) -> None:
    """Raise if a callback reads an entry of the history that nothing records."""
    options = getattr(callback, "kwargs", {})  # those of a schedule
    for monitor in (getattr(callback, "monitor", None), options.get("monitor")):
        entry = str(monitor).removesuffix("_best")
        if entry in {"valid_loss", "valid_score"} - recorded:
            more = ', scoring="accuracy"' if entry == "valid_score" else ""
            instead = str(monitor).replace(entry, "train_loss")
            shown = f"{type(callback).__name__}(monitor={monitor!r})"
            raise ValueError(
                f"`callbacks` must watch what is recorded; got {shown}, and there is "
                f"no such entry. Use `early_stopping=True{more}`, or "
                f'`monitor="{instead}"`.'
            )


def _check_scoring(callback: EpochScoring | BatchScoring, validates: bool) -> None:
    """Raise unless a function scores series that are there."""
    shown, scoring = type(callback).__name__, callback.scoring
    if scoring is None or isinstance(scoring, str) or hasattr(scoring, "_score_func"):
        raise ValueError(
            "`callbacks` must score by a function `score(net, X, y)`, since a net has "
            f"outputs, not predictions; got {shown}(scoring={scoring!r}). Use "
            '`early_stopping=True, scoring="..."` of the estimator, which records '
            '"valid_score", or such a function; the guide, "Callbacks", has one.'
        )
    if not (callback.on_train or validates):
        raise ValueError(
            f"`callbacks` must score series that are there; got {shown}(on_train=False)"
            ", and none are set aside. Use `early_stopping=True`, or "
            f"`{shown}(..., on_train=True)`."
        )
