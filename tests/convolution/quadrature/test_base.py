"""A quadrature is one class and one line in the registry."""

from dataclasses import dataclass

import pytest
import torch

from ckts.convolution import plan as plan_module
from ckts.convolution.quadrature import QUADRATURES
from ckts.convolution.quadrature.base import AbstractQuadrature
from ckts.convolution.quadrature.weights import AbstractWeights
from ckts.layers import CKConv, layer_geometry, make_plan
from time_patterns import draw_pattern


class FollowingGap(AbstractWeights):
    """The gap ahead as a weight: one class that is not the library's."""

    @staticmethod
    def density(previous, following, ties):
        return torch.where(following.isinf(), 0.5, following) / ties.clamp(min=1)


@dataclass(frozen=True)
class Halves(AbstractQuadrature):
    """Half of the plain sum, and half of each output's own observation besides."""

    observed: torch.Tensor

    @classmethod
    def make(cls, sampling):
        times = sampling.geometry.times
        return cls(torch.ones_like(times, dtype=torch.bool).unsqueeze(-1))

    def pooling_weights(self):
        return self.observed / 2

    def latest_weights(self):
        return self.pooling_weights()

    def signal(self, values):
        return values / 2

    def correction(self, values, kernel):
        return kernel.respond(kernel.features(values.new_zeros(1, 1, 1)), values / 2)


def with_quadrature(kind, causal, monkeypatch):
    monkeypatch.setitem(QUADRATURES, "toy", kind)  # the line
    torch.manual_seed(0)
    options = {"horizon": 0.5, "causal": causal, "bias": False}
    return CKConv(2, 3, quadrature="toy", **options).double()


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("method", ["mesh", "pairwise"])
def test_weights_join_by_one_line(causal, method, monkeypatch):
    conv = with_quadrature(FollowingGap, causal, monkeypatch)
    times = draw_pattern("uniform", 40).unsqueeze(0)
    values = torch.randn(1, 40, 2, dtype=torch.float64)
    got = conv(values, plan=conv.plan(times, method=method))
    lags = times.unsqueeze(2) - times.unsqueeze(1)
    gaps = torch.cat([times.diff(), torch.full((1, 1), 0.5)], 1)
    weights = gaps.clamp(max=0.5).unsqueeze(1) * torch.ones_like(lags)
    if causal:  # at its own time the gap ahead is unknown
        weights = torch.where(torch.eye(40, dtype=torch.bool), 0.5, weights)
        weights = weights * (lags >= 0)
    kernel = conv.kernel(lags / conv.horizon)
    expected = torch.einsum("bij,bijoc,bjc->bio", weights, kernel, values)
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_a_quadrature_joins_by_one_line(monkeypatch):
    conv = with_quadrature(Halves, True, monkeypatch)
    assert plan_module.QUADRATURES["toy"] is Halves
    times = draw_pattern("uniform", 40).unsqueeze(0)
    values = torch.randn(1, 40, 2, dtype=torch.float64)
    lags = times.unsqueeze(2) - times.unsqueeze(1)
    shares = (lags >= 0) / 2 + torch.eye(40) / 2
    kernel = conv.kernel(lags / conv.horizon)
    expected = torch.einsum("bij,bijoc,bjc->bio", shares, kernel, values)
    torch.testing.assert_close(conv(values, times), expected)
    geometry = layer_geometry(times, quadrature="toy", horizon=0.5)
    plan = make_plan(times, quadrature="toy", geometry=geometry)
    torch.testing.assert_close(conv(values, plan=plan), expected)
