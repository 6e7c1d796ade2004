"""What the integral of the interpolant must not depend on, and its errors."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ckconv_cases import (
    FLOAT64,
    FUTURE_CHANGES,
    MESH,
    N_IN,
    N_OUT,
    ROUNDING,
    assert_like_direct_sum,
    change_future,
    make_batch,
    make_conv,
)
from ckts.layers import layer_geometry, make_plan
from linear_cases import GAUSS, assert_like_integral, make_linear, run
from references import TIME_KINDS, relative_error

# --- one stamp only ------------------------------------------------------------------


def test_looking_both_ways_a_lone_observation_counts_as_one_time_step():
    conv = make_linear(causal=False, bias=False)
    values = torch.randn(1, 3, N_IN, dtype=torch.float64)
    times = torch.tensor([[1e9, 1e9 + 2, 1e9 + 2]], dtype=torch.float64)
    for rows in ([0], [1, 2]):  # one row, and two at one time
        observed = torch.zeros(1, 3, N_IN, dtype=torch.bool)
        observed[:, rows] = True
        mean = values[0, rows].mean(0)
        lags = (times[0] - times[0, rows[0]]) / conv.horizon
        expected = conv.kernel(lags) @ mean
        assert relative_error(conv(values, times, observed)[0], expected) < FLOAT64


def test_causally_a_lone_observation_is_held():
    conv = make_linear()
    values = torch.randn(1, 1, N_IN, dtype=torch.float64)
    times = torch.zeros(1, 1, dtype=torch.float64)
    queries = torch.tensor([[0.0, 1e-6, 2.0, 8.0, 9.0]], dtype=torch.float64)
    assert_like_integral(conv, (values, times, None), queries, auto=GAUSS)
    output = conv(values, times, query_times=queries) - conv.bias
    assert (output[0, 0] == 0).all()  # at its own time nothing has passed
    assert output[0, 1].abs().max() < 1e-4
    assert output[0, 2].abs().min() > 1e-3
    # held on, the whole kernel has seen it: from 1.25 horizons on nothing changes
    later = conv(values, times, query_times=torch.tensor([[1e3, 1e6]]).double())
    assert relative_error(later[:, 1], later[:, 0]) < FLOAT64


# --- the future ----------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(TIME_KINDS),
    st.integers(0, 2**31 - 1),
    st.integers(2, 14),
    st.sampled_from(FUTURE_CHANGES),
    st.booleans(),
    st.sampled_from(["pairwise", "mesh"]),
)
def test_nothing_after_the_output_time_enters(kind, seed, length, what, masked, method):
    conv = make_linear()
    values, times, observed = make_batch(kind, length=length, batch=1, seed=seed)
    observed = observed if masked else torch.ones_like(observed)
    batch = values, times, observed
    n_known, changed = change_future(batch, what, seed, factor=20)
    known = times[:, n_known - 1 : n_known]
    before, after = run(conv, batch, None, method), run(conv, changed, None, method)
    largest = max(before.abs().max().item(), after.abs().max().item(), 1.0)
    difference = (after[:, :n_known] - before[:, :n_known]).abs().max()
    assert difference <= ROUNDING * largest
    # between observations, however long the gap that runs, and before the first
    queries = torch.cat([known, known + 1e-9, times[:, :1] - 1, times[:, :1]], 1)
    known_batch = [part[:, :n_known] for part in (values, times, observed)]
    alone = run(conv, known_batch, queries, method)
    asked = run(conv, changed, queries, method)
    assert (asked - alone).abs().max() <= ROUNDING * largest
    assert (asked[:, 2] - conv.bias).abs().max() <= ROUNDING * largest


def test_a_slope_is_subtracted_with_the_kernel_of_the_mesh():
    # a mesh so coarse that its kernel is off by 1e-3: the future must not show that
    conv = make_linear("siren", omega_0=30.0, horizon=7.0)
    values, times, observed = make_batch("random", length=40, share=0.3)
    options = {"quadrature": "linear", "mesh_step": 0.09, "method": "mesh"}
    geometry = layer_geometry(times, horizon=7.0, **options)
    plan = conv.plan(times, observed, geometry=geometry)
    exact = run(conv, (values, times, observed), None, "pairwise")
    before = conv(values, plan=plan)
    assert relative_error(before, exact) > 1e-4
    changed = values.clone()
    changed[:, 20:] += 100
    after = conv(changed, plan=plan)
    past = (after - before)[:, :20].abs().max()
    assert past <= ROUNDING * after.abs().max()


# --- what changes nothing ------------------------------------------------------------


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(TIME_KINDS),
    st.integers(0, 2**31 - 1),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from(["pairwise", "mesh"]),
)
def test_padding_and_batch_mates_change_nothing(kind, seed, length, causal, method):
    conv = make_linear(causal=causal)
    batch = make_batch(kind, batch=3, length=length, seed=seed)
    own = np.random.default_rng(seed).integers(1, length + 1, 3)
    padded = [
        torch.cat([part, part[:, -1:].expand(-1, 2, *part.shape[2:])], 1)
        for part in batch
    ]
    for series, n_own in enumerate(own):
        padded[0][series, n_own:] = math.nan
        padded[1][series, n_own:] = batch[1][series, n_own - 1]
        padded[2][series, n_own:] = False
    together = run(conv, padded, None, method)
    # with others, a mesh may sum through moments what it sums one by one without
    bound = 10 * ROUNDING if method == "pairwise" else 1e-7
    for series, n_own in enumerate(own):
        single = [part[series : series + 1, :n_own] for part in batch]
        alone = run(conv, single, None, method)
        difference = (together[series, :n_own] - alone[0]).abs().max()
        assert difference <= bound * together[series].abs().max()


def test_hidden_rows_change_an_output_by_no_more_than_the_nodes_do():
    for causal in (True, False):
        conv = make_linear(causal=causal)
        values, times, observed = make_batch("random", length=20)
        kept = torch.arange(20) % 3 != 1
        observed = observed & kept.unsqueeze(-1)
        output = conv(values, times, observed)[:, kept]
        without = conv(values[:, kept], times[:, kept], observed[:, kept])
        assert relative_error(without, output) < GAUSS


@pytest.mark.parametrize("shape", [(0, 5), (2, 0), (0, 0)])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_empty_batches_give_empty_outputs(shape, causal):
    conv = make_linear(causal=causal)
    values = torch.zeros(*shape, N_IN, dtype=torch.float64, requires_grad=True)
    output = conv(values, torch.zeros(shape, dtype=torch.float64))
    assert output.shape == (*shape, N_OUT)
    output.sum().backward()


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_series_without_any_observation_give_the_bias(causal):
    conv = make_linear(causal=causal)
    nn.init.normal_(conv.bias)
    values, times, observed = make_batch("random")
    observed[1] = False
    spoiled = torch.where(observed, values, math.nan).requires_grad_()
    output = conv(spoiled, times, observed)
    assert torch.equal(output[1], conv.bias.expand(24, -1))
    output.sum().backward()
    assert spoiled.grad.isfinite().all()
    assert (spoiled.grad[~observed] == 0).all()


# --- errors --------------------------------------------------------------------------

TIMES = torch.arange(4.0).expand(2, -1)


def test_a_lattice_raises():
    with pytest.raises(
        ValueError, match="`method` must not be 'lattice' for quadrature='linear'"
    ):
        make_linear().plan(TIMES, method="lattice")


def test_a_mesh_for_kinks_and_an_unknown_method_raise():
    with pytest.raises(ValueError, match="`method` must not be 'mesh' for a kernel"):
        make_linear("relu").plan(TIMES, method="mesh")
    with pytest.raises(ValueError, match="`method` must be one of 'auto', 'lattice'"):
        make_linear().plan(TIMES, method="fft")


def test_the_geometry_of_another_layer_raises():
    ours, gap = make_linear(), make_conv()
    with pytest.raises(
        TypeError, match=r"made for quadrature='linear'; got one for another quad"
    ):
        ours.plan(TIMES, geometry=gap.geometry(TIMES))
    with pytest.raises(
        TypeError, match="made for quadrature='gap'; got one for another"
    ):
        gap.plan(TIMES, geometry=ours.geometry(TIMES))
    with pytest.raises(TypeError, match="quadrature='linear'; got None"):
        make_plan(TIMES, quadrature="linear")
    with pytest.raises(
        ValueError, match=r"must be causal=False.*got one with causal=T"
    ):
        make_linear(causal=False).plan(TIMES, geometry=ours.geometry(TIMES))
    with pytest.raises(ValueError, match="`quadrature` must be one of 'gap', 'linear'"):
        make_plan(TIMES, quadrature="kde")


def test_a_regular_grid_keeps_to_the_direct_sum_of_its_sources():
    # the sum over sources is the library's own: only where they are is new
    conv = make_linear(causal=False, bias=False)
    values, times, _ = make_batch("regular", length=10)
    plan = conv.plan(times)
    signal = plan.quadrature.signal(values)
    sources = plan.geometry.method
    plain = make_conv(causal=False, bias=False, quadrature="none")
    assert_like_direct_sum(
        plain, signal, sources.times, None, times - times[:, :1], 1e-6
    )
    twin = plain(signal, sources.times, query_times=times - times[:, :1])
    assert relative_error(conv(values, plan=plan), twin) < MESH
