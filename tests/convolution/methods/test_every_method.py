"""Every method, kernel and quadrature against the direct sum, on nasty time stamps."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckconv_cases import FLOAT64, MESH, N_IN, assert_like_direct_sum
from ckts.convolution.methods import METHODS
from ckts.kernels import KERNELS
from ckts.layers import CKConv
from time_patterns import PATTERNS, draw_pattern, pad_series, patterns

HORIZON = 8.0
BOUNDS = {"lattice": FLOAT64, "mesh": MESH, "pairwise": FLOAT64}
DIRECTIONS = pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])


def make_conv(kernel="bands", **params):
    torch.manual_seed(0)
    sizes = {"horizon": HORIZON, "time_step": [0.25, 0.5, 0.125]}
    return CKConv(N_IN, 2, kernel=kernel, **{**sizes, **params}).double()


def make_batch(stamps, *, span, share, seed, dtype=torch.float64):
    """Values, times and a mask per channel, of the stamps and of plain ones.

    Errors are relative to the largest value of the batch. One point alone sees lag 0
    only, where some gradients are 0; beside a plain series their size is the usual.
    """
    generator = torch.Generator().manual_seed(seed)
    plain = draw_pattern("uniform", 40, seed)
    times, exists = pad_series(span * HORIZON * stamps, HORIZON * plain)
    shape = (*times.shape, N_IN)
    values = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    observed = torch.rand(shape, generator=generator) < share
    return values, times, observed & exists.unsqueeze(-1)


def draw_queries(times, seed):
    """Unsorted: between, after the last one, at some, and before the first one."""
    generator = torch.Generator().manual_seed(seed)
    between = torch.rand(len(times), 9, generator=generator, dtype=torch.float64)
    first, last = times[:, :1], times[:, -1:]
    at = times[:, :: max(1, times.shape[1] // 5)].flip(1)
    return torch.cat([first + (last - first) * between, last + 1.5, at, first - 3], 1)


def assert_method(method, conv, stamps, *, span=1.0, share=1.0, ask=False, seed=0):
    values, times, observed = make_batch(stamps, span=span, share=share, seed=seed)
    queries = draw_queries(times, seed) if ask else None
    if method == "lattice":
        times = (times * 64).round() / 64
        queries = (queries * 64).round() / 64 if ask else None
    bound = BOUNDS[method]
    assert_like_direct_sum(conv, values, times, observed, queries, bound, method=method)


@pytest.mark.parametrize("quadrature", ["gap", "none"])
@DIRECTIONS
@pytest.mark.parametrize("method", METHODS)
def test_any_stamps_and_queries_meet_the_direct_sum(method, causal, quadrature):
    conv = make_conv(causal=causal, quadrature=quadrature)

    @settings(max_examples=12)
    @given(
        patterns,
        st.sampled_from([0.02, 1.0, 2.5]),
        st.sampled_from([0.3, 1.0]),
        st.booleans(),
        st.integers(0, 2**16),
    )
    def holds(stamps, span, share, ask, seed):
        assert_method(method, conv, stamps, span=span, share=share, ask=ask, seed=seed)

    holds()


@DIRECTIONS
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("method", METHODS)
def test_every_kernel_takes_every_method_or_raises(method, kernel, causal):
    conv = make_conv(kernel, causal=causal)
    stamps = draw_pattern("uniform", 50, seed=1)
    if method == "mesh" and not conv.kernel.smooth:
        with pytest.raises(
            ValueError,
            match=r"`method` must not be 'mesh' for a kernel with kinks; got "
            r"(Piecewise|Recurrent)Kernel. Use method='auto'",
        ):
            assert_method(method, conv, stamps)
        return
    for seed, kind in enumerate(PATTERNS):
        stamps = draw_pattern(kind, 50, seed)
        assert_method(method, conv, stamps, share=0.7, ask=seed % 2 == 0, seed=seed)


@DIRECTIONS
@pytest.mark.parametrize("kind", PATTERNS)
def test_a_mesh_of_float32_holds_its_tolerance(kind, causal):
    for seed in range(2):
        conv = make_conv("siren", causal=causal).float()
        stamps = draw_pattern(kind, 250, seed)
        batch = make_batch(stamps, span=1.0, share=0.8, seed=seed, dtype=torch.float32)
        assert_like_direct_sum(conv, *batch, None, MESH, method="mesh")


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_one_query_of_one_observation_is_the_kernel(method, causal):
    conv = make_conv(causal=causal, bias=False)
    values = torch.ones(1, 1, N_IN, dtype=torch.float64)
    times = torch.zeros(1, 1, dtype=torch.float64)
    for lag in (0.0, 2.0, -2.0):
        plan = conv.plan(times, None, times + lag, method=method)
        got = conv(values, plan=plan)[0, 0]
        expected = conv.kernel(torch.tensor(lag / HORIZON).double()).sum(1)
        if causal and lag < 0:
            expected = 0 * expected
        assert (got - expected).abs().max() < 1e-5
