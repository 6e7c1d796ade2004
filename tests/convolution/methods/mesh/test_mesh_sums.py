"""The convolution on a mesh: exact for polynomials, of eighth order for others."""

import contextlib
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.methods.base import FactoredKernel
from ckts.convolution.methods.mesh import near_field
from ckts.convolution.methods.mesh import near_terms as near
from ckts.convolution.methods.mesh.splines import NODES, TAPS, spline_taps
from ckts.convolution.plan import layer_geometry
from references import dense_sum, relative_error
from time_patterns import draw_pattern, pad_series, patterns

DIRECTIONS = pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
# Rounding of the two interpolations, whose weights add up to 7 in absolute value, and
# of the FFT.
EXACT = 1e-11
seeds = st.integers(0, 2**16)


@contextlib.contextmanager
def joined(how):
    """Force the near field: "stamps" one by one, or "intervals" through moments."""
    largest = {"stamps": math.inf, "intervals": -1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "NEIGHBORS", largest[how])
        yield


def make_mesh_geometry(times, queries, *, step, causal, how="stamps"):
    with joined(how):
        geometry = layer_geometry(
            times, queries, method="mesh", mesh_step=step, causal=causal
        )
    if causal:
        assert (geometry.method.near.intervals is not None) == (how == "intervals")
    return geometry


def waves(cycles):
    """Sines and cosines of some numbers of cycles per unit of time."""
    frequencies = 2 * math.pi * torch.tensor(cycles, dtype=torch.float64)

    def features(lags):
        phases = lags.unsqueeze(-1) * frequencies
        return torch.cat([torch.sin(phases), torch.cos(phases)], -1)

    return features


def slow(step):
    """Six features of 60 mesh points and more per period: no error of interpolation."""
    return waves([0.0, 1 / (60 * step), 1 / (100 * step)])


def draw_sum(times, n_features, *, n_in=2, n_out=3, seed=0):
    """Weighted values and a mixing that require gradients."""
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    weighted = torch.randn(*times.shape, n_in, **options)
    mixing = torch.randn(n_out, n_in, n_features, **options)
    return weighted.requires_grad_(), mixing.requires_grad_()


def draw_queries(times, seed):
    """Unsorted: after the last one, at some, between, and before the first one."""
    generator = torch.Generator().manual_seed(seed)
    between = torch.rand(len(times), 7, generator=generator, dtype=torch.float64)
    ends = times[:, -1:] + 0.3, times[:, :1] - 0.2
    return torch.cat([ends[0], times[:, ::3].flip(1), between, ends[1]], 1)


def errors(geometry, features, weighted, mixing, causal):
    """Relative errors of the output, and of the gradients of values and mixing."""
    got = geometry.method.convolve(
        weighted, FactoredKernel(features, mixing, causal=causal)
    )
    stamps = geometry.times, geometry.query_times
    expected = dense_sum(weighted, features, mixing, *stamps, causal=causal)
    generator = torch.Generator().manual_seed(7)
    sensitivity = torch.randn(got.shape, generator=generator, dtype=torch.float64)
    pairs = [(got, expected)]
    gradients = (
        torch.autograd.grad((output * sensitivity).sum(), (weighted, mixing))
        for output in (got, expected)
    )
    pairs += zip(*gradients, strict=True)
    return [relative_error(*pair) for pair in pairs]


# --- slow kernels: no error of interpolation hides one of the book-keeping ------------


@pytest.mark.parametrize("how", ["stamps", "intervals"])
@settings(max_examples=40)
@given(
    patterns,
    patterns,
    st.sampled_from([0.3, 2.0, 30.0, 1000.0]),
    st.booleans(),
    st.booleans(),
    seeds,
)
def test_slow_kernels_are_exact(how, one, two, points, causal, ask, seed):
    times, _ = pad_series(one[:90], two[:40])
    queries = draw_queries(times, seed) if ask else None
    step = 1 / points
    geometry = make_mesh_geometry(times, queries, step=step, causal=causal, how=how)
    sums = draw_sum(times, 6, seed=seed)
    assert max(errors(geometry, slow(step), *sums, causal)) < EXACT


@pytest.mark.parametrize("how", ["stamps", "intervals"])
@pytest.mark.parametrize("ask", [False, True], ids=["at observations", "queries"])
def test_a_kernel_per_channel_is_exact(ask, how):
    for seed, kind in enumerate(("uniform", "clustered", "tied")):
        times, _ = pad_series(draw_pattern(kind, 70, seed), draw_pattern(kind, 30, 9))
        queries = draw_queries(times, seed) if ask else None
        for causal in (True, False):
            geometry = make_mesh_geometry(
                times, queries, step=0.05, causal=causal, how=how
            )
            weighted, mixing = draw_sum(times, 6, n_in=4, n_out=1)
            mixing = mixing[0].detach().requires_grad_()
            found = errors(geometry, slow(0.05), weighted, mixing, causal)
            assert max(found) < EXACT


@pytest.mark.parametrize("how", ["stamps", "intervals"])
def test_outputs_in_chunks_are_those_of_one(how, monkeypatch):
    times, _ = pad_series(draw_pattern("clustered", 150), draw_pattern("bursty", 80))
    geometry = make_mesh_geometry(times, None, step=0.02, causal=True, how=how)
    sums = draw_sum(times, 6)
    monkeypatch.setattr(near_field, "STAMPS_PER_CHUNK", 7)
    assert max(errors(geometry, slow(0.02), *sums, True)) < EXACT


@pytest.mark.parametrize(("first", "last"), [(-7, 30), (-200, 200), (0, 0)])
def test_samples_are_filtered_at_both_ends(first, last):
    geometry = make_mesh_geometry(torch.zeros(1, 1).double(), None, step=0.1, causal=1)
    features = waves([0.3, 1.7])
    got = geometry.method.samples(features, first, last)
    steps = torch.arange(first - TAPS, last + TAPS + 1).double()
    samples, taps = features(0.1 * steps), spline_taps(2)
    expected = [np.convolve(samples[:, n], taps, "valid") for n in range(4)]
    np.testing.assert_allclose(got, np.stack(expected, 1), atol=1e-11)


# --- the error of interpolation -------------------------------------------------------


@DIRECTIONS
@pytest.mark.parametrize("kind", ["uniform", "clustered"])
def test_the_error_falls_with_the_eighth_power_of_the_step(kind, causal):
    times = draw_pattern(kind, 200).unsqueeze(0)
    features, cycles = waves([3.0, 7.0, 10.0]), 10.0
    sums = draw_sum(times, 6)
    found = [
        max(
            errors(
                make_mesh_geometry(
                    times, None, step=1 / (points * cycles), causal=causal
                ),
                features,
                *sums,
                causal,
            )
        )
        for points in (4, 9)
    ]
    # what n points per period see is mixed with a wave of n - 1 times its frequency
    assert found[0] / found[1] > (8 / 3) ** (NODES - 2)
    assert found[1] < 1e-6


@settings(max_examples=25)
@given(patterns, st.sampled_from([6.0, 8.0, 12.0]), st.booleans(), seeds)
def test_both_kinds_of_near_field_agree(stamps, points, ask, seed):
    times = stamps[:120].unsqueeze(0)
    queries = draw_queries(times, seed) if ask else None
    features, cycles = waves([2.0, 5.0]), 5.0
    weighted, mixing = draw_sum(times, 4, seed=seed)
    found = []
    for how in ("stamps", "intervals"):
        geometry = make_mesh_geometry(
            times, queries, step=1 / (points * cycles), causal=True, how=how
        )
        output = geometry.method.convolve(weighted, FactoredKernel(features, mixing))
        found.append((output, *torch.autograd.grad(output.sum(), (weighted, mixing))))
    # stamps are interpolated twice by splines, moments by six Chebyshev points
    bound = 2e-5 * (6 / points) ** 6
    for one, other in zip(*found, strict=True):
        assert relative_error(one, other) < bound


@pytest.mark.parametrize("how", ["stamps", "intervals"])
@pytest.mark.parametrize("kind", ["clustered", "tied", "one point", "bursty"])
def test_clusters_and_ties_have_the_error_of_uniform_times(kind, how):
    features = waves([3.0, 8.0])

    def error(kind):
        found = []
        for seed in range(4):
            times = draw_pattern(kind, 300, seed).unsqueeze(0)
            geometry = make_mesh_geometry(
                times, None, step=1 / 48, causal=True, how=how
            )
            found += errors(geometry, features, *draw_sum(times, 4, seed=seed), True)
        return max(found)

    assert error("uniform") < 2e-5
    assert error(kind) < 2 * error("uniform")


@pytest.mark.parametrize("how", ["stamps", "intervals"])
def test_all_stamps_may_lie_in_one_interval(how):
    # the mesh is for a kernel of the same speed; the series is only short
    generator = torch.Generator().manual_seed(0)
    times = 0.009 * torch.rand(1, 200, generator=generator, dtype=torch.float64)
    geometry = make_mesh_geometry(
        times.sort().values, None, step=0.01, causal=True, how=how
    )
    assert geometry.method.length == NODES + 1
    found = errors(geometry, waves([3.0, 8.0]), *draw_sum(times, 4), True)
    assert max(found) < 2e-5


# --- the present, and what comes after it ---------------------------------------------


@pytest.mark.parametrize("how", ["stamps", "intervals"])
def test_the_jump_at_lag_zero_is_exact(how):
    tiny = 1e-12
    times = torch.tensor([[0.0, 0.3, 0.5, 0.9]], dtype=torch.float64)
    queries = times[:, 2:3] + torch.tensor([[-tiny, 0, tiny]], dtype=torch.float64)
    geometry = make_mesh_geometry(times, queries, step=0.1, causal=True, how=how)
    weighted = torch.zeros(1, 4, 1, dtype=torch.float64)
    weighted[0, 2] = 1.0
    mixing = torch.ones(1, 1, 1, dtype=torch.float64)
    got = geometry.method.convolve(
        weighted, FactoredKernel(lambda lags: (1 + lags / 2).unsqueeze(-1), mixing)
    )
    expected = torch.tensor([0, 1, 1], dtype=torch.float64).view(1, 3, 1)
    torch.testing.assert_close(got, expected, atol=1e-11, rtol=0)


@pytest.mark.parametrize("how", ["stamps", "intervals"])
@settings(max_examples=20)
@given(patterns, st.floats(0, 1), st.sampled_from(["values", "later", "sooner"]))
def test_the_future_does_not_reach_the_past(how, stamps, share, what):
    times = stamps.unsqueeze(0)
    weighted, mixing = (part.detach() for part in draw_sum(times, 4))
    known = times <= times[0, int(share * (len(stamps) - 1))]
    last = times[known].max()
    n_known = int(known.sum())
    changed, moved = weighted.clone(), times
    if what == "values":
        changed[~known] = 1e6
    else:
        factor = 1.8 if what == "later" else 0.01
        moved = torch.where(known, times, last + factor * (times - last))
    features = waves([3.0, 8.0])
    outputs = [
        make_mesh_geometry(at, None, step=1 / 96, causal=True, how=how).method.convolve(
            values, FactoredKernel(features, mixing)
        )
        for values, at in ((weighted, times), (changed, moved))
    ]
    n_same = n_known if what == "values" else int((moved <= last).sum())
    assert n_same >= n_known
    before, after = (output[:, :n_known] for output in outputs)
    # rounding of the FFT is relative to the largest value, which may be in the future
    largest = max(output.abs().max() for output in outputs)
    assert (before - after).abs().max() <= 1e-13 * largest


@pytest.mark.parametrize("how", ["stamps", "intervals"])
def test_ties_see_each_other_whatever_their_order(how):
    times = draw_pattern("tied", 90, seed=1).unsqueeze(0)
    assert (times[:, 1:] == times[:, :-1]).any()
    weighted, mixing = (part.detach() for part in draw_sum(times, 4))
    order = torch.arange(90)
    for stamp in times.unique():
        (members,) = torch.nonzero(times[0] == stamp, as_tuple=True)
        order[members] = members.flip(0)
    geometry = make_mesh_geometry(times, None, step=0.01, causal=True, how=how)
    features = waves([3.0])
    mixing = mixing[..., :2]
    output = geometry.method.convolve(weighted, FactoredKernel(features, mixing))
    swapped = geometry.method.convolve(
        weighted[:, order], FactoredKernel(features, mixing)
    )
    assert relative_error(swapped, output) < EXACT
    same = times[0, 1:] == times[0, :-1]
    assert relative_error(output[0, 1:][same], output[0, :-1][same]) < EXACT


@DIRECTIONS
@pytest.mark.parametrize("step", [0.004, 0.02], ids=["fine", "coarse"])
def test_lags_beyond_the_reach_may_be_left_out(step, causal):
    times = draw_pattern("uniform", 150).unsqueeze(0)

    def features(lags):  # smooth, and 0 from 0.25 on
        inside = (1 - (4 * lags) ** 2).clamp(min=0)
        return torch.stack([inside**9, inside**9 * lags], -1)

    geometry = make_mesh_geometry(times, None, step=step, causal=causal)
    weighted, mixing = draw_sum(times, 2)
    whole, near_only = (
        geometry.method.convolve(
            weighted, FactoredKernel(features, mixing, causal, reach)
        )
        for reach in (math.inf, 0.25)
    )
    # the filter of the samples rings where the mesh is coarse
    assert relative_error(near_only, whole) < (EXACT if step == 0.004 else 1e-6)
    if step == 0.004:
        assert max(errors(geometry, features, weighted, mixing, causal)) < 1e-5
