"""The convolution as a module: what it keeps, takes and rejects."""

import copy
import io
import math
import pickle

import pytest
import torch
from torch import nn

from ckconv_cases import (
    FLOAT64,
    N_IN,
    N_OUT,
    ROUNDING,
    TIME_STEPS,
    assert_like_direct_sum,
    make_batch,
    make_conv,
)
from ckts.kernels import KERNELS, BandKernel
from ckts.layers import CKConv, make_plan
from references import relative_error

# --- the module ----------------------------------------------------------------------


def test_forward_remembers_nothing():
    conv = make_conv()
    attributes = dict(vars(conv)), dict(vars(conv.kernel))
    state = {name: value.clone() for name, value in conv.state_dict().items()}
    values, times, observed = make_batch("random")
    first = conv(values, times, observed)
    conv(*make_batch("regular", batch=5, length=61))
    conv(*make_batch("bursty", batch=1, length=1))
    conv.float()(values.float(), times, observed)
    conv.double()
    assert conv(*make_batch("lattice")).dtype == torch.float64
    conv.load_state_dict(state)
    assert torch.equal(conv(values, times, observed), first)
    for before, module in zip(attributes, (conv, conv.kernel), strict=True):
        assert vars(module).keys() == before.keys()


@pytest.mark.parametrize("kernel", KERNELS)
def test_copies_and_saved_states_give_the_same_output(kernel):
    conv = make_conv(kernel, dtype=torch.float32)
    batch = make_batch("random", dtype=torch.float32)
    expected = conv(*batch)
    file = io.BytesIO()
    torch.save(conv.state_dict(), file)
    file.seek(0)
    other = make_conv(kernel, seed=1, dtype=torch.float32)
    assert not torch.equal(other(*batch), expected)
    other.load_state_dict(torch.load(file))
    for twin in (copy.deepcopy(conv), pickle.loads(pickle.dumps(conv)), other):
        assert torch.equal(twin(*batch), expected)


def test_one_plan_serves_several_layers():
    values, times, observed = make_batch("random")
    layers = [make_conv(seed=seed) for seed in range(2)]
    steps = torch.tensor(TIME_STEPS, dtype=torch.float64)
    plan = make_plan(times, observed, time_step=steps)
    for conv in layers:
        expected = conv(values, times, observed)
        assert torch.equal(conv(values, plan=plan), expected)


def test_a_mask_of_rows_is_a_mask_of_all_channels():
    conv = make_conv(time_step=0.3)
    values, times, observed = make_batch("random")
    rows = observed[..., :1]
    expected = conv(values, times, rows.expand_as(values))
    assert relative_error(conv(values, times, rows), expected) < ROUNDING


def test_what_is_not_observed_may_hold_anything():
    conv = make_conv()
    values, times, observed = make_batch("random")
    output = conv(values, times, observed)
    for junk in (math.nan, math.inf, 1e300):
        spoiled = torch.where(observed, values, junk).requires_grad_()
        got = conv(spoiled, times, observed)
        assert torch.equal(got, output)
        got.sum().backward()
        assert spoiled.grad.isfinite().all()
        assert (spoiled.grad[~observed] == 0).all()


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_series_without_any_observation_give_the_bias(causal):
    conv = make_conv(causal=causal)
    nn.init.normal_(conv.bias)
    values, times, observed = make_batch("random")
    observed[1] = False
    output = conv(values, times, observed)
    assert torch.equal(output[1], conv.bias.expand(24, -1))
    alone = conv(values[1:], times[1:], observed[1:])
    assert torch.equal(alone, conv.bias.expand(1, 24, -1))


@pytest.mark.parametrize("shape", [(0, 5), (2, 0), (0, 0)])
def test_empty_batches_give_empty_outputs(shape):
    conv = make_conv(time_step=1.0)
    times = torch.zeros(shape, dtype=torch.float64)
    values = torch.zeros(*shape, N_IN, dtype=torch.float64, requires_grad=True)
    output = conv(values, times)
    assert output.shape == (*shape, N_OUT)
    output.sum().backward()


def test_a_kernel_may_be_given_as_a_module():
    kernel = BandKernel(N_IN, N_OUT).double()
    conv = make_conv(kernel)
    assert conv.kernel is kernel
    batch = make_batch("random")
    assert_like_direct_sum(conv, *batch, None, FLOAT64)


def test_the_layer_prints_its_settings():
    shown = repr(make_conv())
    assert "3, 2, causal=True, horizon=7, quadrature='gap'" in shown


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"in_channels": 0}, ValueError, "`in_channels` must be at least 1; got 0"),
        ({"out_channels": 2.0}, TypeError, "`out_channels` must be an integer; got 2"),
        ({"horizon": 0.0}, ValueError, "`horizon` must be positive and finite; got 0"),
        ({"horizon": "7"}, TypeError, "`horizon` must be a number; got '7'"),
        (
            {"time_step": [1.0, -1.0, 1.0]},
            ValueError,
            r"`time_step` must be positive and finite; got -1.0",
        ),
        (
            {"time_step": math.inf},
            ValueError,
            "`time_step` must be positive and finite; got inf",
        ),
        (
            {"time_step": [1.0, math.inf, 1.0]},
            ValueError,
            "`time_step` must be positive and finite; got inf",
        ),
        (
            {"time_step": math.nan},
            ValueError,
            "`time_step` must be positive and finite; got nan",
        ),
        (
            {"time_step": [1.0, 2.0]},
            ValueError,
            r"one number or one per channel \(3\); got the shape \(2,\)",
        ),
        (
            {"time_step": []},
            ValueError,
            r"one number or one per channel \(3\); got the shape \(0,\)",
        ),
        (
            {"quadrature": "kde"},
            ValueError,
            "`quadrature` must be one of 'gap', 'linear', 'none'; got 'kde'",
        ),
        ({"kernel": "sine"}, ValueError, "`kernel` must be one of 'bands', 'siren'"),
        (
            {"kernel": nn.Linear(1, 1)},
            TypeError,
            "`kernel` must be a name or an AbstractKernel; got Linear",
        ),
        (
            {"kernel": BandKernel(3, 3)},
            ValueError,
            r"= \(3, 2, True\); got \(3, 3, True\). Make it with the sizes",
        ),
        (
            {"omega_0": 3.0},
            ValueError,
            r"`kernel_params` must only hold parameters of the kernel; got "
            r"\['omega_0'\]. It takes \['n_features'\]",
        ),
        (
            {"kernel": BandKernel(3, 2), "n_features": 3},
            ValueError,
            r"`kernel_params` must be empty if `kernel` is a module; got "
            r"\['n_features'\]. Make the kernel with them",
        ),
    ],
)
def test_wrong_settings_raise(params, error, message):
    sizes = {"in_channels": N_IN, "out_channels": N_OUT}
    with pytest.raises(error, match=message):
        CKConv(**{**sizes, **params})


VALUES = torch.zeros(2, 4, N_IN)
TIMES = torch.arange(4.0).expand(2, -1)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"values": torch.zeros(2, 4)},
            ValueError,
            r"`values` must have the shape \(batch, time, 3\); got \(2, 4\)",
        ),
        (
            {"values": torch.zeros(2, 4, 2)},
            ValueError,
            r"\(batch, time, 3\); got \(2, 4, 2\)",
        ),
        (
            {"values": VALUES.long()},
            TypeError,
            "`values` must be floating; got torch.int64",
        ),
        ({"times": None}, ValueError, "`times` or `plan` must be given; got neither"),
        (
            {"times": TIMES[:, :3]},
            ValueError,
            r"sizes of `times`, \(2, 3\); got \(2, 4\)",
        ),
        ({"times": TIMES[:1]}, ValueError, r"sizes of `times`, \(1, 4\); got \(2, 4\)"),
        (
            {"times": TIMES.flip(1)},
            ValueError,
            "series 0 has 2.0 after 3.0. Sort each series",
        ),
        (
            {"observed": VALUES},
            TypeError,
            r"`observed` must be boolean; got torch.float32. Use `mask.bool\(\)`",
        ),
        (
            {"observed": VALUES.long()},
            TypeError,
            "`observed` must be boolean; got torch.int64",
        ),
        (
            {"observed": torch.ones(2, 4, 2).bool()},
            ValueError,
            r"`observed` must have 1 or 3 channels; got 2",
        ),
        (
            {"observed": torch.ones(2, 4).bool()},
            ValueError,
            r"`observed` must have the shape \(batch, time, channels\) with "
            r"\(batch, time\) = \(2, 4\); got \(2, 4\)",
        ),
    ],
)
def test_wrong_arguments_raise(arguments, error, message):
    conv = CKConv(N_IN, N_OUT)
    with pytest.raises(error, match=message):
        conv(**{"values": VALUES, "times": TIMES, **arguments})


def test_an_unknown_method_raises():
    with pytest.raises(ValueError, match="`method` must be one of 'auto', 'lattice'"):
        CKConv(1, 1).plan(TIMES, method="fft")


def test_a_gap_beyond_the_horizon_weighs_as_much_as_one_of_a_horizon():
    conv = CKConv(1, 1, horizon=10.0, bias=False).double()
    values = torch.ones(1, 4, 1, dtype=torch.float64)
    far, further = (torch.tensor([[0.0, 1.0, 2.0, end]]).double() for end in (20, 1e9))
    torch.testing.assert_close(conv(values, far)[:, -1], conv(values, further)[:, -1])


def test_a_plan_of_the_other_direction_raises():
    times = torch.arange(4.0, dtype=torch.float64)[None]
    plan = CKConv(1, 1, causal=False).plan(times)
    with pytest.raises(ValueError, match=r"must be causal=True.*causal=False"):
        CKConv(1, 1, causal=True)(torch.zeros(1, 4, 1), plan=plan)


def test_a_mesh_for_centred_layers_raises_in_a_causal_one():
    times = torch.rand(1, 30, dtype=torch.float64).sort(1).values
    centred = CKConv(2, 2, causal=False)
    geometry = centred.geometry(times, method="mesh")
    assert centred.plan(times, geometry=geometry).geometry is geometry
    with pytest.raises(ValueError, match=r"`geometry` must be causal=True.*conv.geom"):
        CKConv(2, 2).plan(times, geometry=geometry)
