"""The convolution on a lattice against the sum over all pairs."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.methods.base import FactoredKernel
from ckts.convolution.plan import layer_geometry
from references import dense_sum, relative_error

DIRECTIONS = pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])


def features(lags):
    """Smooth, with a kink and with a jump: a lattice is exact for all of them."""
    return torch.stack([torch.exp(-lags.abs() / 9), (lags / 7).sin(), lags.sign()], -1)


def draw_sum(times, *, n_in=2, n_out=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    weighted = torch.randn(*times.shape, n_in, **options)
    mixing = torch.randn(n_out, n_in, 3, **options)
    return weighted.requires_grad_(), mixing.requires_grad_()


def assert_like_pairs(geometry, weighted, mixing, *, causal, reach=None, kernel=None):
    kernel = kernel or features
    options = {} if reach is None else {"reach": reach}
    got = geometry.method.convolve(
        weighted, FactoredKernel(kernel, mixing, causal=causal, **options)
    )
    stamps = geometry.times, geometry.query_times
    expected = dense_sum(weighted, kernel, mixing, *stamps, causal=causal)
    assert relative_error(got, expected) < 1e-12
    sensitivity = torch.randn(
        got.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    gradients = (
        torch.autograd.grad((output * sensitivity).sum(), (weighted, mixing))
        for output in (got, expected)
    )
    for one, other in zip(*gradients, strict=True):
        assert relative_error(one, other) < 1e-12


def stamps_of(size):
    return st.lists(st.integers(0, 90), min_size=size, max_size=size).map(sorted)


@st.composite
def batches(draw):
    """Stamps in whole steps, with ties and holes, and queries on either side."""
    n_series, n_times = draw(st.integers(1, 3)), draw(st.integers(1, 25))
    times = [draw(stamps_of(n_times)) for _ in range(n_series)]
    n_queries = draw(st.integers(0, 6))
    queries = [
        draw(st.lists(st.integers(-20, 120), min_size=n_queries, max_size=n_queries))
        for _ in range(n_series)
    ]
    unit = draw(st.sampled_from([1.0, 0.25, 0.1]))
    times, queries = (
        torch.tensor(part, dtype=torch.float64) * unit for part in (times, queries)
    )
    return times, queries if n_queries else None


@settings(max_examples=60)
@given(batches(), st.booleans(), st.integers(0, 2**16))
def test_stamps_on_a_lattice_are_summed_exactly(batch, causal, seed):
    geometry = layer_geometry(*batch, method="lattice")
    sums = draw_sum(batch[0], seed=seed)
    assert_like_pairs(geometry, *sums, causal=causal)


@DIRECTIONS
def test_a_kernel_per_channel_is_exact(causal):
    times = torch.tensor([[0, 1, 1, 5, 9], [0, 0, 3, 4, 4]]).double()
    geometry = layer_geometry(times, method="lattice")
    weighted, mixing = draw_sum(times, n_in=4, n_out=1)
    mixing = mixing[0].detach().requires_grad_()
    assert_like_pairs(geometry, weighted, mixing, causal=causal)


@DIRECTIONS
def test_lags_beyond_the_reach_may_be_left_out(causal):
    def ending(lags):
        return features(lags) * (lags.abs() < 6.5).unsqueeze(-1)

    times = torch.arange(40).double().unsqueeze(0)
    geometry = layer_geometry(times, method="lattice")
    sums = draw_sum(times)
    for reach in (6.5, 7.0, 300.0):
        assert_like_pairs(geometry, *sums, causal=causal, reach=reach, kernel=ending)


@DIRECTIONS
def test_the_kernel_is_evaluated_at_no_more_lags_than_it_reaches(causal):
    asked = []

    def counting(lags):
        asked.append(lags)
        return features(lags)

    times = torch.arange(100).double().unsqueeze(0) / 2
    geometry = layer_geometry(times, method="lattice")
    weighted, mixing = draw_sum(times)
    geometry.method.convolve(
        weighted, FactoredKernel(counting, mixing, causal=causal, reach=4.0)
    )
    (lags,) = asked
    assert lags.max() == 4.0
    assert lags.min() == (0.0 if causal else -4.0)
    assert len(lags) == (9 if causal else 17)
