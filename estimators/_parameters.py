"""Checks of the estimators' parameters: at `fit`, before anything else."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from ckts._checks import (
    check_bool,
    check_choice,
    check_interval,
    check_parameters,
    check_positive,
    check_size,
)
from ckts.estimators._early_stopping import check_scoring
from ckts.kernels import KERNELS
from ckts.layers import QUADRATURES

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def check_estimator(estimator: Any) -> None:
    """Refuse parameters that are not as the estimator's docstring has them."""
    for name in ("max_epochs", "hidden_channels", "n_blocks", "n_iter_no_change"):
        check_size(name, getattr(estimator, name))
    for name in ("causal", "early_stopping"):
        check_bool(name, getattr(estimator, name))
    for name in ("dropout", "observation_dropout", "validation_fraction"):
        check_interval(name, getattr(estimator, name), 0, 1)
    check_positive("lr", estimator.lr)
    check_interval("weight_decay", estimator.weight_decay, 0, np.inf)
    check_choice("quadrature", estimator.quadrature, QUADRATURES)
    check_choice("dtype", estimator.dtype, tuple(DTYPES))
    _check_kernel(estimator.kernel, estimator.kernel_params)
    _check_batch_size(estimator.batch_size)
    _check_verbose(estimator.verbose)
    _check_callbacks(estimator.callbacks)
    check_scoring(estimator.scoring)


def _check_kernel(kernel: Any, params: Any) -> None:
    check_choice("kernel", kernel, tuple(KERNELS))
    if params is None:
        return
    if not isinstance(params, Mapping):
        raise TypeError(
            f"`kernel_params` must be a dict or None; got {params!r}. Write for "
            'example {"omega_0": 20.0}.'
        )
    check_parameters("kernel_params", params, KERNELS[kernel])


def _check_batch_size(batch_size: Any) -> None:
    if isinstance(batch_size, str) and batch_size == "auto":
        return
    check_size("batch_size", batch_size)


def _check_verbose(verbose: Any) -> None:
    """Refuse what is neither an integer from 0 nor a bool, which is one."""
    if not hasattr(verbose, "__index__") and not isinstance(verbose, np.bool_):
        raise TypeError(f"`verbose` must be an integer; got {verbose!r}. Use 0 or 1.")
    if verbose < 0:
        raise ValueError(
            f"`verbose` must be 0, which is silent, or larger; got {verbose!r}. Use 0 "
            "or 1."
        )


def _check_callbacks(callbacks: Any) -> None:
    """Refuse what is no list of skorch callbacks, alone or as (name, callback)."""
    if callbacks is None:
        return
    items = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    ends = [item[-1] if isinstance(item, tuple) and item else item for item in items]
    odd = [end for end in ends if not isinstance(end, Callback)]
    if odd or not isinstance(callbacks, (list, tuple)):
        raise TypeError(
            f"`callbacks` must be a list of skorch callbacks; got {callbacks!r}. "
            "Write for example [skorch.callbacks.Checkpoint()]."
        )


def resolve_device(device: Any) -> str:
    """Return the device to train on, or refuse one that is not here."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).cpu()  # "meta" computes nothing to bring back
    except (AssertionError, RuntimeError, TypeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ValueError(
            f"`device` must be 'auto' or a device that torch has here; got {device!r}. "
            f"torch says: {reason}"
        ) from None
    return str(device)


def automatic_batch_size(n_series: int) -> int:
    """Choose a power of two between 8 and 64 that gives about 40 steps per epoch."""
    return int(2 ** np.clip(np.round(np.log2(max(n_series, 1) / 40)), 3, 6))
