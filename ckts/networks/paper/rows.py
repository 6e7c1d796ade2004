"""What the blocks of the published network see: rows of a grid, or of real stamps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ckts.convolution.geometry import Geometry
from ckts.convolution.plan import Plan, make_plan
from ckts.convolution.planner import Planner
from ckts.networks.paper.block import PaperBlock
from ckts.networks.paper.grid import place_on_grid
from ckts.networks.paper.rate import Rate, find_rate


class Rows(NamedTuple):
    """What the blocks see.

    Attributes
    ----------
    values : Tensor of shape (batch, time, channels)
        Values, masks and static features.
    plans : tuple of Plan or None
        Of the first convolution, and of the others; None on a grid.
    rate : Rate or None
        How kernels are sampled for series of another rate.
    valid : Tensor of shape (batch, time, 1) or None
        Rows that are no padding; None is all.
    last : Tensor of shape (batch,)
        Row of the output.
    """

    values: Tensor
    plans: tuple[Plan | None, Plan | None]
    rate: Rate | None
    valid: Tensor | None
    last: Tensor


def append_channels(
    values: Tensor, observed: Tensor, static: Tensor | None, mask: str
) -> Tensor:
    """Write 0 where nothing is observed; append masks and static features.

    Parameters
    ----------
    values, observed : Tensor of shape (batch, time, channels)
    static : Tensor of shape (batch, n_static) or None
        Repeated at all times.
    mask : {"none", "shared", "channels", "counts"}
        See :class:`PaperCKCNN`.

    Returns
    -------
    Tensor of shape (batch, time, channels + n_masks + n_static)
    """
    parts = [torch.where(observed, values, 0)]
    if mask == "counts":  # in the order of the published code
        parts.insert(0, observed.to(values.dtype).cumsum(1))
    elif mask == "shared":
        parts.append(observed.any(2, keepdim=True).to(values.dtype))
    elif mask != "none":
        parts.append(observed.to(values.dtype))
    if static is not None:
        parts.append(static.unsqueeze(1).expand(-1, values.shape[1], -1))
    return torch.cat(parts, 2)


def rows_as_given(
    values: Tensor,
    observed: Tensor,
    static: Tensor | None,
    block: PaperBlock,
    *,
    mask: str,
    to_end: bool,
) -> Rows:
    """Take each row as a point of the grid, from the first one on.

    Parameters
    ----------
    values, observed, static, mask
        As in :func:`append_channels`.
    block : PaperBlock
        It knows the grid. Fewer rows are a coarser grid over the same time.
    to_end : bool
        Whether the output is at the end, not at the last observed row.

    Raises
    ------
    ValueError
        If there are more rows than points.
    """
    n_trained = block.conv1.n_trained
    if values.shape[1] > n_trained:
        raise ValueError(
            f"`values` must have at most {n_trained} time steps, those of `horizon`, "
            f"without `times`; got {values.shape[1]}. Give `times` in the unit of "
            "`horizon`; for a finer rate with sampling='stamps', anchor='past'."
        )
    index = torch.arange(values.shape[1], device=values.device)
    last = torch.where(observed.any(2), index, 0).amax(1)
    last = torch.full_like(last, values.shape[1] - 1) if to_end else last
    inputs = append_channels(values, observed, static, mask)
    return Rows(inputs, (None, None), None, None, last)


def rows_of_grid(
    values: Tensor,
    times: Tensor,
    observed: Tensor,
    static: Tensor | None,
    block: PaperBlock,
    *,
    mask: str,
    ends: tuple[bool, bool],
    lead: Tensor | None,
) -> Rows:
    """Put series on the grid of the training data; longer ones make it longer.

    Parameters
    ----------
    values, observed, static, mask
        As in :func:`append_channels`.
    times : Tensor of shape (batch, time)
        Time stamps.
    block : PaperBlock
        It knows the grid.
    ends : tuple of bool
        Whether the output is at the end of the grid, not at the last row, and whether
        that row is repeated up to there.
    lead : Tensor of shape (batch,) or None
        Time from the beginning of the grid to the first row.
    """
    to_end, repeat_last = ends
    n_points, step = block.conv1.n_trained, block.conv1.grid_step
    values, observed, last = place_on_grid(
        *(values, times, observed),
        step=step,
        length=n_points,
        repeat_last=repeat_last,
        lead=lead,
    )
    end, valid = last.clamp(min=n_points - 1), None
    if values.shape[1] > n_points:  # batch mates must not change the statistics
        index = torch.arange(values.shape[1], device=values.device)
        valid = (index <= end.unsqueeze(1)).unsqueeze(2)
    inputs = append_channels(values, observed, static, mask)
    return Rows(inputs, (None, None), None, valid, end if to_end else last)


def rows_of_stamps(
    values: Tensor,
    times: Tensor,
    observed: Tensor,
    static: Tensor | None,
    block: PaperBlock,
    *,
    mask: str,
    anchor: str,
    geometry: Geometry,
) -> Rows:
    """Make the plans of the real time stamps.

    Parameters
    ----------
    values, observed, static, mask
        As in :func:`append_channels`.
    times : Tensor of shape (batch, time)
        Time stamps.
    block : PaperBlock
        The first one.
    anchor : {"present", "past", "ends"}
        See :class:`PaperCKCNN`.
    geometry : Geometry
        That of `times`.
    """
    seen = observed.any(2, keepdim=True)
    inputs = append_channels(values, observed, static, mask)
    n_extra = inputs.shape[2] - values.shape[2]
    extra = seen.expand(-1, -1, n_extra)
    known = torch.cat([observed, extra], 2)
    if mask == "counts":
        n_masks = values.shape[2]
        known = torch.cat([extra[..., :n_masks], observed, extra[..., n_masks:]], 2)
    conv = block.conv2
    first = block.conv1.plan(times, known, geometry=geometry)
    later = make_plan(
        *(times, seen),
        quadrature=conv.quadrature,
        max_gap=conv.horizon,
        time_step=conv.grid_step,
        geometry=geometry,
    )
    rate = find_rate(
        times,
        step=conv.grid_step,
        horizon=conv.horizon,
        anchor=anchor,
        factor=conv.factor,
        blur=conv.blur,
    )
    index = torch.arange(times.shape[1], device=times.device)
    last = torch.where(seen[..., 0], index, 0).amax(1)
    return Rows(inputs, (first, later), rate, seen, last)


def make_rows(
    network: Any,
    values: Tensor,
    times: Tensor | None,
    observed: Tensor,
    static: Tensor | None,
    geometries: Sequence[Geometry] | None,
    lead: Tensor | None,
) -> Rows:
    """Choose between grid and stamps; without times, rows are the grid.

    Parameters
    ----------
    network : PaperCKCNN
        Its options decide.
    values, times, observed, static, geometries, lead
        As those of its `forward`.

    Returns
    -------
    Rows
    """
    first, to_end = network.blocks[0], network.output == "end"
    if times is None:
        given = values, observed, static, first
        return rows_as_given(*given, mask=network.mask, to_end=to_end)
    series = values, times, observed, static, first
    if network.sampling == "grid":
        ends = to_end, network.padding == "last"
        return rows_of_grid(*series, mask=network.mask, ends=ends, lead=lead)
    if geometries is None:
        layers = network.convolutions()
        geometries = Planner(0).geometries(layers, times, device=times.device)
    options = {"anchor": network.anchor, "geometry": geometries[0]}
    return rows_of_stamps(*series, mask=network.mask, **options)
