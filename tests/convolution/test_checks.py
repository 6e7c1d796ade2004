"""Every message of the numerical core: argument, rule, value, way out."""

import math
import re

import numpy as np
import pytest
import torch

from ckts._checks import check_choice, check_positive, check_size
from ckts.convolution.checks import (
    check_kernel,
    check_observed,
    check_rows,
    check_time_axis,
    check_time_step,
    check_times,
    check_values,
)
from ckts.kernels import BandKernel

TIMES = torch.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, 5.0]], dtype=torch.float64)
VALUES = torch.zeros(2, 3, 4)


def refused(error, message):
    """Expect an error whose message begins with this."""
    return pytest.raises(error, match="^" + re.escape(message))


def test_a_choice_must_be_one_of_those_named():
    check_choice("density", "gap", ("gap", "none"))
    with refused(ValueError, "`density` must be one of 'gap', 'none'; got 'kde'."):
        check_choice("density", "kde", ("gap", "none"))
    with refused(ValueError, "`density` must be one of 'gap', 'none'; got ['gap']."):
        check_choice("density", ["gap"], ("gap", "none"))
    with refused(ValueError, "`density` must be one of 'gap', 'none'; got None."):
        check_choice("density", None, ("gap", "none"))


@pytest.mark.parametrize("size", [3, np.int64(3), torch.tensor(3)])
def test_a_size_may_be_any_integer(size):
    assert check_size("n", size) == 3
    assert type(check_size("n", size)) is int


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (0, ValueError, "`n` must be at least 1; got 0."),
        (-2, ValueError, "`n` must be at least 1; got -2."),
        (2.0, TypeError, "`n` must be an integer; got 2.0."),
        ("2", TypeError, "`n` must be an integer; got '2'."),
        (True, TypeError, "`n` must be an integer; got True."),
        (None, TypeError, "`n` must be an integer; got None."),
    ],
)
def test_a_size_must_be_a_positive_integer(size, error, message):
    with refused(error, message):
        check_size("n", size)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.float64(2), np.int64(1)])
def test_a_positive_number_may_be_of_any_type(value):
    assert check_positive("horizon", value) == value
    assert type(check_positive("horizon", value)) is float


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "`horizon` must be positive and finite; got 0."),
        (-1.5, ValueError, "`horizon` must be positive and finite; got -1.5."),
        (math.inf, ValueError, "`horizon` must be positive and finite; got inf."),
        (math.nan, ValueError, "`horizon` must be positive and finite; got nan."),
        ("1", TypeError, "`horizon` must be a number; got '1'."),
        (True, TypeError, "`horizon` must be a number; got True."),
        (None, TypeError, "`horizon` must be a number; got None."),
    ],
)
def test_a_positive_number_must_be_one(value, error, message):
    with refused(error, message):
        check_positive("horizon", value)


def test_parameters_must_be_absent_for_a_kernel_that_is_made():
    with refused(
        ValueError,
        "`kernel_params` must be empty if `kernel` is a module; got ['b', 'c']. Make "
        "the kernel with them.",
    ):
        check_kernel(BandKernel(2, 3), (2, 3, True), {"c": 1, "b": 2})


def test_a_kernel_must_have_the_sizes_of_its_convolution():
    check_kernel(BandKernel(2, 3), (2, 3, True), {})
    for wanted in ((3, 3, True), (2, 2, True), (2, 3, False)):
        with refused(
            ValueError,
            f"`kernel` must have (in_channels, out_channels, causal) = {wanted}; got "
            "(2, 3, True). Make it with the sizes of the convolution.",
        ):
            check_kernel(BandKernel(2, 3), wanted, {})
    with refused(TypeError, "`kernel` must be a name or an AbstractKernel; got 7."):
        check_kernel(7, (2, 3, True), {})


def test_times_may_be_tied_and_of_any_type():
    check_times(TIMES, None)
    check_times(TIMES.long(), TIMES.flip(1).long())
    check_times(TIMES.float(), TIMES[:, :1])
    check_times(TIMES[:, :0], None)
    check_times(TIMES[:0], TIMES[:0])


@pytest.mark.parametrize(
    ("times", "query_times", "message"),
    [
        (TIMES[0], None, "`times` must have the shape (batch, time); got (3,)."),
        (
            TIMES.unsqueeze(-1),
            None,
            "`times` must have the shape (batch, time); got (2, 3, 1).",
        ),
        (
            TIMES.flip(1),
            None,
            "`times` must not decrease within a series; series 0 has 1.0 after 2.0. "
            "Sort each series by time; padding repeats the last time.",
        ),
        (
            torch.tensor([[1, 2, 2], [3, 9, 8]]),
            None,
            "`times` must not decrease within a series; series 1 has 8 after 9. ",
        ),
        (TIMES / 0, None, "`times` must be finite; got NaN or infinity."),
        (
            TIMES,
            TIMES[0],
            "`query_times` must have the shape (batch, query) with batch = 2; got "
            "(3,).",
        ),
        (
            TIMES,
            TIMES[:1],
            "`query_times` must have the shape (batch, query) with batch = 2; got "
            "(1, 3).",
        ),
        (TIMES, TIMES * math.nan, "`query_times` must be finite; got NaN or infinity."),
        (
            TIMES[:, :0],
            TIMES,
            "`times` must hold at least one time per series; got 0. Pad series without "
            "observations with one time, and mark it in `observed`.",
        ),
    ],
)
def test_times_must_be_finite_and_sorted(times, query_times, message):
    with refused(ValueError, message):
        check_times(times, query_times)


def test_values_must_be_floating_of_batch_time_and_channels():
    check_values(VALUES, 4, torch.float32)
    check_values(VALUES.half(), 4, torch.float16)
    for wrong in (VALUES[0], VALUES[..., :3], VALUES.unsqueeze(0)):
        with refused(
            ValueError,
            f"`values` must have the shape (batch, time, 4); got {tuple(wrong.shape)}.",
        ):
            check_values(wrong, 4, torch.float32)
    with refused(
        TypeError,
        "`values` must be floating; got torch.int64. Use `values.float()`.",
    ):
        check_values(VALUES.long(), 4, torch.float32)
    message = (
        "`values` must have the dtype of the layer, torch.float64; got torch.float"
    )
    with refused(TypeError, message):
        check_values(VALUES, 4, torch.float64)
    with torch.autocast("cpu"):
        check_values(VALUES, 4, torch.float64)


def test_a_time_step_is_one_number_or_one_per_channel():
    for steps in (0.5, [0.5, 1.0, 2.0]):
        check_time_step(torch.tensor(steps), 3)
    for steps in ([0.5], [0.5, 1.0], [], [[0.5, 1.0, 2.0]]):
        shape = tuple(torch.tensor(steps).shape)
        with refused(
            ValueError,
            "`time_step` must be one number or one per channel (3); got the shape "
            f"{shape}.",
        ):
            check_time_step(torch.tensor(steps), 3)
    for wrong in (0.0, -1.0, math.inf, math.nan):
        message = f"`time_step` must be positive and finite; got {wrong}."
        with refused(ValueError, message):
            check_time_step(torch.tensor(wrong), 3)
        with refused(ValueError, message):
            check_time_step(torch.tensor([1.0, 1.0, wrong]), 3)


def test_values_and_times_must_agree():
    check_time_axis(VALUES, TIMES)
    for times in (TIMES[:1], TIMES[:, :2]):
        with refused(
            ValueError,
            "`values` must have the batch and time sizes of `times`, "
            f"{tuple(times.shape)}; got (2, 3).",
        ):
            check_time_axis(VALUES, times)


def test_a_mask_must_be_boolean_and_of_the_rows():
    check_observed(None, TIMES)
    check_observed(VALUES.bool(), TIMES)
    for mask in (VALUES, VALUES.long(), VALUES.to(torch.uint8)):
        with refused(
            TypeError,
            f"`observed` must be boolean; got {mask.dtype}. Use `mask.bool()`.",
        ):
            check_observed(mask, TIMES)
    for mask in (VALUES.bool()[..., 0], VALUES.bool()[:, :2], VALUES.bool()[:1]):
        with refused(
            ValueError,
            "`observed` must have the shape (batch, time, channels) with (batch, time) "
            f"= (2, 3); got {tuple(mask.shape)}.",
        ):
            check_observed(mask, TIMES)


def test_a_mask_must_have_one_channel_or_all():
    for channels in (1, 4):
        check_rows(VALUES, VALUES[..., :channels])
    with refused(ValueError, "`observed` must have 1 or 4 channels; got 3."):
        check_rows(VALUES, VALUES[..., :3])
