"""Everything that the time stamps of a batch alone decide, computed once per batch."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor

from ckts import _tensor_checks as _checks
from ckts.geometry.costs import cheapest, longest_fitting
from ckts.geometry.lattice import Lattice, find_lattice
from ckts.geometry.mesh import Mesh, make_mesh

METHODS = ("lattice", "mesh", "pairwise")


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
    """

    times: Tensor
    query_times: Tensor
    lattice: Lattice | None = None
    mesh: Mesh | None = None

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
    mesh_step: float | None = None,
    causal: bool = True,
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
        "auto" takes what is cheapest, see :mod:`ckts.geometry.costs`; "lattice" insists
        on a lattice of any length (up to 2**26 points, all series together).
    mesh_step : float, optional
        Distance of two mesh points, in the unit of `times`, that is fine enough for
        the kernel, see :meth:`ckts.layers.CKConv.mesh_step`. Without it "auto" takes
        no mesh.
    causal : bool, default=True
        Whether a mesh is prepared for causal convolutions, too.

    Returns
    -------
    Geometry

    Raises
    ------
    ValueError
        If `times` decrease or are not finite, if the two arguments do not fit, if
        `method="lattice"` and the stamps have no common lattice, or if
        `method="mesh"` without a `mesh_step`, or with more than 2**26 points in all.
    """
    _checks.check_choice("method", method, ("auto", *METHODS))
    _checks.check_times(times, query_times)
    _checks.check_mesh_step(mesh_step, method)
    device = times.device
    times = times.cpu()
    origin = times[:, :1]
    shifted = queries = (times - origin).double().contiguous()
    if query_times is not None:
        queries = (query_times.cpu() - origin).double().contiguous()
    if method == "auto":
        geometry = _cheapest_geometry(shifted, queries, mesh_step, causal)
    elif method == "lattice":
        geometry = _lattice_geometry(shifted, queries)
    elif method == "mesh":
        geometry = _mesh_geometry(shifted, queries, mesh_step, causal)
    else:
        geometry = Geometry(shifted, queries)
    return geometry.to(device)


def _cheapest_geometry(
    times: Tensor, queries: Tensor, mesh_step: float | None, causal: bool
) -> Geometry:
    size = len(times), times.shape[1], queries.shape[1]
    mesh_length = None
    if mesh_step is not None and times.numel() and queries.numel():
        mesh_length = _span(times, queries) / mesh_step
    method, longest = cheapest(*size, mesh_length=mesh_length, causal=causal)
    lattice = find_lattice(times, queries, max_length=longest)
    if lattice is not None:
        return _on_lattice(times, queries, lattice)
    if method == "mesh":
        return _mesh_geometry(times, queries, mesh_step, causal)
    return Geometry(times, queries)


def _mesh_geometry(
    times: Tensor, queries: Tensor, mesh_step: float | None, causal: bool
) -> Geometry:
    if times.numel() == 0 or queries.numel() == 0:
        return Geometry(times, queries)
    assert mesh_step is not None
    length, longest = _span(times, queries) / mesh_step, longest_fitting(len(times))
    if length > longest:
        raise ValueError(
            f"`mesh_step` must leave at most {longest:,} mesh points per series for "
            f"method='mesh'; got {length:,.0f}. Use method='auto', or smaller batches."
        )
    mesh = make_mesh(times, queries, step=mesh_step, causal=causal)
    return Geometry(times, queries, mesh=mesh)


def _span(times: Tensor, queries: Tensor) -> float:
    first = torch.minimum(times[:, 0], queries.amin(1))
    return (torch.maximum(times[:, -1], queries.amax(1)) - first).max().item()


def _lattice_geometry(times: Tensor, queries: Tensor) -> Geometry:
    longest = longest_fitting(len(times))
    lattice = find_lattice(times, queries, max_length=longest)
    if lattice is None:
        raise ValueError(
            "`times` must lie on a common lattice for method='lattice'; got stamps "
            f"without one of at most {longest:,} points. Use method='auto'."
        )
    return _on_lattice(times, queries, lattice)


def _on_lattice(times: Tensor, queries: Tensor, lattice: Lattice) -> Geometry:
    # A stamp within rounding of a lattice point is that point, also for weights.
    same = queries is times
    times = lattice.source.double() * lattice.step
    queries = times if same else lattice.target.double() * lattice.step
    return Geometry(times, queries, lattice=lattice)


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
