"""Layers that integrate the interpolant, and their slow twin."""

import torch

from ckconv_cases import make_conv
from integral_reference import direct_integral
from references import relative_error

# What the Gauss nodes may add; on a mesh the mesh's error comes on top.
GAUSS = 2e-5


def make_linear(kernel="bands", **params):
    return make_conv(kernel, quadrature="linear", **params)


def run(conv, batch, query_times=None, method="auto"):
    values, times, observed = batch
    plan = conv.plan(times, observed, query_times, method=method)
    return conv(values, plan=plan)


def assert_like_integral(conv, batch, queries=None, *, kinks=None, **bounds):
    """Values and all gradients are those of the integral: a bound per method."""
    values, times, observed = batch
    twin_values = values.clone().requires_grad_()
    expected, twin = direct_integral(conv, twin_values, times, observed, queries)
    generator = torch.Generator().manual_seed(7)
    sensitivity = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    (expected * sensitivity).sum().backward()
    for method, bound in bounds.items():
        conv.zero_grad()
        values = values.detach().clone().requires_grad_()
        got = run(conv, (values, times, observed), queries, method)
        assert relative_error(got, expected) < bound
        (got * sensitivity).sum().backward()
        assert relative_error(values.grad, twin_values.grad) < bound
        pairs = zip(conv.named_parameters(), twin.parameters(), strict=True)
        for (name, parameter), twin_parameter in pairs:
            if name != "kernel.first.direction":  # of one number only the sign matters
                error = relative_error(parameter.grad, twin_parameter.grad)
                assert error < (kinks or bound), name
