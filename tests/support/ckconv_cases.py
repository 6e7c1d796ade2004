"""Convolutions and batches that the tests of the layers share."""

import torch

from ckts.layers import CKConv
from references import direct_sum, draw_times, relative_error

# The bars of the library: max norm, relative, values and gradients.
FLOAT64, FLOAT32 = 1e-10, 5e-5
# What a mesh may add, values and gradients.
MESH = 1e-4
# What must change nothing changes the order of sums, and the padded length of the
# FFT, whose rounding is relative to the largest value: 100 eps and more.
ROUNDING = 1e-12

N_IN, N_OUT = 3, 2
# What an output must not notice when it happens to later observations.
FUTURE_CHANGES = ["change values", "delay", "hurry", "delete", "hide"]
HORIZON = 7.0
TIME_STEPS = [0.3, 0.25, 0.5]


def make_conv(kernel="bands", *, seed=0, dtype=torch.float64, **params):
    torch.manual_seed(seed)
    params = {"horizon": HORIZON, "time_step": TIME_STEPS, **params}
    conv = CKConv(N_IN, N_OUT, kernel=kernel, **params)
    for parameter in conv.parameters():
        parameter.data = parameter.data.to(dtype)
    for buffer in conv.kernel.buffers():
        buffer.data = buffer.data.to(dtype)
    return conv


def make_batch(kind, *, batch=2, length=24, seed=0, share=0.6, dtype=torch.float64):
    """Values, times, and a mask per channel."""
    generator = torch.Generator().manual_seed(seed)
    times = draw_times(kind, batch, length, generator)
    shape = (batch, length, N_IN)
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    observed = torch.rand(shape, generator=generator) < share
    return values.to(dtype), times, observed


def change_future(batch, what, seed, *, factor=2):
    """Number of observations up to a time, and the series otherwise changed later."""
    values, times, observed = batch
    cut = 1 + seed % (times.shape[1] - 1)
    later = times[0] > times[0, cut - 1]
    n_known = int((~later).sum())
    known = times[0, n_known - 1]
    changed = [values.clone(), times.clone(), observed.clone()]
    if what == "change values":
        changed[0][0, later] = 1.0 - factor * changed[0][0, later]
    elif what == "delay":
        changed[1][0, later] = known + 1.7 * (times[0, later] - known) + 0.4
    elif what == "hurry":
        changed[1][0, later] = known + 0.3 * (times[0, later] - known)
    elif what == "delete":
        changed = [part[:, :n_known] for part in changed]
    elif what == "hide":
        changed[2][0, later] = False
    return n_known, changed


def draw_queries(times, n_queries=9, seed=1):
    """Unsorted: before the first, between, at, after the last observation."""
    generator = torch.Generator().manual_seed(seed)
    first, last = times[:, :1], times[:, -1:]
    inside = torch.rand(len(times), n_queries, generator=generator).double()
    between = first + (last - first) * inside
    at = times[:, :: max(1, times.shape[1] // 3)]
    return torch.cat([last + 1.5, between, first - 0.75, at, last + 10], 1)


def assert_like_direct_sum(
    conv, values, times, observed, query_times, bound, *, method="auto"
):
    """Values and all gradients are those of the direct sum."""
    conv.zero_grad()
    values = values.clone().requires_grad_()
    twin_values = values.detach().double().requires_grad_()
    plan = conv.plan(times, observed, query_times, method=method)
    assert method in ("auto", plan.geometry.method.name)
    got = conv(values, plan=plan)
    expected, twin = direct_sum(conv, twin_values, times, observed, query_times)
    assert got.dtype == values.dtype
    assert got.shape == expected.shape
    assert relative_error(got, expected) < bound
    generator = torch.Generator().manual_seed(7)
    sensitivity = torch.randn(got.shape, generator=generator, dtype=torch.float64)
    (got * sensitivity.to(got.dtype)).sum().backward()
    (expected * sensitivity).sum().backward()
    assert relative_error(values.grad, twin_values.grad) < bound
    pairs = zip(conv.named_parameters(), twin.parameters(), strict=True)
    for (name, parameter), twin_parameter in pairs:
        if name == "kernel.first.direction":
            # of a row of one number only the sign matters: rounding around 0
            largest = twin.kernel.first.magnitude.grad.abs().max()
            assert parameter.grad.abs().max() < bound * largest
            continue
        error = relative_error(parameter.grad, twin_parameter.grad)
        assert error < bound, name


def uses_lattice(conv, times, observed=None, query_times=None):
    return conv.plan(times, observed, query_times).geometry.method.name == "lattice"
