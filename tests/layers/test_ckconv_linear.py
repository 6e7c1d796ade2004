"""The integral of the interpolant: a slow twin, closed forms, the future."""

import pytest
import torch
from torch import nn

from ckconv_cases import (
    FLOAT64,
    MESH,
    N_IN,
    TIME_STEPS,
    draw_queries,
    make_batch,
    make_conv,
)
from ckts.convolution.quadrature import linear, nodes
from ckts.kernels import KERNELS, AbstractKernel
from ckts.layers import CKConv
from integral_reference import direct_integral
from linear_cases import GAUSS, assert_like_integral, make_linear, run
from references import TIME_KINDS, relative_error

# --- the integral --------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["at observations", "queries"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", TIME_KINDS)
def test_values_and_gradients_are_those_of_the_integral(kind, causal, asked):
    conv = make_linear(causal=causal)
    values, times, observed = make_batch(kind, length=14)
    queries = None if asked == "at observations" else draw_queries(times, 3)
    batch = values, times, observed
    assert_like_integral(conv, batch, queries, pairwise=GAUSS, mesh=MESH)


@pytest.mark.parametrize("masked", [False, True], ids=["complete", "masked"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", ["random", "bursty", "tied"])
def test_fine_pieces_give_the_integral_to_rounding(kind, causal, masked, monkeypatch):
    monkeypatch.setattr(nodes, "STEPS_PER_PIECE", 0.25)
    # longer than all spans: where a kernel fades, its curvature jumps
    conv = make_linear(causal=causal, horizon=60.0)
    values, times, observed = make_batch(kind, length=10)
    batch = values, times, observed if masked else None
    assert_like_integral(conv, batch, draw_queries(times, 3), pairwise=FLOAT64)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_meets_the_integral(kernel, causal):
    conv = make_linear(kernel, causal=causal)
    batch = make_batch("random", length=12)
    # where a kernel has kinks, the slope by which it learns them jumps; a centred
    # recurrent one has a kink at lag 0, of which the nodes know nothing
    kinks = None if conv.kernel.smooth else 5e-3
    bound = 5e-3 if kernel == "recurrent" and not causal else GAUSS
    assert_like_integral(conv, batch, auto=bound, kinks=kinks)


@pytest.mark.parametrize("method", ["pairwise", "mesh"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_a_depthwise_convolution_meets_the_integral(causal, method):
    torch.manual_seed(0)
    params = {"horizon": 7.0, "time_step": TIME_STEPS, "quadrature": "linear"}
    conv = CKConv(3, 3, depthwise=True, causal=causal, **params).double()
    values, times, observed = make_batch("random", length=14)
    got = run(conv, (values, times, observed), None, method)
    weight = conv.kernel.weight.detach()
    full = CKConv(3, 3, causal=causal, **params).double()
    state = {**full.state_dict(), **conv.state_dict()}
    state["kernel.weight"] = weight * torch.eye(3).unsqueeze(-1)
    full.load_state_dict(state)
    expected, _ = direct_integral(full, values, times, observed)
    assert relative_error(got, expected) < MESH


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_float32_meets_the_integral(causal):
    conv = make_linear(causal=causal, dtype=torch.float32)
    values, times, observed = make_batch("random", length=14, dtype=torch.float32)
    expected, _ = direct_integral(conv, values, times, observed)
    for method in ("pairwise", "mesh"):
        got = run(conv, (values, times, observed), None, method)
        assert got.dtype == torch.float32
        assert relative_error(got, expected) < MESH


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_blocks_of_open_gaps_meet_the_integral(causal, monkeypatch):
    monkeypatch.setattr(linear, "PAIRS_PER_BLOCK", 50)
    conv = make_linear(causal=causal)
    batch = make_batch("bursty", length=14, share=0.3)
    plan = conv.plan(*batch[1:])
    blocks = (
        [] if plan.quadrature.open_gaps is None else plan.quadrature.open_gaps.blocks
    )
    assert (len(blocks) > 5) == causal
    assert_like_integral(conv, batch, auto=GAUSS)


class Decay(AbstractKernel):
    """``psi(lag) = exp(-rate lag)``: integrals with lines have a closed form."""

    def __init__(self, rate):
        super().__init__(1, 1, n_features=1, causal=True)
        self.rate = rate
        self.amplitude = nn.Parameter(torch.ones(1, 1, 1, dtype=torch.float64))

    def basis(self, lags):
        return torch.exp(-self.rate * lags).unsqueeze(-1)

    def mixing(self):
        return self.amplitude


@pytest.mark.parametrize("rate", [0.0, 3.0])
def test_exponentials_and_constants_meet_their_closed_form(rate):
    conv = CKConv(1, 1, kernel=Decay(rate), horizon=20.0, quadrature="linear")
    conv = conv.double()
    values, times, _ = make_batch("random", length=30)
    values, c = values[..., :1], rate / 20
    got = run(conv, (values, times, None))
    lags = times.unsqueeze(2) - times.unsqueeze(1)  # (batch, output, knot)
    decay = torch.exp(-c * lags)
    change, gap = values[..., 0].diff(dim=1), times.diff(dim=1)
    slope = (change / gap).unsqueeze(1)
    at = values[..., 0].unsqueeze(1)
    if rate:
        ends = decay * at / c
        pieces_ = ends.diff(dim=2) - slope / c**2 * decay.diff(dim=2)
    else:
        pieces_ = ((values[:, 1:, 0] + values[:, :-1, 0]) / 2 * gap).unsqueeze(1)
    past = lags[..., 1:] >= 0
    expected = torch.where(past, pieces_, 0).sum(2, keepdim=True)
    # 1e-9: the third derivative of a slow exponential on a mesh step
    assert relative_error(got, expected) < 1e-7


def test_on_a_fine_grid_gap_weights_are_the_integral():
    times = torch.linspace(0, 7, 2001).double().unsqueeze(0)
    values = torch.sin(times).unsqueeze(-1).expand(-1, -1, N_IN)
    for causal in (True, False):
        options = {"causal": causal, "time_step": 7 / 2000, "n_features": 4}
        ours = make_linear(seed=1, horizon=7.0, **options)
        gap = make_conv(seed=1, horizon=7.0, **options)
        gap.kernel.frequencies.data.clamp_(max=5)
        ours.load_state_dict(gap.state_dict())
        error = relative_error(ours(values, times), gap(values, times))
        assert error < 2e-2  # an end has half a time step more


def test_a_gap_beyond_the_horizon_is_followed_with_few_sources():
    counts = []
    for last in (40.0, 4e9):
        times = torch.tensor([[0.0, 1.0, last, last + 1]], dtype=torch.float64)
        values = torch.randn(1, 4, N_IN, dtype=torch.float64)
        queries = times[:, 1:3] + torch.tensor([[3.0, -2.0]], dtype=torch.float64)
        for causal in (True, False):
            conv = make_linear(causal=causal)
            for asked in (None, queries):
                assert_like_integral(conv, (values, times, None), asked, auto=GAUSS)
                plan = conv.plan(times, None, asked)
                counts.append(plan.geometry.method.times.shape[1])
    assert counts[4:] == counts[:4]
