"""The state of a training as plain values, and a net that goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from ckts.estimators.training.net import PanelNet

# Classes of values that `torch.load(weights_only=True)` reads without running code.
PLAIN = (type(None), bool, int, float, str)


def as_plain(value: Any) -> Any:
    """Convert a value to plain numbers, texts, containers and tensors on the CPU.

    Parameters
    ----------
    value : object
        Scalars and arrays of numpy become numbers and lists, mappings dicts, tuples
        lists.

    Raises
    ------
    TypeError
        If it is, or holds, something else.
    """
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if type(value) in PLAIN:
        return value
    if isinstance(value, Mapping):
        return {as_plain(key): as_plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(part) for part in value]
    raise TypeError(f"`value` must be plain; got {value!r}.")


def plain_parts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert those entries that are plain; objects with a `state_dict` give that."""
    found = {}
    for name, value in values.items():
        try:
            found[name] = as_plain(value)
        except TypeError:
            if hasattr(value, "state_dict") and not isinstance(value, type):
                found[name] = plain_parts(value.state_dict())
    return found


def capture_trained(net: PanelNet) -> dict[str, Any]:
    """Return what predicts, and the record, of a net that was trained.

    Returns
    -------
    dict
        Plain values. The tensors may be those of the net.
    """
    return {
        "module": as_plain(net.module_.state_dict()),
        "mesh_steps": as_plain(net.planner_.steps()),
        "history": net.finished_epochs(),
        "n_steps": net.n_steps_,
        "n_calls": net.n_calls_,
    }


def capture(net: PanelNet) -> dict[str, Any]:
    """Return the state of a net between two epochs, from which it can go on.

    Random numbers need none: they follow from the seed and from counts.

    Returns
    -------
    dict
        Plain values. The tensors may be those of the net, which go on changing.
    """
    states = {name: callback_state(one) for name, one in net.callbacks_}
    return {
        **capture_trained(net),
        "history": [_plain_row(row) for row in net.history],
        "optimizer": as_plain(net.optimizer_.state_dict()),
        "scaler": net.scaler_ and net.scaler_.state_dict(),
        "callbacks": {k: v for k, v in states.items() if v is not None},
    }


def restore(net: PanelNet, state: Mapping[str, Any]) -> None:
    """Give a net that was just initialized a state that was captured."""
    net.module_.load_state_dict(state["module"])
    net.planner_.set_steps(state["mesh_steps"])
    net.history.extend(state["history"])
    net.n_steps_, net.n_calls_ = state["n_steps"], state["n_calls"]
    if "optimizer" in state:
        net.optimizer_.load_state_dict(state["optimizer"])
        if net.scaler_ is not None:
            net.scaler_.load_state_dict(state["scaler"])
        for name, callback in net.callbacks_:
            if name in state["callbacks"]:
                _restore_callback(callback, state["callbacks"][name])


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the record of an epoch; others may have added what is not plain."""
    batches = [plain_parts(batch) for batch in row["batches"]]
    return {**plain_parts(row), "batches": batches}


def callback_state(callback: Callback) -> dict[str, Any] | None:
    """Return what a callback has learned so far, or None if nobody can tell.

    skorch's callbacks and ours keep it in attributes whose names end with "_"; others
    tell it by `state_dict` and take it back by `load_state_dict`.
    """
    if hasattr(callback, "state_dict"):
        try:
            return as_plain(callback.state_dict())
        except TypeError:
            return None
    if type(callback).__module__.partition(".")[0] not in ("ckts", "skorch"):
        return None
    return plain_parts({k: v for k, v in vars(callback).items() if k.endswith("_")})


def _restore_callback(callback: Callback, state: Mapping[str, Any]) -> None:
    if hasattr(callback, "load_state_dict"):
        callback.load_state_dict(state)
        return
    for name, value in state.items():
        part: Any = getattr(callback, name, None)
        if hasattr(part, "load_state_dict"):  # the schedule of learning rates
            part.load_state_dict(value)
        else:
            setattr(callback, name, value)
