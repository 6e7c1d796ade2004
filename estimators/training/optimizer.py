"""Optimizers and schedules of the learning rate."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from skorch.callbacks import LRScheduler
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    OneCycleLR,
    ReduceLROnPlateau,
)
from torch.optim.lr_scheduler import LRScheduler as Schedule

from ckts.estimators.training.signatures import accepted

# Where torch has the fused operation; other devices may lack it.
FUSED = ("cpu", "cuda")

# The published schedule of the CKConv paper (Table 8).
PLATEAU_DIVISOR, PLATEAU_PATIENCE = 5, 20


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """Take the wrapper off a method that would import torch's compiler."""
    return getattr(method, "__wrapped__", method)


class LeanAdamW(AdamW):
    """AdamW that does not import torch's compiler.

    Torch wraps these methods so that its compiler leaves them out. The wrappers import
    the compiler when they are first called: 1.1 to 1.9 s of every process that fits.
    With ``fused=True`` a step of a network of 33 small tensors takes 0.4 ms, else
    2.5 ms; results agree to rounding.
    """

    add_param_group = _plain(Optimizer.add_param_group)
    zero_grad = _plain(Optimizer.zero_grad)
    state_dict = _plain(Optimizer.state_dict)
    load_state_dict = _plain(Optimizer.load_state_dict)
    _step = _plain(AdamW.step)

    def step(self, closure: Any = None) -> Any:
        """Change the parameters by one step along their gradients."""
        with torch.no_grad():
            return self._step(closure)


def one_cycle(optimizer: Optimizer, total_steps: int) -> Schedule:
    """Raise the learning rate up to that of the optimizer, and lower it again, once."""
    known = optimizer.defaults
    return OneCycleLR(
        optimizer,
        max_lr=known["lr"],
        total_steps=total_steps,
        cycle_momentum=bool("betas" in known or known.get("momentum")),
    )


def cosine(optimizer: Optimizer, total_steps: int) -> Schedule:
    """Lower the learning rate from that of the optimizer to 0."""
    return CosineAnnealingLR(optimizer, T_max=total_steps)


SCHEDULES: dict[str, Callable[[Optimizer, int], Schedule]] = {
    "one_cycle": one_cycle,
    "cosine": cosine,
}


def schedule_callbacks(
    name: Any, total_steps: int, monitor: str = "train_loss"
) -> list[tuple[str, LRScheduler]]:
    """Make the callback that changes the learning rate after steps or epochs, if any.

    Parameters
    ----------
    name : {"one_cycle", "cosine", "plateau", "constant"} or callable
    total_steps : int
        How often the learning rate changes: one more than there are steps, as torch
        counts the step after the last batch.
    monitor : {"train_loss", "valid_loss", "valid_score"}, default="train_loss"
        What "plateau" watches; greater scores are better.
    """
    if name == "constant":
        return []
    if name == "plateau":
        return [("schedule", _plateau(monitor))]
    policy = partial(_start, name if callable(name) else SCHEDULES[name])
    callback = LRScheduler(policy, step_every="batch", total_steps=total_steps)
    return [("schedule", callback)]


def _plateau(monitor: str) -> LRScheduler:
    """Divide the learning rate when there was no improvement for some epochs."""
    return LRScheduler(
        ReduceLROnPlateau,
        monitor=monitor,
        mode="max" if monitor == "valid_score" else "min",
        factor=1 / PLATEAU_DIVISOR,
        patience=PLATEAU_PATIENCE,
        # Any improvement counts, as in early stopping; shares of negative scores would
        # take what is worse for one.
        threshold=0.0,
        threshold_mode="abs",
    )


def _start(
    make: Callable[[Optimizer, int], Schedule],
    optimizer: Optimizer,
    total_steps: int,
    last_epoch: int,
) -> Schedule:
    """Make a schedule: skorch adds the number of epochs before, of which none is."""
    schedule = make(optimizer, total_steps)
    if not hasattr(schedule, "step"):
        raise TypeError(
            "`lr_schedule` must return a schedule of torch; got "
            f"{type(schedule).__name__}. Return e.g. "
            "`torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)`."
        )
    return schedule


def optimizer_arguments(chosen: Any, device: str, weight_decay: float) -> dict:
    """Name an optimizer and what it takes, as skorch wants them.

    Parameters
    ----------
    chosen : "adamw" or callable
        A class of torch.optim, or a partial of one.
    device : str
    weight_decay : float
    """
    if not callable(chosen):
        fused = torch.device(device).type in FUSED or None
        chosen, own = LeanAdamW, {"optimizer__fused": fused}
    else:
        own = {}
    taken = {"optimizer": chosen, "optimizer__weight_decay": weight_decay, **own}
    if not accepted(chosen, ["weight_decay"]):
        del taken["optimizer__weight_decay"]
    return taken
