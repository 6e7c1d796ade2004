"""Options of the published network: their values, and which go together."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ckts._checks import check_bool, check_choice, check_count, check_real, check_share

# The kernel of each nonlinearity.
KERNEL_OF = {
    "sine": "siren",
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "swish": "swish",
}
OPTIONS = {
    "norm": ("channels_time", "channels"),
    "nonlinearity": tuple(KERNEL_OF),
    "initialization": ("published", "siren"),
    "sampling": ("stamps", "grid"),
    "mask": ("none", "shared", "channels", "counts"),
    "output": ("observed", "end", "every"),
    "padding": ("zero", "last"),
    "odd_lengths": ("exact", "published"),
    "anchor": ("present", "past", "ends"),
    "blur": ("none", "published", "wide"),
}
# What needs a grid, and its value without.
GRID_ONLY: dict[str, Any] = {"padding": "zero", "odd_lengths": "exact"}
GRID_ONLY |= {"weight_dropout": 0.0}
# What needs series of other rates, and its value without.
STAMPS_ONLY = {"anchor": "present", "blur": "none"}
# Points of a grid; of stamps without one it would be as fine as their smallest gap.
LONGEST_GRID = 2**18


def n_mask_channels(mask: str, in_channels: int) -> int:
    """Return how many channels of masks there are."""
    return {"none": 0, "shared": 1}.get(mask, in_channels)


def input_steps(gaps: list[float], n_extra: int, step: float, mask: str) -> list[float]:
    """Return the typical gaps of all inputs: masks and static features are of rows."""
    n_before = len(gaps) if mask == "counts" else 0
    return [*n_before * [step], *gaps, *(n_extra - n_before) * [step]]


def split_channels(n_inputs: int, mask: str) -> int:
    """Return how many of the inputs of a checkpoint are values, not masks."""
    check_choice("mask", mask, OPTIONS["mask"])
    n_values = {"none": n_inputs, "shared": n_inputs - 1}.get(mask, n_inputs // 2)
    if n_values < 1 or n_values + n_mask_channels(mask, n_values) != n_inputs:
        raise ValueError(
            f"`mask` and `n_static` must leave the channels of the values; got "
            f"mask={mask!r} for {n_inputs} channels that are not static. Use "
            "mask='none', and give `values` all channels."
        )
    return n_values


def check_options(given: Mapping[str, Any]) -> None:
    """Raise if an option has no such value, or needs another one."""
    for name, choices in OPTIONS.items():
        check_choice(name, given[name], choices)
    for name in ("dropout", "input_dropout", "weight_dropout"):
        check_share(name, given[name])
    check_count("n_blocks", given["n_blocks"])
    check_count("hidden_channels", given["hidden_channels"])
    check_count("n_outputs", given["n_outputs"])
    check_count("n_static", given["n_static"], minimum=0)
    check_real("kernel_penalty", given["kernel_penalty"], minimum=0.0)
    grid = given["sampling"] == "grid"
    for name, plain in GRID_ONLY.items():
        if not grid and given[name] != plain:
            raise ValueError(
                f"`sampling` must be 'grid' for {name}={given[name]!r}; got 'stamps'. "
                f"Use sampling='grid', or leave {name}={plain!r}."
            )
    if not grid and given["output"] == "end":
        raise ValueError(
            "`sampling` must be 'grid' for output='end'; got 'stamps', where padding "
            "depends on the batch. Use output='observed'."
        )
    check_bool("factor", given["factor"])
    for name, plain in STAMPS_ONLY.items():
        if grid and given[name] != plain:
            raise ValueError(
                f"`sampling` must be 'stamps' for {name}={given[name]!r}; got 'grid', "
                "whose series all have the rate of the training data. Use "
                f"{name}={plain!r}."
            )


def check_grid(length: int) -> None:
    """Raise if a grid would be too long."""
    if length > LONGEST_GRID:
        raise ValueError(
            f"`sampling` must be 'stamps' where the grid of the typical step has more "
            f"than {LONGEST_GRID:,} points; got 'grid' and {length:,} points. Use "
            "sampling='stamps', or look for a wrong time stamp."
        )


def check_series(
    values: Tensor, static: Tensor | None, sizes: tuple[int, int], mask: str
) -> None:
    """Raise if values or static features have other sizes than those of a network."""
    in_channels, n_static = sizes
    if values.ndim != 3 or values.shape[2] != in_channels:
        made = n_mask_channels(mask, in_channels)
        raise ValueError(
            f"`values` must have the shape (batch, time, {in_channels}); got "
            f"{tuple(values.shape)}. Time comes before channels, and the network "
            f"itself adds {made} channels of masks and {n_static} of static features."
        )
    found = 0 if static is None else static.shape[1]
    if found != n_static:
        raise ValueError(
            f"`static` must have the shape (batch, {n_static}); got {found} features. "
            f"Make the network with n_static={found}."
        )
