"""Checks of what layers are given: messages, no maths."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def check_kernel(
    kernel: Any, wanted: tuple[int, int, bool], params: Mapping[str, object]
) -> None:
    """Raise if a kernel that is made has other sizes than its convolution.

    There must be no `params` for it either.
    """
    if params:
        raise ValueError(
            f"`kernel_params` must be empty if `kernel` is a module; got "
            f"{sorted(params)}. Make the kernel with them."
        )
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


def check_time_step(time_step: Any, in_channels: int) -> Tensor:
    """Return steps as float64, or raise if they are not positive numbers.

    One number, or one per channel.
    """
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
    wrong = time_step[~(time_step.isfinite() & (time_step > 0))]
    if len(wrong):
        raise ValueError(
            f"`time_step` must be positive and finite; got {wrong[0].item()!r}."
        )
    return time_step


def check_times(times: Tensor, query_times: Tensor | None) -> None:
    """Raise if times are not (batch, time), finite and non-decreasing."""
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
    _check_stamps("query_times", query_times)
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


def check_times_shape(times: Tensor) -> None:
    """Raise if times are not (batch, time)."""
    _check_stamps("times", times)
    if times.ndim != 2:
        raise ValueError(
            f"`times` must have the shape (batch, time); got {tuple(times.shape)}. "
            "Times that all series share are `times.expand(batch, -1)`."
        )


def _check_stamps(name: str, times: Tensor) -> None:
    """Raise if times are not a tensor of real numbers."""
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


def _check_tensor(name: str, value: object) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"`{name}` must be a Tensor; got {type(value).__name__}. Use "
            f"`torch.as_tensor({name})`."
        )


def _check_finite(name: str, times: Tensor) -> None:
    if times.is_floating_point() and not times.isfinite().all():
        raise ValueError(f"`{name}` must be finite; got NaN or infinity.")


def check_observed(observed: Tensor | None, times: Tensor) -> None:
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


def check_values(values: Tensor, in_channels: int, dtype: torch.dtype) -> None:
    """Raise if values are not (batch, time, in_channels) of the layer's dtype.

    Under autocast any floating dtype is converted.
    """
    _check_tensor("values", values)
    if values.ndim != 3 or values.shape[2] != in_channels:
        raise ValueError(
            f"`values` must have the shape (batch, time, {in_channels}); got "
            f"{tuple(values.shape)}."
        )
    if not values.is_floating_point():
        raise TypeError(
            f"`values` must be floating; got {values.dtype}. Use `values.float()`."
        )
    if values.dtype != dtype and not torch.is_autocast_enabled(values.device.type):
        raise TypeError(
            f"`values` must have the dtype of the layer, {dtype}; got {values.dtype}. "
            "Convert one of them: `values.to(...)` or `conv.to(...)`."
        )


def check_rows(values: Tensor, observed: Tensor) -> None:
    """Raise if values and their plan differ in batch, time or channels."""
    check_time_axis(values, observed)
    if observed.shape[2] not in (1, values.shape[2]):
        raise ValueError(
            f"`observed` must have 1 or {values.shape[2]} channels; got "
            f"{observed.shape[2]}."
        )


def check_time_axis(values: Tensor, other: Tensor) -> None:
    """Raise if values and times differ in batch or time sizes."""
    if values.shape[:2] != other.shape[:2]:
        raise ValueError(
            "`values` must have the batch and time sizes of `times`, "
            f"{tuple(other.shape[:2])}; got {tuple(values.shape[:2])}."
        )
