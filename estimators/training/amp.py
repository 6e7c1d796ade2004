"""Mixed precision: linear layers in half precision, what is delicate in full.

Parameters, losses, gradients and optimizer stay float32. Layers of `ckts` compute
kernels, transforms, quadrature weights and sums over time in float32 or more under
autocast, too, see `ckts.layers.CKConv`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

# torch begins with 65,536 and halves it at each overflow, which costs a fit of few
# hundred steps its first ones.
FIRST_SCALE = 1024.0
HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def check_amp(parameters: Any) -> None:
    """Raise if `amp` is neither False nor a type that autocast makes of `dtype`."""
    amp, dtype = parameters.amp, parameters.dtype
    if amp is not False and not (isinstance(amp, str) and amp in HALVES):
        names = " or ".join(f'"{one}"' for one in HALVES)
        raise ValueError(
            f"`amp` must be False, {names}; got {amp!r}. Write "
            'amp="bfloat16", whose gradients need no scaling.'
        )
    if amp and dtype == "float64":
        raise ValueError(
            f"`amp` must be False if dtype='float64'; got {amp!r}. Autocast leaves "
            "float64 as it is: take dtype='float32'."
        )


def autocast(amp: str | bool, device: Any) -> AbstractContextManager[Any]:
    """Return the context of a forward pass.

    Parameters
    ----------
    amp : {False, "bfloat16", "float16"}
    device : torch.device or str
    """
    if not isinstance(amp, str):
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=HALVES[amp])


def widen(outputs: Any) -> Any:
    """Convert outputs of half precision to float32: losses and ranks need its digits.

    Parameters
    ----------
    outputs : Tensor or anything else
        What a network gives.
    """
    half = isinstance(outputs, torch.Tensor) and outputs.dtype in HALVES.values()
    return outputs.float() if half else outputs


def make_scaler(amp: str | bool, device: Any) -> torch.amp.GradScaler | None:
    """Make what scales losses, so that gradients of float16 do not end at 6e-8.

    Parameters
    ----------
    amp : {False, "bfloat16", "float16"}
    device : torch.device or str

    Returns
    -------
    torch.amp.GradScaler or None
        None where nothing needs it: bfloat16 has the exponents of float32.
    """
    if amp != "float16":
        return None
    return torch.amp.GradScaler(torch.device(device).type, init_scale=FIRST_SCALE)
