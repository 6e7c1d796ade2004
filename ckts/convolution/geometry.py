"""Everything that the time stamps of a batch alone decide, computed once per batch."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
import torch
from torch import Tensor

from ckts._checks import check_choice
from ckts.convolution.checks import check_mesh_step, check_pairs, check_times
from ckts.convolution.costs import MAX_PAIRS, cheapest, longest_fitting
from ckts.convolution.methods.lattice.search import Lattice, find_lattice
from ckts.convolution.methods.mesh.mesh import Mesh, make_mesh, mesh_length
from ckts.convolution.stamps import Stamps, count_from_origin, sort_stamps
from ckts.regularity import ROUNDING

METHODS = ("lattice", "mesh", "pairwise")
MeshStep: TypeAlias = float | Callable[[], float | None] | None


@dataclass(frozen=True)
class Geometry:
    """Time stamps of one batch, relative to each series' origin.

    It is made once per batch and handed to every layer, so that the search for a
    lattice, the sorting and the float64 arithmetic on time stamps happen once.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Observation times since an origin of the series' own, float64, on the lattice
        where there is one. Padding repeats the last time.
    query_times : Tensor of shape (batch, query)
        Times at which the convolution is asked for; the same object as `times`
        when it is asked for at the observations.
    lattice : Lattice or None
        Where the stamps lie on a common lattice that is worth its cost.
    mesh : Mesh or None
        Where a mesh is worth its cost. Without either, pairs are summed.
    reach : float
        Lag from which on the kernels are 0 that it may be used for.
    """

    times: Tensor
    query_times: Tensor
    lattice: Lattice | None = None
    mesh: Mesh | None = None
    reach: float = math.inf

    @property
    def queries_are_observations(self) -> bool:
        """Whether the output is asked for at the observation times."""
        return self.query_times is self.times

    @property
    def method(self) -> str:
        """How the sum is computed: one of :data:`METHODS`."""
        if self.lattice is not None:
            return "lattice"
        return "pairwise" if self.mesh is None else "mesh"

    def to(self, device: torch.device | str) -> Self:
        """Return a copy on a device, without waiting for it."""
        return _to(self, device, {})


def make_geometry(
    times: Tensor,
    query_times: Tensor | None = None,
    *,
    method: str = "auto",
    mesh_step: MeshStep = None,
    causal: bool = True,
    reach: float = math.inf,
    rounding: Tensor | None = None,
) -> Geometry:
    """Return the geometry of a batch.

    It is made on the CPU: stamps on another device are fetched, which waits for it. In
    a training loop, make it from stamps on the CPU and move it by :meth:`Geometry.to`.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times of each series, any unit; padding repeats
        the last time. Integers and float64 keep their precision.
    query_times : Tensor of shape (batch, query), optional
        Times of the output, in any order; by default the observation times.
    method : {"auto", "lattice", "mesh", "pairwise"}, default="auto"
        "auto" takes what is cheapest, see `ckts.convolution.costs`; "lattice" insists
        on a lattice of any length (up to 2**26 points, all series together).
    mesh_step : float or callable, optional
        Distance of two mesh points, in the unit of `times`, that is fine enough for
        the kernel, see :meth:`ckts.layers.CKConv.mesh_step`, or what returns it; it is
        called where the stamps are no regular grid. Without it "auto" takes no mesh.
    causal : bool, default=True
        Whether a mesh is prepared for causal convolutions, too.
    reach : float, default=inf
        Lag from which on all kernels that will be used are 0: longer gaps need no
        lattice or mesh points.
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
    check_choice("method", method, ("auto", *METHODS))
    check_times(times, query_times)
    if not callable(mesh_step):
        check_mesh_step(mesh_step, method)
    device, times = times.device, times.cpu()
    shifted, queries = count_from_origin(times, query_times)
    if rounding is None:
        rounding = _float_rounding(times)
    stamps = sort_stamps(shifted, queries)
    batch = _Batch(shifted, queries, stamps, rounding.cpu().numpy(), causal, reach)
    if method != "lattice" and (shifted.numel() == 0 or queries.numel() == 0):
        method = "pairwise"
    return _MAKERS[method](batch, mesh_step).to(device)


@dataclass(frozen=True)
class _Batch:
    """What the geometry of a batch is made of: see :func:`make_geometry`."""

    times: Tensor
    queries: Tensor
    stamps: Stamps
    rounding: np.ndarray
    causal: bool
    reach: float


def _float_rounding(times: Tensor) -> Tensor:
    """Return the rounding of each series: (batch,)."""
    if not times.is_floating_point() or times.numel() == 0:
        return times.new_zeros(len(times), dtype=torch.float64)
    return ROUNDING * torch.maximum(times[:, 0].abs(), times[:, -1].abs()).double()


def _cheapest(batch: _Batch, mesh_step: MeshStep) -> Geometry:
    found = find_lattice(batch.stamps, batch.rounding, reach=batch.reach)
    if found is not None and found[0].regular:
        return _on_lattice(batch, *found)
    mesh_step, length = _ask(mesh_step), None
    if mesh_step is not None:
        length = mesh_length(batch.stamps, step=mesh_step, reach=batch.reach)
    size = len(batch.times), batch.times.shape[1], batch.queries.shape[1]
    method, longest = cheapest(*size, mesh_length=length, causal=batch.causal)
    if found is not None and found[0].length <= longest:
        return _on_lattice(batch, *found)
    if method == "mesh":
        return _on_mesh(batch, mesh_step)
    n_pairs = _count_pairs(batch)
    check_pairs(n_pairs, MAX_PAIRS, length, longest_fitting(len(batch.times)))
    return _pairwise(batch)


def _ask(mesh_step: MeshStep, method: str = "auto") -> float | None:
    """Find out how fine a mesh must be, where that is not known yet."""
    if callable(mesh_step):
        mesh_step = mesh_step()
        check_mesh_step(mesh_step, method)
    return mesh_step


def _count_pairs(batch: _Batch) -> int:
    """Count the pairs that are summed one by one, if they may be many."""
    n_pairs = batch.times.numel() * batch.queries.shape[1]
    if n_pairs <= MAX_PAIRS or batch.reach == math.inf:
        return n_pairs
    late = batch.queries if batch.causal else batch.queries + batch.reach
    seen = torch.searchsorted(batch.times, late, right=True)
    passed = torch.searchsorted(batch.times, batch.queries - batch.reach)
    return int((seen - passed).sum())


def _pairwise(batch: _Batch, mesh_step: MeshStep = None) -> Geometry:
    return Geometry(batch.times, batch.queries, reach=batch.reach)


def _on_mesh(batch: _Batch, mesh_step: MeshStep) -> Geometry:
    step = _ask(mesh_step, "mesh")
    assert step is not None
    length = mesh_length(batch.stamps, step=step, reach=batch.reach)
    longest = longest_fitting(len(batch.times))
    if length > longest:
        raise ValueError(
            f"`mesh_step` must leave at most {longest:,} mesh points per series for "
            f"method='mesh'; got {length:,.0f}. Use method='auto', or smaller batches."
        )
    times, queries = batch.times, batch.queries
    mesh = make_mesh(times, queries, step=step, causal=batch.causal, reach=batch.reach)
    return Geometry(times, queries, mesh=mesh, reach=batch.reach)


def _insisted_lattice(batch: _Batch, mesh_step: MeshStep) -> Geometry:
    longest = longest_fitting(len(batch.times))
    found = None
    if batch.stamps.sorted.size:
        found = find_lattice(batch.stamps, batch.rounding, reach=batch.reach)
    if found is None or found[0].length > longest:
        raise ValueError(
            "`times` must lie on a common lattice for method='lattice'; got stamps "
            f"without one of at most {longest:,} points. Use method='auto'."
        )
    return _on_lattice(batch, *found)


def _on_lattice(batch: _Batch, lattice: Lattice, placed: Stamps) -> Geometry:
    # A stamp within rounding of a lattice point is that point, also for weights.
    times, queries = placed.split(placed.sorted)
    return Geometry(times, queries, lattice=lattice, reach=batch.reach)


_MAKERS: dict[str, Callable[[_Batch, MeshStep], Geometry]] = {
    "auto": _cheapest,
    "lattice": _insisted_lattice,
    "mesh": _on_mesh,
    "pairwise": _pairwise,
}


def _to(value: Any, device: torch.device | str, moved: dict[int, Any]) -> Any:
    """Move all tensors of dataclasses and tuples; what was one object remains one."""
    if id(value) in moved:
        return moved[id(value)]
    result = value
    if isinstance(value, Tensor):
        result = value.to(device, non_blocking=True)
    elif isinstance(value, tuple):
        result = tuple(_to(part, device, moved) for part in value)
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in fields(value)}
        parts = {name: _to(part, device, moved) for name, part in parts.items()}
        result = replace(value, **parts)
    moved[id(value)] = result
    return result
