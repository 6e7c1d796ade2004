"""What a batch's time stamps and masks decide for all layers, made once per batch."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ckts._checks import check_choice, check_positive
from ckts.convolution.geometry import Geometry
from ckts.convolution.methods import prepare_method
from ckts.convolution.methods.base import Batch, FactoredKernel, Features, MeshStep
from ckts.convolution.methods.lattice import Lattice
from ckts.convolution.quadrature import QUADRATURES
from ckts.convolution.quadrature.base import AbstractQuadrature, Sampling
from ckts.convolution.quadrature.neighbors import Neighbors
from ckts.convolution.stamps import read_stamps
from ckts.kernels import REACH
from ckts.transforms import untraced


class Plan(NamedTuple):
    """Everything about a batch that does not depend on values or parameters.

    It is made once per batch and shared by all layers.

    Attributes
    ----------
    geometry : Geometry
        Time stamps and method.
    quadrature : AbstractQuadrature
        Weights of the observations, or what is integrated between them.
    causal : bool
        Whether only observations up to the output time enter (ties see each other).
    """

    geometry: Geometry
    quadrature: AbstractQuadrature
    causal: bool

    @untraced
    def convolve(
        self,
        values: Tensor,
        features: Features,
        mixing: Tensor,
        *,
        reach: float = math.inf,
    ) -> Tensor:
        """Convolve irregular series with a continuous kernel (paper, Eq. 8).

        ``y(t_i) = sum_j w_j psi(t_i - tau_j) x(tau_j)`` with ``psi(lag) = mixing @
        features(lag)``.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
            Observations; values where nothing is observed are ignored.
        features : callable
            Maps lags of shape (...), float64 and in the unit of the time stamps, to
            (..., n_features); 0 at an infinite lag.
        mixing : Tensor of shape (out_channels, in_channels, n_features)
            The linear map from features to kernel values; of shape (channels,
            n_features) if each channel has one kernel of its own (depth-wise).
        reach : float, default=inf
            Lag from which on the features are 0, in the unit of the time stamps.

        Returns
        -------
        Tensor of shape (batch, query, out_channels)
        """
        if reach > self.geometry.reach * (1 + 1e-9):
            raise ValueError(
                f"`geometry` must reach as far as the kernel, {reach:g}; got one for "
                f"kernels up to {self.geometry.reach:g}. Make it with the layer of the "
                "longest horizon: `conv.geometry(times)`."
            )
        observed = self.quadrature.observed
        _check_rows(values, observed)
        values = torch.where(observed, values, 0)
        kernel = FactoredKernel(features, mixing, self.causal, reach)
        signal = self.quadrature.signal(values)
        output = self.geometry.method.convolve(signal, kernel)
        correction = self.quadrature.correction(values, kernel) if self.causal else None
        return output if correction is None else output + correction


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
    neighbors: Neighbors | None = None,
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
    neighbors : Neighbors, optional
        Those of `geometry` and `observed`, if they are found already.

    Returns
    -------
    Plan
    """
    check_choice("quadrature", quadrature, tuple(QUADRATURES))
    kind = QUADRATURES[quadrature]
    if geometry is None and not kind.needs_nodes:
        geometry = layer_geometry(times, query_times)
    _check_observed(observed, times)
    if geometry is None or kind.needs_nodes == (geometry.nodes is None):
        raise TypeError(
            f"`geometry` must be made for quadrature={quadrature!r}; got "
            f"{'None' if geometry is None else 'one for another quadrature'}. Make it "
            "with the layer: `conv.geometry(times)`."
        )
    if causal not in geometry.directions:
        raise ValueError(
            f"`geometry` must be causal={causal} as the layer is; got one with "
            f"causal={not causal}. Make it with the layer: use `conv.geometry(times)`."
        )
    sampling = Sampling(
        geometry=geometry,
        observed=observed,
        causal=causal,
        time_step=time_step,
        max_gap=max_gap,
        neighbors=neighbors,
    )
    return Plan(geometry, kind.make(sampling), causal)


def layer_geometry(
    times: Tensor,
    query_times: Tensor | None = None,
    *,
    quadrature: str = "gap",
    method: str = "auto",
    mesh_step: MeshStep = None,
    causal: bool = True,
    horizon: float = math.inf,
    rounding: Tensor | None = None,
) -> Geometry:
    """Make the geometry of a batch that layers of a horizon and quadrature share.

    It is made on the CPU: stamps on another device are fetched, which synchronizes. In
    a training loop, make it from stamps on the CPU and move it by :meth:`Geometry.to`.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times of each series, any unit; padding repeats
        the last time. Integers and float64 keep their precision.
    query_times : Tensor of shape (batch, query), optional
        Times of the output, in any order; by default the observation times.
    quadrature : {"gap", "linear", "none"}, default="gap"
        That of the layers.
    method : {"auto", "lattice", "mesh", "pairwise"}, default="auto"
        "auto" takes the cheapest; "lattice" insists on a lattice of any length (up to
        2**26 points, all series together). Without stamps or outputs there is nothing
        to sum, whatever the method.
    mesh_step : float or callable, optional
        Distance of two mesh points, in the unit of `times`, that is fine enough for
        the kernel, see :meth:`ckts.layers.CKConv.mesh_step`, or what returns it; it is
        called only where a mesh of 48 points per `horizon` would cost less than all
        pairs. Without it "auto" takes no mesh.
    causal : bool, default=True
        Whether to prepare for causal convolutions.
    horizon : float, default=inf
        That of the layers. Gaps that their kernels do not cross need no lattice or mesh
        points; where no mesh is fine enough, the nodes of "linear" lie a fixed share of
        it apart.
    rounding : Tensor of shape (batch,), optional
        By how much the stamps of each series may be off; by default what float64 loses
        of `times`. Stamps that were larger before their origin was subtracted are off
        by more.

    Returns
    -------
    Geometry

    Raises
    ------
    ValueError
        If `times` decrease or are not finite, if the two arguments do not fit, if
        `method="lattice"` and the stamps have no common lattice, if
        `method="mesh"` without a `mesh_step`, or with more than 2**26 points in all,
        or if "auto" finds neither and there are more than 2**31 pairs.
    """
    _check_times(times, query_times)
    if mesh_step is not None and not callable(mesh_step):
        check_positive("mesh_step", mesh_step)
    device, times = times.device, times.cpu()
    batch = Batch(
        stamps=read_stamps(times, query_times, rounding),
        method=method,
        mesh_step=mesh_step,
        causal=causal,
        horizon=horizon,
        reach=REACH * horizon,
    )
    stamps, nodes = batch.stamps, None
    kind = QUADRATURES[quadrature]
    if kind.needs_nodes:
        batch, nodes = kind.place_nodes(batch)
    prepared = prepare_method(batch)
    moved = prepared if nodes is None else stamps  # a lattice moves stamps onto it
    geometry = Geometry(
        times=moved.times,
        query_times=moved.query_times,
        method=prepared,
        nodes=nodes,
        directions=prepared.directions if nodes is None else (causal,),
        reach=batch.reach,
    )
    return geometry if device.type == "cpu" else geometry.to(device)


def regular_geometry(
    n_series: int,
    n_steps: int,
    time_step: float,
    *,
    horizon: float = math.inf,
    device: torch.device | str = "cpu",
) -> Geometry:
    """Make the geometry of series that all have the stamps of one regular grid.

    Nothing is searched for, and no stamp read from the device.

    Parameters
    ----------
    n_series, n_steps : int
        Sizes of the batch.
    time_step : float
        Time from each stamp to the next; the first one is 0.
    horizon : float, default=inf
        That of the layers, in the unit of `time_step`.
    device : torch.device or str, default="cpu"
        Where the geometry is to be.

    Returns
    -------
    Geometry
    """
    places = torch.arange(n_steps, device=device).repeat(n_series, 1)
    times = places.double() * time_step
    lattice = Lattice(
        times=times,
        query_times=times,
        step=time_step,
        length=n_steps,
        source=places,
        target=places,
        regular=True,
    )
    return Geometry(
        times=times, query_times=times, method=lattice, reach=REACH * horizon
    )


def _check_times(times: Tensor, query_times: Tensor | None) -> None:
    """Raise if times are not (batch, time), finite and non-decreasing."""
    _check_stamps("times", times)
    if times.ndim != 2:
        raise ValueError(
            f"`times` must have the shape (batch, time); got {tuple(times.shape)}. "
            "Times that all series share are `times.expand(batch, -1)`."
        )
    # torch compares no unsigned integers but bytes
    ordered = times if times.is_floating_point() else times.long()
    falls = (ordered[:, 1:] < ordered[:, :-1]).nonzero()
    if len(falls):
        series, row = falls[0].tolist()
        after, before = times[series, row + 1].item(), times[series, row].item()
        raise ValueError(
            f"`times` must not decrease within a series; series {series} has "
            f"{after!r} after {before!r}. Sort each series by time; padding repeats "
            "the last time."
        )
    if query_times is None:
        return
    _check_stamps("query_times", query_times)
    if query_times.ndim != 2 or len(query_times) != len(times):
        raise ValueError(
            f"`query_times` must have the shape (batch, query) with batch = "
            f"{len(times)}; got {tuple(query_times.shape)}."
        )
    if times.shape[1] == 0:
        raise ValueError(
            "`times` must hold at least one time per series; got 0. Pad series "
            "without observations with one time, and mark it in `observed`."
        )


def _check_tensor(name: str, value: object) -> None:
    """Raise if a value is no tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"`{name}` must be a Tensor; got {type(value).__name__}. Use "
            f"`torch.as_tensor({name})`."
        )


def _check_stamps(name: str, times: Tensor) -> None:
    """Raise if times are not a tensor of finite real numbers."""
    _check_tensor(name, times)
    if times.dtype == torch.bool or times.is_complex():
        raise TypeError(
            f"`{name}` must be numbers; got {times.dtype}. Use float64 or integers."
        )
    if times.dtype == torch.uint64:
        raise TypeError(
            f"`{name}` must be signed or shorter integers; got {times.dtype}. Use "
            f"`{name}.long()`."
        )
    if times.is_floating_point() and not times.isfinite().all():
        raise ValueError(f"`{name}` must be finite; got NaN or infinity.")


def _check_observed(observed: Tensor | None, times: Tensor) -> None:
    """Raise if a mask is not boolean (batch, time, channels)."""
    if observed is None:
        return
    _check_tensor("observed", observed)
    if observed.dtype != torch.bool:
        raise TypeError(
            f"`observed` must be boolean; got {observed.dtype}. Use `mask.bool()`."
        )
    if observed.ndim != 3 or observed.shape[:2] != times.shape:
        raise ValueError(
            "`observed` must have the shape (batch, time, channels) with (batch, time)"
            f" = {tuple(times.shape)}; got {tuple(observed.shape)}."
        )


def check_time_axis(values: Tensor, other: Tensor) -> None:
    """Raise if values and times differ in batch or time sizes."""
    if values.shape[:2] != other.shape[:2]:
        raise ValueError(
            "`values` must have the batch and time sizes of `times`, "
            f"{tuple(other.shape[:2])}; got {tuple(values.shape[:2])}."
        )


def _check_rows(values: Tensor, observed: Tensor) -> None:
    """Raise if values and their plan differ in batch, time or channels."""
    check_time_axis(values, observed)
    if observed.shape[2] not in (1, values.shape[2]):
        raise ValueError(
            f"`observed` must have 1 or {values.shape[2]} channels; got "
            f"{observed.shape[2]}."
        )
