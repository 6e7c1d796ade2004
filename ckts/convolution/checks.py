"""Checks of what layers, kernels and networks are given: messages, no maths."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ckts._checks import check_bool, check_positive


def check_kernel(
    kernel: Any, in_channels: int, out_channels: int, causal: bool
) -> None:
    """Refuse a kernel of other sizes than its convolution."""
    wanted = (in_channels, out_channels, causal)
    try:
        got = (kernel.in_channels, kernel.out_channels, kernel.causal)
    except AttributeError:
        raise TypeError(
            f"`kernel` must be a name or an AbstractKernel; got {kernel!r}."
        ) from None
    if got != wanted:
        raise ValueError(
            f"`kernel` must have (in_channels, out_channels, causal) = {wanted}; "
            f"got {got}. Make it with the sizes of the convolution."
        )


def check_tensor(name: str, value: object) -> None:
    """Refuse arrays and lists."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"`{name}` must be a Tensor; got {type(value).__name__}. Use "
            f"`torch.as_tensor({name})`."
        )


def check_stamps(name: str, times: Tensor) -> None:
    """Refuse what is no tensor of numbers."""
    check_tensor(name, times)
    if times.dtype == torch.bool or times.is_complex():
        raise TypeError(
            f"`{name}` must be numbers; got {times.dtype}. Use float64 or integers."
        )
    if times.dtype == torch.uint64:
        raise TypeError(
            f"`{name}` must be signed or shorter integers; got {times.dtype}. Use "
            f"`{name}.long()`."
        )


def check_times_shape(times: Tensor) -> None:
    """Refuse times that are not (batch, time)."""
    check_stamps("times", times)
    if times.ndim != 2:
        raise ValueError(
            f"`times` must have the shape (batch, time); got {tuple(times.shape)}. "
            "Times that all series share are `times.expand(batch, -1)`."
        )


def check_smooth(method: str, kernel: Any) -> None:
    """Refuse a mesh for a kernel with kinks."""
    if method == "mesh":
        raise ValueError(
            f"`method` must not be 'mesh' for a kernel with kinks; got "
            f"{type(kernel).__name__}. Use method='auto'."
        )


def check_no_mesh(method: str) -> None:
    """Refuse a mesh for a kernel that none is fine enough for."""
    if method == "mesh":
        raise ValueError(
            "`method` must not be 'mesh' for a kernel that oscillates so fast; got one "
            "that 524,288 mesh points per horizon do not resolve. Use method='auto'."
        )


def check_mesh_step(mesh_step: float | None, method: str) -> None:
    """Refuse a mesh without a step, or with one that is no length."""
    if mesh_step is not None:
        check_positive("mesh_step", mesh_step)
    elif method == "mesh":
        raise ValueError(
            "`mesh_step` must be a number for method='mesh'; got None. A layer with "
            "a smooth kernel finds it: use `CKConv.plan`."
        )


def check_pairs(
    n_pairs: int, largest: int, mesh_length: float | None, longest: int
) -> None:
    """Refuse to sum so many pairs that it would seem to hang."""
    if n_pairs <= largest:
        return
    found = "no mesh is fine enough for the kernel, or it has kinks"
    if mesh_length is not None:
        found = f"a mesh of {mesh_length:,.0f} points per series is no cheaper"
        if mesh_length > longest:
            found = f"a mesh must have at most {longest:,} points per series, not "
            found += f"{mesh_length:,.0f}"
    raise ValueError(
        f"`times` must leave at most {largest:,} pairs of observations and outputs "
        f"where pairs are summed one by one; got {n_pairs:,}, and {found}. Use "
        "kernel='bands' with a coarser `time_step`, a smaller `omega_0`, or a shorter "
        "`horizon`, which a mesh can follow, smaller batches, or method='pairwise', "
        "which sums any number of pairs."
    )


def check_reach(reach: float, known: float) -> None:
    """Refuse a geometry that has shortened the gaps that a kernel looks across."""
    if reach > known * (1 + 1e-9):
        raise ValueError(
            f"`geometry` must reach as far as the kernel, {reach:g}; got one for "
            f"kernels up to {known:g}. Make it with the layer of the longest horizon: "
            "`conv.geometry(times)`."
        )


def check_not_lattice(method: str) -> None:
    """Refuse a lattice for sources that lie between the stamps."""
    if method == "lattice":
        raise ValueError(
            "`method` must not be 'lattice' for quadrature='linear'; got 'lattice'. "
            "It integrates between the stamps, on no lattice: use method='auto'."
        )


def check_geometry(geometry: object, quadrature: str, linear: type) -> None:
    """Refuse the geometry of another quadrature."""
    if isinstance(geometry, linear) != (quadrature == "linear"):
        raise TypeError(
            f"`geometry` must be made for quadrature={quadrature!r}; got "
            f"{type(geometry).__name__}. Make it with the layer: "
            "`conv.geometry(times)`."
        )


def check_direction(got: bool, causal: bool) -> None:
    """Refuse the geometry of a layer that looks another way."""
    if got != causal:
        raise ValueError(
            f"`geometry` must be causal={causal} as the layer is; got one with "
            f"causal={got}. Make it with the layer: use `conv.geometry(times)`."
        )


def check_times(times: Tensor, query_times: Tensor | None) -> None:
    """Refuse times that are not (batch, time), finite and non-decreasing."""
    check_times_shape(times)
    _check_finite("times", times)
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
    check_stamps("query_times", query_times)
    if query_times.ndim != 2 or len(query_times) != len(times):
        raise ValueError(
            f"`query_times` must have the shape (batch, query) with batch = "
            f"{len(times)}; got {tuple(query_times.shape)}."
        )
    _check_finite("query_times", query_times)
    if times.shape[1] == 0:
        raise ValueError(
            "`times` must hold at least one time per series; got 0. Pad series "
            "without observations with one time, and mark it in `observed`."
        )


def _check_finite(name: str, times: Tensor) -> None:
    if times.is_floating_point() and not times.isfinite().all():
        raise ValueError(f"`{name}` must be finite; got NaN or infinity.")


def check_series(name: str, values: Tensor, in_channels: int) -> None:
    """Refuse values that are not (batch, time, in_channels)."""
    check_tensor(name, values)
    if values.ndim != 3 or values.shape[2] != in_channels:
        raise ValueError(
            f"`{name}` must have the shape (batch, time, {in_channels}); got "
            f"{tuple(values.shape)}."
        )
    if not values.is_floating_point():
        raise TypeError(
            f"`{name}` must be floating; got {values.dtype}. Use `{name}.float()`."
        )


def check_time_step(time_step: Any, in_channels: int) -> Tensor:
    """Return steps as float64: positive, one number or one per channel; or refuse."""
    try:
        time_step = torch.as_tensor(time_step, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"`time_step` must be one number or one per channel ({in_channels}); got "
            f"{time_step!r}."
        ) from None
    if time_step.shape not in ((), (in_channels,)):
        raise ValueError(
            f"`time_step` must be one number or one per channel ({in_channels}); got "
            f"the shape {tuple(time_step.shape)}."
        )
    for step in time_step.flatten().tolist():
        check_positive("time_step", step)
    return time_step


def check_dtype(values: Tensor, dtype: torch.dtype) -> None:
    """Refuse values of another type than the layer's, unless autocast converts."""
    if values.dtype != dtype and not torch.is_autocast_enabled(values.device.type):
        raise TypeError(
            f"`values` must have the dtype of the layer, {dtype}; got {values.dtype}. "
            "Convert one of them: `values.to(...)` or `conv.to(...)`."
        )


def check_time_axis(values: Tensor, other: Tensor) -> None:
    """Refuse values and times of other batch or time sizes."""
    if values.shape[:2] != other.shape[:2]:
        raise ValueError(
            "`values` must have the batch and time sizes of `times`, "
            f"{tuple(other.shape[:2])}; got {tuple(values.shape[:2])}."
        )


def check_observed(observed: Tensor | None, times: Tensor) -> None:
    """Refuse masks that are not boolean (batch, time, channels)."""
    if observed is None:
        return
    check_tensor("observed", observed)
    if observed.dtype != torch.bool:
        raise TypeError(
            f"`observed` must be boolean; got {observed.dtype}. Use `mask.bool()`."
        )
    if observed.ndim != 3 or observed.shape[:2] != times.shape:
        raise ValueError(
            "`observed` must have the shape (batch, time, channels) with (batch, time)"
            f" = {tuple(times.shape)}; got {tuple(observed.shape)}."
        )


def check_observed_channels(weights: Tensor, in_channels: int) -> None:
    """Refuse a mask of other channels than the values'."""
    if weights.shape[2] not in (1, in_channels):
        raise ValueError(
            f"`observed` must have 1 or {in_channels} channels; got {weights.shape[2]}."
        )


def check_depthwise(depthwise: object, in_channels: int, out_channels: int) -> None:
    """Refuse a depth-wise convolution between different numbers of channels."""
    check_bool("depthwise", depthwise)
    if depthwise and in_channels != out_channels:
        raise ValueError(
            f"`out_channels` must be `in_channels` if `depthwise`; got {out_channels} "
            f"and {in_channels}. Mix channels by a linear layer afterwards."
        )


def check_no_parameters(params: Mapping[str, object]) -> None:
    """Refuse parameters of a kernel that is made already."""
    if params:
        raise ValueError(
            f"`kernel_params` must be empty if `kernel` is a module; got "
            f"{sorted(params)}. Make the kernel with them."
        )
