"""The sum over pairs in blocks: against the sum in one piece, and what it holds."""

import gc
import weakref

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckconv_cases import (
    FLOAT64,
    assert_like_direct_sum,
    draw_queries,
    make_batch,
    make_conv,
)
from ckts.convolution.methods import pairwise
from ckts.convolution.methods.base import FactoredKernel
from ckts.convolution.plan import layer_geometry
from quadratures import plan_of
from references import direct_sum, relative_error
from time_patterns import draw_pattern, pad_series, patterns

DIRECTIONS = pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
BLOCK_SIZES = pytest.mark.parametrize("size", [7, 40, 700, 10**6])
REACH = 0.4


def tents(centers):
    """Features that end at REACH, with a parameter of their own."""

    def features(lags):
        inside = torch.where(lags.abs() < REACH, lags, 0).unsqueeze(-1)
        window = (REACH - lags.abs()).clamp(min=0).unsqueeze(-1)
        return window * torch.cos(5 * inside * centers + centers)

    return features


def in_one_piece(weighted, features, mixing, times, queries, causal):
    """``sum_j mixing @ features(t_i - tau_j) x_j`` over all pairs at once."""
    lags = queries.unsqueeze(2) - times.unsqueeze(1)
    basis = features(lags)
    if causal:
        basis = basis * (lags >= 0).unsqueeze(-1)
    if mixing.ndim == 2:
        return torch.einsum("bijf,cf,bjc->bic", basis, mixing, weighted)
    return torch.einsum("bijf,ocf,bjc->bio", basis, mixing, weighted)


def assert_like_one_piece(times, queries, *, causal, reach, depthwise, seed=0):
    """Values and all gradients."""
    generator = torch.Generator().manual_seed(seed)

    def randn(*shape):
        drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
        return drawn.requires_grad_()

    geometry = layer_geometry(times, queries, method="pairwise")
    stamps = geometry.times, geometry.query_times
    sizes = (2, 4) if depthwise else (3, 2, 4)
    weighted, mixing, centers = randn(*times.shape, 2), randn(*sizes), randn(4)
    sensitivity = randn(*stamps[1].shape, len(mixing)).detach()
    blocked = geometry.method.convolve(
        weighted, FactoredKernel(tents(centers), mixing, causal=causal, reach=reach)
    )
    whole = in_one_piece(weighted, tents(centers), mixing, *stamps, causal)
    assert blocked.shape == whole.shape
    leaves = weighted, mixing, centers
    results = [
        (output, *torch.autograd.grad((output * sensitivity).sum(), leaves))
        for output in (blocked, whole)
    ]
    # of one lag alone, centers may have gradients that are rounding around 0
    scale = max(part.abs().max().item() for part in results[1])
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-12 * max(scale, 1))


# --- values and gradients -------------------------------------------------------------


@BLOCK_SIZES
@DIRECTIONS
def test_blocks_are_the_sum_in_one_piece(size, causal, monkeypatch):
    monkeypatch.setattr(pairwise, "PAIRS_PER_BLOCK", size)

    @settings(max_examples=10)
    @given(
        patterns.filter(lambda stamps: len(stamps) <= 40),
        st.sampled_from([0.3, 1.0, 20.0]),
        st.sampled_from([REACH, torch.inf]),
        st.booleans(),
        st.booleans(),
        st.integers(0, 2**16),
    )
    def holds(stamps, span, reach, depthwise, ask, seed):
        times, _ = pad_series(span * stamps, draw_pattern("uniform", 20, seed))
        queries = draw_queries(times, seed=seed) if ask else None
        assert_like_one_piece(
            times, queries, causal=causal, reach=reach, depthwise=depthwise, seed=seed
        )

    holds()


@DIRECTIONS
def test_blocks_of_a_layer_meet_the_direct_sum(causal, monkeypatch):
    monkeypatch.setattr(pairwise, "PAIRS_PER_BLOCK", 100)
    conv = make_conv("siren", causal=causal)
    values, times, observed = make_batch("random", length=33)
    assert_like_direct_sum(conv, values, times, observed, None, FLOAT64)
    queries = draw_queries(times)
    assert_like_direct_sum(conv, values, times, observed, queries, FLOAT64)
    with torch.no_grad():
        got = conv(values, times, observed)
    assert relative_error(got, direct_sum(conv, values, times, observed)[0]) < FLOAT64


@pytest.mark.parametrize("queries", [[[-3.0, -2.0]], [[99.0]], [[]]])
@DIRECTIONS
def test_queries_that_see_nothing_get_zero(queries, causal):
    times = torch.tensor([[0.0, 0.5, 1.0]], dtype=torch.float64)
    queries = torch.tensor(queries, dtype=torch.float64)
    weighted = torch.ones(1, 3, 2, dtype=torch.float64, requires_grad=True)
    mixing = torch.ones(3, 2, 4, dtype=torch.float64, requires_grad=True)
    features = tents(torch.ones(4, dtype=torch.float64))
    geometry = layer_geometry(times, queries, method="pairwise")
    output = geometry.method.convolve(
        weighted, FactoredKernel(features, mixing, causal=causal, reach=REACH)
    )
    assert torch.equal(output, torch.zeros(1, queries.shape[1], 3).double())
    output.sum().backward()
    assert (weighted.grad == 0).all()
    assert (mixing.grad == 0).all()


# --- autograd as usual ----------------------------------------------------------------


def small_case(monkeypatch):
    """A convolution of three blocks or more as a function of its three tensors."""
    monkeypatch.setattr(pairwise, "PAIRS_PER_BLOCK", 16)
    times = draw_pattern("uniform", 7).unsqueeze(0)
    geometry = layer_geometry(times, method="pairwise")
    generator = torch.Generator().manual_seed(1)
    shapes = (1, 7, 2), (2, 2, 3), (3,)
    leaves = [
        torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]

    def value(weighted, mixing, centers):
        return geometry.method.convolve(
            weighted, FactoredKernel(tents(centers), mixing)
        )

    return value, leaves


def test_first_and_second_derivatives_are_those_of_finite_differences(monkeypatch):
    value, leaves = small_case(monkeypatch)
    assert torch.autograd.gradcheck(value, leaves)
    assert torch.autograd.gradgradcheck(value, leaves)


def test_frozen_tensors_get_no_gradient_and_the_others_the_same(monkeypatch):
    value, leaves = small_case(monkeypatch)
    expected = torch.autograd.grad(value(*leaves).sum(), leaves)
    for trained in range(3):
        for leaf in leaves:
            leaf.requires_grad_(leaf is leaves[trained])
        (gradient,) = torch.autograd.grad(value(*leaves).sum(), leaves[trained])
        torch.testing.assert_close(gradient, expected[trained], rtol=0, atol=1e-14)


def test_gradients_reach_what_features_are_made_from(monkeypatch):
    # not a leaf: made before the convolution, from one that is hooked
    value, (weighted, mixing, centers) = small_case(monkeypatch)
    expected = torch.autograd.grad(value(weighted, mixing, centers).sum(), centers)[0]
    half = (centers.detach() / 2).requires_grad_()
    hooked = []
    half.register_hook(hooked.append)
    value(weighted, mixing, 2 * half).sum().backward()
    torch.testing.assert_close(half.grad, 2 * expected, rtol=1e-13, atol=0)
    assert torch.equal(hooked[0], half.grad)


def test_a_graph_can_be_used_twice_and_beside_another(monkeypatch):
    value, leaves = small_case(monkeypatch)
    one, other = value(*leaves).sum(), value(*leaves).square().sum()
    expected = torch.autograd.grad(other, leaves, retain_graph=True)
    first = torch.autograd.grad(one, leaves, retain_graph=True)
    for got in (
        torch.autograd.grad(one + other, leaves, retain_graph=True),
        [a + b for a, b in zip(first, torch.autograd.grad(other, leaves), strict=True)],
    ):
        for part, a, b in zip(got, first, expected, strict=True):
            torch.testing.assert_close(part, a + b, rtol=1e-12, atol=1e-14)


def test_autocast_around_the_backward_pass_changes_no_features(monkeypatch):
    _, (weighted, _, _) = small_case(monkeypatch)
    geometry = layer_geometry(
        draw_pattern("uniform", 7).unsqueeze(0), method="pairwise"
    )
    line = torch.ones(1, 3, requires_grad=True)
    made = []

    def features(lags):
        made.append(lags.clamp(max=1).float().unsqueeze(-1) @ line)
        return made[-1]

    mixing = torch.ones(2, 2, 3)
    output = geometry.method.convolve(
        weighted.float(), FactoredKernel(features, mixing)
    )
    n_blocks = len(made)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output.sum().backward()
    again = made[n_blocks:][::-1]
    assert len(again) == n_blocks - 1
    for got, expected in zip(again, made, strict=False):
        assert torch.equal(got, expected)


# --- what is computed and what is held ------------------------------------------------


def count_pairs(n_times, *, causal=True, size=256, reach=torch.inf, batch=3):
    """Sizes of the lags that the forward and the backward pass ask features for."""
    sizes = []
    features = tents(torch.ones(3, dtype=torch.float64, requires_grad=True))

    def counted(lags):
        sizes.append(lags.numel())
        return features(lags)

    times = torch.rand(batch, n_times, dtype=torch.float64).sort().values
    geometry = layer_geometry(times, method="pairwise")
    output = plan_of(geometry, quadrature="none", causal=causal).convolve(
        torch.ones(batch, n_times, 2, dtype=torch.float64),
        counted,
        torch.ones(4, 2, 3, dtype=torch.float64),
        reach=reach,
    )
    n_forward = len(sizes)
    output.sum().backward()
    return sizes[:n_forward], sizes[n_forward:]


def test_nothing_of_pairs_times_channels_is_built(monkeypatch):
    # the features are the largest tensor; no block has more than its share of pairs
    monkeypatch.setattr(pairwise, "PAIRS_PER_BLOCK", 256)
    forward, backward = count_pairs(50, causal=False)
    assert sum(forward) == 3 * 50 * 50
    assert max(forward) <= 256
    assert backward == forward[-2::-1]  # the last block is still there


def test_the_future_and_what_is_out_of_reach_are_passed_over(monkeypatch):
    monkeypatch.setattr(pairwise, "PAIRS_PER_BLOCK", 2000)
    forward, _ = count_pairs(200, causal=True)
    assert sum(forward) < 0.6 * 3 * 200 * 200
    forward, _ = count_pairs(200, causal=False, reach=REACH / 8)
    assert sum(forward) < 0.3 * 3 * 200 * 200


def test_a_small_batch_is_one_block_and_is_computed_once():
    forward, backward = count_pairs(20)
    assert forward == [3 * 20 * 20]
    assert backward == []


def test_one_block_is_held_at_a_time(monkeypatch):
    _, (weighted, mixing, centers) = small_case(monkeypatch)
    alive, most = [], []

    def features(lags):
        alive[:] = [reference for reference in alive if reference() is not None]
        most.append(len(alive))
        basis = tents(centers)(lags)
        alive.append(weakref.ref(basis.untyped_storage()))
        return basis

    times = draw_pattern("uniform", 7).unsqueeze(0)
    geometry = layer_geometry(times, method="pairwise")
    output = geometry.method.convolve(weighted, FactoredKernel(features, mixing))
    n_blocks = len(most)
    assert n_blocks >= 3
    output.sum().backward()
    assert len(most) == 2 * n_blocks - 1
    assert max(most) <= 1


def test_what_a_graph_holds_goes_with_it(monkeypatch):
    # not only when cycles of references are looked for
    value, leaves = small_case(monkeypatch)
    weighted = leaves[0] * 2
    there = weakref.ref(weighted)
    gc.disable()
    try:
        value(weighted, *leaves[1:]).sum().backward()
        del weighted
        assert there() is None
    finally:
        gc.enable()
