"""Every message of a layer's own checks: argument, rule, value, way out."""

import math
import re

import pytest
import torch

from ckts.kernels import BandKernel
from ckts.layers import CKConv
from ckts.layers.ckconv import (
    _check_kernel,
    _check_time_step,
    _check_values,
)

TIMES = torch.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, 5.0]], dtype=torch.float64)
VALUES = torch.zeros(2, 3, 4)


def raises(error, message):
    """Expect an error whose message begins with this."""
    return pytest.raises(error, match="^" + re.escape(message))


def test_parameters_must_be_absent_for_a_kernel_that_is_made():
    with raises(
        ValueError,
        "`kernel_params` must be empty if `kernel` is a module; got ['b', 'c']. Make "
        "the kernel with them.",
    ):
        _check_kernel(BandKernel(2, 3), (2, 3, True), {"c": 1, "b": 2})


def test_a_kernel_must_have_the_sizes_of_its_convolution():
    _check_kernel(BandKernel(2, 3), (2, 3, True), {})
    for wanted in ((3, 3, True), (2, 2, True), (2, 3, False)):
        with raises(
            ValueError,
            f"`kernel` must have (in_channels, out_channels, causal) = {wanted}; got "
            "(2, 3, True). Make it with the sizes of the convolution.",
        ):
            _check_kernel(BandKernel(2, 3), wanted, {})
    with raises(TypeError, "`kernel` must be a name or an AbstractKernel; got 7."):
        _check_kernel(7, (2, 3, True), {})


def test_values_must_be_floating_of_batch_time_and_channels():
    _check_values(VALUES, 4, torch.float32)
    _check_values(VALUES.half(), 4, torch.float16)
    for wrong in (VALUES[0], VALUES[..., :3], VALUES.unsqueeze(0)):
        with raises(
            ValueError,
            f"`values` must have the shape (batch, time, 4); got {tuple(wrong.shape)}.",
        ):
            _check_values(wrong, 4, torch.float32)
    with raises(
        TypeError,
        "`values` must be floating; got torch.int64. Use `values.float()`.",
    ):
        _check_values(VALUES.long(), 4, torch.float32)
    message = (
        "`values` must have the dtype of the layer, torch.float64; got torch.float"
    )
    with raises(TypeError, message):
        _check_values(VALUES, 4, torch.float64)
    with torch.autocast("cpu"):
        _check_values(VALUES, 4, torch.float64)


def test_a_time_step_is_one_number_or_one_per_channel():
    for steps in (0.5, [0.5, 1.0, 2.0]):
        _check_time_step(torch.tensor(steps), 3)
    for steps in ([0.5], [0.5, 1.0], [], [[0.5, 1.0, 2.0]]):
        shape = tuple(torch.tensor(steps).shape)
        with raises(
            ValueError,
            "`time_step` must be one number or one per channel (3); got the shape "
            f"{shape}.",
        ):
            _check_time_step(torch.tensor(steps), 3)
    for wrong in (0.0, -1.0, math.inf, math.nan):
        message = f"`time_step` must be positive and finite; got {wrong}."
        with raises(ValueError, message):
            _check_time_step(torch.tensor(wrong), 3)
        with raises(ValueError, message):
            _check_time_step(torch.tensor([1.0, 1.0, wrong]), 3)


def test_values_and_times_must_agree():
    conv = CKConv(4, 1)
    for times in (TIMES[:1], TIMES[:, :2]):
        with raises(
            ValueError,
            "`values` must have the batch and time sizes of `times`, "
            f"{tuple(times.shape)}; got (2, 3).",
        ):
            conv(VALUES, times)


def test_sizes_are_checked_before_a_plan_is_made(monkeypatch):
    """A plan of 60,000 stamps takes gigabytes."""
    monkeypatch.setattr(CKConv, "plan", None)
    with raises(ValueError, "`values` must have the batch and time sizes of `times`"):
        CKConv(4, 1)(VALUES, TIMES[:, :2], torch.ones(2, 3, 4, dtype=torch.bool))


@pytest.mark.parametrize("sizes", [(4.0, 1), (4, 1.0), (True, 1), (4, "1")])
def test_channels_must_be_integers_whatever_the_kernel(sizes):
    name = "out_channels" if sizes[0] == 4 and sizes[0] is not True else "in_channels"
    name = "in_channels" if isinstance(sizes[0], (float, bool)) else name
    for kernel in ("bands", BandKernel(4, 1), BandKernel(1, 1)):
        with raises(TypeError, f"`{name}` must be an integer; got "):
            CKConv(*sizes, kernel=kernel)


class Doubled(BandKernel):
    """A kernel whose mixing has another dtype than its parameters."""

    def mixing(self):
        return super().mixing().double()


def test_the_dtype_of_a_layer_is_that_of_its_mixing():
    conv = CKConv(4, 1, kernel=Doubled(4, 1))
    assert conv(VALUES.double(), TIMES).dtype == torch.float64
    with raises(TypeError, "`values` must have the dtype of the layer, torch.float64"):
        conv(VALUES.float(), TIMES)
