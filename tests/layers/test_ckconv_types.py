"""CKConv in all floating types, under autocast, and given the wrong ones."""

import copy

import numpy as np
import pytest
import torch

from ckts.convolution.methods import METHODS
from ckts.kernels import KERNELS
from ckts.layers import CKConv

REGULAR = torch.arange(12, dtype=torch.float64).expand(2, -1)
RANDOM = REGULAR + torch.rand(2, 12, generator=torch.Generator().manual_seed(0)) / 2
STAMPS = {"lattice": REGULAR, "pairwise": RANDOM}


@pytest.fixture
def values():
    return torch.randn(2, 12, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("times", STAMPS.values(), ids=STAMPS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_autocast_changes_nothing(kernel, times, values):
    conv = CKConv(3, 4, kernel=kernel, horizon=12.0)
    expected = conv(values, times)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = conv(values, times)
        from_linear = conv(values.bfloat16(), times)  # what a Linear before it gives
    assert torch.equal(output, expected)
    # bfloat16 keeps 8 bits of the values
    assert (from_linear - expected).abs().max() < 0.02 * expected.abs().max()
    output.sum().backward()
    assert all(p.grad.isfinite().all() for p in conv.parameters())


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_autocast_changes_nothing_on_a_mesh(values, causal):
    conv = CKConv(3, 4, horizon=12.0, causal=causal)
    plan = conv.plan(RANDOM, method="mesh")
    expected = conv(values, plan=plan)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = conv(values, plan=plan)
    output.sum().backward()
    assert torch.equal(output, expected)
    assert all(p.grad.isfinite().all() for p in conv.parameters())


@pytest.mark.parametrize("times", STAMPS.values(), ids=STAMPS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_layer_of_half_precision_runs_by_either_method(dtype, times, values):
    conv = CKConv(3, 4, horizon=12.0)
    half = copy.deepcopy(conv).to(dtype)
    output = half(values.to(dtype), times)
    assert output.dtype == dtype
    expected = conv(values, times)
    assert (output - expected).abs().max() < 0.1 * expected.abs().max()


@pytest.mark.parametrize("times", STAMPS.values(), ids=STAMPS)
def test_values_of_another_type_than_the_layer_raise(times, values):
    message = r"`values` must have the dtype of the layer, torch.float32; got torch.f"
    with pytest.raises(TypeError, match=message):
        CKConv(3, 4)(values.double(), times)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("values", np.zeros((2, 12, 3))),
        ("times", REGULAR.tolist()),
        ("query_times", [[0.0], [1.0]]),
        ("observed", np.ones((2, 12, 3), bool)),
    ],
)
def test_arrays_and_lists_raise(name, wrong, values):
    arguments = {"values": values, "times": REGULAR, name: wrong}
    with pytest.raises(TypeError, match=f"`{name}` must be a Tensor; got .*as_tensor"):
        CKConv(3, 4)(**arguments)


@pytest.mark.parametrize("dtype", [torch.bool, torch.complex64])
@pytest.mark.parametrize("name", ["times", "query_times"])
def test_times_that_are_no_numbers_raise(name, dtype, values):
    arguments = {"values": values, "times": REGULAR, name: REGULAR.to(dtype)}
    with pytest.raises(TypeError, match=f"`{name}` must be numbers; got {dtype}. Use"):
        CKConv(3, 4)(**arguments)


def test_times_without_a_batch_raise_by_their_own_shape(values):
    message = r"`times` must have the shape \(batch, time\); got \(12,\)\. .*expand"
    with pytest.raises(ValueError, match=message):
        CKConv(3, 4)(values, REGULAR[0])


@pytest.mark.parametrize("step", ["a", None, [1.0, "b", 2.0], [[1.0], [1.0, 2.0]]])
def test_a_time_step_that_is_no_number_raises(step):
    with pytest.raises(TypeError, match=r"`time_step` must be one number or one per"):
        CKConv(3, 4, time_step=step)


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # of dynamo itself
@pytest.mark.parametrize("method", METHODS)
def test_compiling_changes_nothing(values, method):
    conv = CKConv(3, 4, horizon=12.0)
    plan = conv.plan(REGULAR if method == "lattice" else RANDOM, method=method)
    expected = conv(values, plan=plan)
    expected.sum().backward()
    gradients = [parameter.grad.clone() for parameter in conv.parameters()]
    conv.zero_grad()
    compiled = torch.compile(conv, backend="eager")  # needs no compiler of C++
    output = compiled(values, plan=plan)
    output.sum().backward()
    assert torch.equal(output, expected)
    for parameter, gradient in zip(conv.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, gradient)
