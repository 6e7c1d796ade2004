"""The convolution against the direct sum: values and gradients, both methods."""

import pytest
import torch

from ckconv_cases import (
    FLOAT32,
    FLOAT64,
    HORIZON,
    MESH,
    N_IN,
    ROUNDING,
    assert_like_direct_sum,
    draw_queries,
    make_batch,
    make_conv,
    uses_lattice,
)
from ckts.kernels import KERNELS
from ckts.layers import CKConv
from references import TIME_KINDS, direct_sum, draw_times, relative_error

# --- the direct sum ------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["at observations", "queries"])
@pytest.mark.parametrize("masked", [False, True], ids=["complete", "masked"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", TIME_KINDS)
def test_values_and_gradients_are_those_of_the_direct_sum(kind, causal, masked, asked):
    conv = make_conv(causal=causal)
    values, times, observed = make_batch(kind)
    observed = observed if masked else None
    queries = None
    if asked == "queries":
        # on the lattice if there is one: its steps are 1/4 and 1/8
        queries = draw_queries(times)
        if "lattice" in kind or kind == "regular":
            queries = (queries * 8).round() / 8
    on_lattice = uses_lattice(conv, times, observed, queries)
    assert on_lattice == ("lattice" in kind or kind == "regular")
    assert_like_direct_sum(conv, values, times, observed, queries, FLOAT64)


@pytest.mark.parametrize("quadrature", ["gap", "none"])
@pytest.mark.parametrize("kind", ["lattice", "random"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_meets_the_direct_sum(kernel, kind, quadrature):
    conv = make_conv(kernel, quadrature=quadrature)
    values, times, observed = make_batch(kind, length=17)
    assert_like_direct_sum(conv, values, times, observed, None, FLOAT64)


@pytest.mark.parametrize("bias_init", ["period", "fan_in"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", TIME_KINDS)
def test_float32_meets_the_direct_sum_with_the_kernel_of_the_paper(
    kind, causal, bias_init
):
    for seed in range(3):
        conv = make_conv(
            "siren",
            seed=seed,
            dtype=torch.float32,
            causal=causal,
            omega_0=30.0,
            bias_init=bias_init,
            horizon=40.0 if kind in ("regular", "lattice") else 10.0,
        )
        values, times, _ = make_batch(
            kind, batch=1, length=200, seed=seed, dtype=torch.float32
        )
        on_mesh = conv.plan(times).geometry.method.name == "mesh"
        bound = MESH if on_mesh else FLOAT32
        assert_like_direct_sum(conv, values, times, None, None, bound)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 16, 31, 45, 97, 161])
def test_any_length_meets_the_direct_sum(length, causal):
    conv = make_conv(causal=causal, time_step=0.25)
    values, times, _ = make_batch("regular", length=length, batch=1)
    assert uses_lattice(conv, times)
    assert_like_direct_sum(conv, values, times, None, None, FLOAT64)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("n_in", [1, 3])
def test_rows_without_observation_are_outputs_like_others(n_in, causal):
    conv = CKConv(n_in, 2, horizon=HORIZON, causal=causal).double()
    generator = torch.Generator().manual_seed(3)
    for kind in ("random", "regular"):
        times = draw_times(kind, 2, 12, generator)
        values = torch.randn(2, 12, n_in, dtype=torch.float64)
        observed = torch.rand(2, 12, 1, generator=generator) < 0.5
        observed[0, 0], observed[0, -1] = False, False
        assert_like_direct_sum(conv, values, times, observed, None, FLOAT64)


def test_a_lag_beyond_the_horizon_enters_no_more():
    conv = make_conv(horizon=2.0)
    for kind in ("random", "regular"):
        values, times, _ = make_batch(kind, length=40)
        assert_like_direct_sum(conv, values, times, None, None, FLOAT64)
        output = conv(values, times)
        far = times < times[:, -1:] - 2.5  # 1.25 horizons
        assert far.any()
        changed = torch.where(far.unsqueeze(-1), 1e3, values)
        last = conv(changed, times)[:, -1]
        # rounding of the FFT is relative to the largest value, which is now 1e3
        assert (last - output[:, -1]).abs().max() < 1e3 * ROUNDING


def test_a_lone_observation_has_weight_one():
    conv = make_conv(time_step=0.01)
    values = torch.randn(1, 1, N_IN, dtype=torch.float64)
    times = torch.tensor([[1e9]], dtype=torch.float64)
    expected = conv.kernel(torch.zeros((), dtype=torch.float64)) @ values[0, 0]
    for causal in (True, False):
        conv = make_conv(time_step=0.01, causal=causal)
        expected = conv.kernel(torch.zeros((), dtype=torch.float64)) @ values[0, 0]
        assert relative_error(conv(values, times)[0, 0], expected) < FLOAT64


# --- the two methods -----------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", ["regular", "lattice", "tied_lattice"])
def test_both_methods_agree_on_a_lattice(kind, causal):
    conv = make_conv(causal=causal)
    values, times, observed = make_batch(kind, length=40)
    outputs = []
    for method in ("lattice", "pairwise"):
        plan = conv.plan(times, observed, method=method)
        assert (plan.geometry.method.name == "lattice") == (method == "lattice")
        outputs.append(conv(values, plan=plan))
    assert relative_error(*outputs) < FLOAT64


@pytest.mark.parametrize("method", ["auto", "pairwise"])
def test_a_query_within_rounding_of_a_lattice_point_is_that_point(method):
    conv = make_conv(time_step=0.1)
    times = torch.arange(10).double().unsqueeze(0) * 0.1
    values = torch.randn(1, 10, N_IN, dtype=torch.float64)
    queries = torch.tensor([[0.3]], dtype=torch.float64)
    assert queries[0, 0] < times[0, 3]  # by one ulp
    if method == "auto":
        got = conv(values, times, query_times=queries)
        assert relative_error(got, conv(values, times)[:, 3:4]) < FLOAT64
        # and its weight looks no further ahead
        later = times.clone()
        later[0, 4:] += 0.3
        moved = conv(values, later, query_times=queries)
        assert relative_error(moved, got) < FLOAT64
    else:
        plan = conv.plan(times, None, queries, method=method)
        got = conv(values, plan=plan)
        expected, _ = direct_sum(conv, values, times, None, queries)
        assert relative_error(got, expected) < FLOAT64
