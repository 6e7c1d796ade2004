"""The network that the parameters name, and what is given to it by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from torch import nn

from ckts.kernels import check_kernel_params
from ckts.networks import NETWORKS

# Arguments of a network that the training series decide.
BY_DATA = {
    *("in_channels", "n_outputs", "n_static", "dtype", "generator"),
    *("horizon", "time_step", "row_time_step", "resolution", "row_resolution"),
    *("burst_time_step", "burst_horizon", "n_bins", "grid_step"),
}


def chosen_network(parameters: Any) -> Callable[..., nn.Module]:
    """Return what makes the network: a class of ours by name, or the user's own."""
    network = parameters.network
    return network if callable(network) else NETWORKS[network]


def check_network(parameters: Any) -> None:
    """Raise if a kernel or a network has no such parameters.

    Parameters
    ----------
    parameters : AbstractParameters
        The estimator. A network with a `kernel_name` has that kernel always.

    Raises
    ------
    ValueError
        If `kernel_params` or `network_params` hold other names.
    """
    network = chosen_network(parameters)
    kernel = getattr(network, "kernel_name", parameters.kernel)
    check_kernel_params(kernel, parameters.kernel_params or {})
    given = parameters.network_params or {}
    taken = inspect.signature(network).parameters
    free = any(one.kind is one.VAR_KEYWORD for one in taken.values())
    own = {one.name for one in fields(parameters)}
    known = {*taken, *(given if free else ())} - BY_DATA - own
    unknown = sorted(set(given) - known)
    if unknown:
        raise ValueError(
            "`network_params` must only hold parameters of the network that are none "
            f"of the estimator's; got {unknown}. It takes {sorted(known)}."
        )
