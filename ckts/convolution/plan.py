"""What a batch's time stamps and masks decide for all layers, made once per batch."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

from ckts._checks import check_choice
from ckts.convolution.checks import check_direction, check_geometry, check_observed
from ckts.convolution.geometry import Geometry, make_geometry
from ckts.convolution.quadrature.linear import Interpolant, make_interpolant
from ckts.convolution.quadrature.nodes import (
    LinearGeometry,
    make_linear_geometry,
)
from ckts.convolution.quadrature.weights import Quadrature, make_quadrature
from ckts.kernels import REACH

# How the integral of the kernel times the signal is taken.
QUADRATURES = ("gap", "linear", "none")


class Plan(NamedTuple):
    """Everything about a batch that does not depend on values or parameters.

    It is made once per batch and shared by all layers.
    """

    geometry: Geometry
    quadrature: Quadrature | Interpolant
    causal: bool


def make_plan(
    times: Tensor,
    observed: Tensor | None = None,
    query_times: Tensor | None = None,
    *,
    causal: bool = True,
    quadrature: str = "gap",
    time_step: Tensor | float = 1.0,
    max_gap: float = math.inf,
    geometry: Geometry | None = None,
) -> Plan:
    """Make the plan of a batch.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing time stamps; padding repeats the last one.
    observed : Tensor of shape (batch, time, channels), optional
        Which values exist; by default all, with one weight per row.
    query_times : Tensor of shape (batch, query), optional
        Times of the output; by default the observation times.
    causal : bool, default=True
        Whether nothing after an output time may enter.
    quadrature : {"gap", "linear", "none"}, default="gap"
        Weights of the observations, or "linear": the integral of the interpolant.
    time_step : float or Tensor of shape (channels,), default=1.0
        Gap that has weight 1, same unit as `times`.
    max_gap : float, default=inf
        Longer gaps count as this one; the interpolant is followed across them.
    geometry : Geometry, optional
        That of `times` and `query_times`, if it is made already. For "linear" it
        depends on the kernel: make it by :meth:`CKConv.geometry`.

    Returns
    -------
    Plan
    """
    check_choice("quadrature", quadrature, QUADRATURES)
    if geometry is None and quadrature != "linear":
        geometry = make_geometry(times, query_times)
    check_observed(observed, times)
    check_geometry(geometry, quadrature, LinearGeometry)
    if isinstance(geometry, LinearGeometry):
        check_direction(geometry.causal, causal)
        interpolant = make_interpolant(geometry, observed, time_step=time_step)
        return Plan(geometry, interpolant, causal)
    assert geometry is not None
    if causal and geometry.mesh is not None:
        check_direction(geometry.mesh.near is not None, causal)
    queries = None if geometry.queries_are_observations else geometry.query_times
    weights = make_quadrature(
        geometry.times,
        observed,
        queries,
        causal=causal,
        density=quadrature,
        time_step=time_step,
        max_gap=max_gap,
    )
    return Plan(geometry, weights, causal)


def layer_geometry(
    times: Tensor,
    query_times: Tensor | None = None,
    *,
    quadrature: str,
    horizon: float,
    mesh_step: float | Callable[[], float | None] | None,
    method: str = "auto",
    causal: bool = True,
    rounding: Tensor | None = None,
) -> Geometry:
    """Make the geometry that the layers with a quadrature need.

    The kernels are looked at only where the stamps are no regular grid.

    Parameters
    ----------
    times, query_times, method, mesh_step, causal, rounding
        As in :func:`ckts.convolution.geometry.make_geometry`.
    quadrature : {"gap", "linear", "none"}
        That of the layers.
    horizon : float
        That of the layers.

    Returns
    -------
    Geometry
    """
    options: dict[str, Any] = {"method": method, "causal": causal}
    options["reach"] = REACH * horizon
    if quadrature != "linear":
        options |= {"mesh_step": mesh_step, "rounding": rounding}
        return make_geometry(times, query_times, **options)
    # Its sources follow the kernel, whatever the method, and are on no lattice.
    options["mesh_step"] = mesh_step() if callable(mesh_step) else mesh_step
    return make_linear_geometry(times, query_times, horizon=horizon, **options)
