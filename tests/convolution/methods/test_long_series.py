"""A hundred thousand observations, at 200 sampled outputs."""

import copy

import pytest
import torch

from ckconv_cases import FLOAT32, MESH
from ckts.layers import CKConv
from references import direct_sum, relative_error, sampled_sum
from time_patterns import draw_pattern, pad_series

LONG, SAMPLED = 100_000, 200
DIRECTIONS = pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])


def make_conv(*, n_steps=100, horizon=0.03, dtype=torch.float32, **params):
    torch.manual_seed(0)
    conv = CKConv(
        2,
        2,
        n_features=8,
        horizon=horizon,
        bias=False,
        time_step=horizon / n_steps,
        **params,
    )
    return conv.to(dtype)


def draw_values(times, share=0.8):
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(*times.shape, 2, generator=generator)
    return values, torch.rand(*times.shape, 2, generator=generator) < share


def assert_like_samples(conv, plan, values, times, observed, samples, bound):
    """Outputs `samples` (batch, n) of a plan, and gradients from there."""
    queries = plan.geometry.query_times.gather(1, samples)
    generator = torch.Generator().manual_seed(2)
    sensitivity = torch.randn(*samples.shape, 2, generator=generator).double()
    rows = samples.unsqueeze(2).expand(-1, -1, 2)
    values = values.clone().requires_grad_()
    got = conv(values, plan=plan).gather(1, rows)
    (got * sensitivity).sum().backward()
    twin = copy.deepcopy(conv).double()
    twin.zero_grad()
    twin_values = values.detach().double().requires_grad_()
    expected = torch.stack(
        [
            sampled_sum(
                twin,
                twin_values[series],
                times[series] - times[series, 0],
                observed[series],
                queries[series],
                sensitivity[series],
            )
            for series in range(len(times))
        ]
    )
    assert relative_error(got, expected) < bound
    assert relative_error(values.grad, twin_values.grad) < bound
    pairs = zip(conv.named_parameters(), twin.parameters(), strict=True)
    for (name, parameter), twin_parameter in pairs:
        assert relative_error(parameter.grad, twin_parameter.grad) < bound, name


def draw_samples(n_queries, count=SAMPLED):
    """Some outputs of each series; of a padded one most are at its last time."""
    generator = torch.Generator().manual_seed(3)
    return torch.stack(
        [torch.randint(n, (count,), generator=generator) for n in n_queries]
    )


@pytest.mark.parametrize(
    ("kind", "n_steps", "causal", "quadrature"),
    [
        ("uniform", 100, True, "gap"),
        ("uniform", 100, True, "none"),
        ("uniform", 100, False, "gap"),
        ("uniform", 100, False, "none"),
        ("clustered", 100, True, "gap"),
        ("clustered", 100, False, "gap"),
        ("uniform", 1000, True, "gap"),
        ("uniform", 1000, False, "none"),
    ],
)
def test_a_mesh_holds_its_tolerance(kind, n_steps, causal, quadrature):
    horizon = 0.005 if kind == "clustered" else 0.03  # for the sake of the direct sum
    params = {"horizon": horizon, "causal": causal, "quadrature": quadrature}
    conv = make_conv(n_steps=n_steps, **params)
    times = draw_pattern(kind, LONG).unsqueeze(0)
    values, observed = draw_values(times)
    plan = conv.plan(times, observed)
    assert plan.geometry.method.name == "mesh"
    if causal:  # a fast kernel has a mesh so fine that stamps are joined one by one
        by_interval = plan.geometry.method.near.intervals is not None
        assert by_interval == (n_steps == 100)
    samples = draw_samples([LONG])
    assert_like_samples(conv, plan, values, times, observed, samples, MESH)


@DIRECTIONS
def test_a_lattice_is_exact(causal):
    conv = make_conv(causal=causal)
    generator = torch.Generator().manual_seed(0)
    kept = torch.rand(2 * LONG, generator=generator).argsort()[:LONG].sort().values
    times = kept.double().unsqueeze(0) / 2**18
    values, observed = draw_values(times)
    plan = conv.plan(times, observed, method="lattice")
    assert plan.geometry.method.length <= 2 * LONG
    samples = draw_samples([LONG])
    assert_like_samples(conv, plan, values, times, observed, samples, FLOAT32)


@DIRECTIONS
def test_pairs_are_exact_at_a_few_queries(causal):
    conv = make_conv(causal=causal)
    times = draw_pattern("uniform", LONG).unsqueeze(0)
    values, observed = draw_values(times)
    queries = 1.1 * torch.rand(1, 40, dtype=torch.float64)
    plan = conv.plan(times, observed, queries, method="pairwise")
    samples = torch.arange(40).unsqueeze(0)
    assert_like_samples(conv, plan, values, times, observed, samples, FLOAT32)


@DIRECTIONS
def test_lengths_from_one_to_a_hundred_thousand_stand_in_one_batch(causal):
    conv = make_conv(causal=causal)
    lengths = [1, 12, 2000, LONG]
    series = [draw_pattern("uniform", n, seed) for seed, n in enumerate(lengths)]
    times, exists = pad_series(*series)
    values, observed = draw_values(times)
    observed &= exists.unsqueeze(2)
    plan = conv.plan(times, observed)
    assert plan.geometry.method.name == "mesh"
    samples = draw_samples(lengths, count=SAMPLED // len(lengths))
    assert_like_samples(conv, plan, values, times, observed, samples, MESH)
    # padding sees what the last observation sees, and gets nothing
    output = conv(values, plan=plan)
    assert (
        relative_error(
            output[:, -1], output[torch.arange(4), torch.tensor(lengths) - 1]
        )
        < MESH
    )


def test_the_sampled_sum_is_the_direct_sum():
    for causal in (True, False):
        for quadrature in ("gap", "none"):
            conv = make_conv(causal=causal, quadrature=quadrature, dtype=torch.float64)
            times = draw_pattern("tied", 120, seed=1)
            values, observed = draw_values(times.unsqueeze(0))
            values = values[0].double().requires_grad_()
            expected, twin = direct_sum(
                conv, values.unsqueeze(0), times.unsqueeze(0), observed
            )
            sensitivity = torch.randn(120, 2, dtype=torch.float64)
            (expected * sensitivity).sum().backward()
            again = values.detach().requires_grad_()
            conv.zero_grad()
            got = sampled_sum(conv, again, times, observed[0], times, sensitivity)
            assert relative_error(got, expected[0]) < 1e-12
            assert relative_error(again.grad, values.grad) < 1e-12
            for one, other in zip(conv.parameters(), twin.parameters(), strict=True):
                assert relative_error(one.grad, other.grad) < 1e-11
