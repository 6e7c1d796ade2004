"""The convolution against the direct sum, and what must change nothing."""

import copy
import io
import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ckts import functional
from ckts.kernels import KERNELS, AbstractKernel, BandKernel
from ckts.layers import CKConv, make_plan
from references import TIME_KINDS, direct_sum, draw_times, relative_error

# The bars of the library: max norm, relative, values and gradients.
FLOAT64, FLOAT32 = 1e-10, 5e-5
# What must change nothing changes the order of sums, and the padded length of the
# FFT, whose rounding is relative to the largest value: 100 eps and more.
ROUNDING = 1e-12

N_IN, N_OUT = 3, 2
HORIZON = 7.0
TIME_STEPS = [0.3, 0.25, 0.5]

draws = settings(deadline=None, max_examples=25)


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


def draw_queries(times, n_queries=9, seed=1):
    """Unsorted: before the first, between, at, after the last observation."""
    generator = torch.Generator().manual_seed(seed)
    first, last = times[:, :1], times[:, -1:]
    inside = torch.rand(len(times), n_queries, generator=generator).double()
    between = first + (last - first) * inside
    at = times[:, :: max(1, times.shape[1] // 3)]
    return torch.cat([last + 1.5, between, first - 0.75, at, last + 10], 1)


def assert_like_direct_sum(conv, values, times, observed, query_times, bound):
    """Values and all gradients are those of the direct sum."""
    conv.zero_grad()
    values = values.clone().requires_grad_()
    twin_values = values.detach().double().requires_grad_()
    got = conv(values, times, observed, query_times=query_times)
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
    return conv.plan(times, observed, query_times).geometry.lattice is not None


# --- the direct sum -------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["at observations", "queries"])
@pytest.mark.parametrize("masked", [False, True], ids=["complete", "masked"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", TIME_KINDS)
def test_values_and_gradients_are_those_of_the_direct_sum(kind, causal, masked, asked):
    conv = make_conv(causal=causal)
    values, times, observed = make_batch(kind)
    observed = observed if masked else None
    queries = None
    if asked == "queries":
        # on the lattice if there is one: its steps are 1/4 and 1/8
        queries = draw_queries(times)
        if "lattice" in kind or kind == "regular":
            queries = (queries * 8).round() / 8
    on_lattice = uses_lattice(conv, times, observed, queries)
    assert on_lattice == ("lattice" in kind or kind == "regular")
    assert_like_direct_sum(conv, values, times, observed, queries, FLOAT64)


@pytest.mark.parametrize("density", ["gap", "none"])
@pytest.mark.parametrize("kind", ["lattice", "random"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_meets_the_direct_sum(kernel, kind, density):
    conv = make_conv(kernel, density=density)
    values, times, observed = make_batch(kind, length=17)
    assert_like_direct_sum(conv, values, times, observed, None, FLOAT64)


@pytest.mark.parametrize("bias_init", ["period", "fan_in"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", TIME_KINDS)
def test_float32_meets_the_direct_sum_with_the_kernel_of_the_paper(
    kind, causal, bias_init
):
    for seed in range(3):
        conv = make_conv(
            "siren",
            seed=seed,
            dtype=torch.float32,
            causal=causal,
            omega_0=30.0,
            bias_init=bias_init,
            horizon=40.0 if kind in ("regular", "lattice") else 10.0,
        )
        values, times, _ = make_batch(
            kind, batch=1, length=200, seed=seed, dtype=torch.float32
        )
        assert_like_direct_sum(conv, values, times, None, None, FLOAT32)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 16, 31, 45, 97, 161])
def test_any_length_meets_the_direct_sum(length, causal):
    conv = make_conv(causal=causal, time_step=0.25)
    values, times, _ = make_batch("regular", length=length, batch=1)
    assert uses_lattice(conv, times)
    assert_like_direct_sum(conv, values, times, None, None, FLOAT64)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("n_in", [1, 3])
def test_rows_without_observation_are_outputs_like_others(n_in, causal):
    conv = CKConv(n_in, 2, horizon=HORIZON, causal=causal).double()
    generator = torch.Generator().manual_seed(3)
    for kind in ("random", "regular"):
        times = draw_times(kind, 2, 12, generator)
        values = torch.randn(2, 12, n_in, dtype=torch.float64)
        observed = torch.rand(2, 12, 1, generator=generator) < 0.5
        observed[0, 0], observed[0, -1] = False, False
        assert_like_direct_sum(conv, values, times, observed, None, FLOAT64)


def test_blocks_of_pairs_meet_the_direct_sum(monkeypatch):
    monkeypatch.setattr(functional, "PAIRS_PER_BLOCK", 100)
    conv = make_conv("siren")
    values, times, observed = make_batch("random", length=33)
    assert_like_direct_sum(conv, values, times, observed, None, FLOAT64)
    queries = draw_queries(times)
    assert_like_direct_sum(conv, values, times, observed, queries, FLOAT64)
    with torch.no_grad():
        got = conv(values, times, observed)
    assert relative_error(got, direct_sum(conv, values, times, observed)[0]) < FLOAT64


def test_a_lag_beyond_the_horizon_enters_no_more():
    conv = make_conv(horizon=2.0)
    for kind in ("random", "regular"):
        values, times, _ = make_batch(kind, length=40)
        assert_like_direct_sum(conv, values, times, None, None, FLOAT64)
        output = conv(values, times)
        far = times < times[:, -1:] - 2.5  # 1.25 horizons
        assert far.any()
        changed = torch.where(far.unsqueeze(-1), 1e3, values)
        last = conv(changed, times)[:, -1]
        # rounding of the FFT is relative to the largest value, which is now 1e3
        assert (last - output[:, -1]).abs().max() < 1e3 * ROUNDING


def test_a_lone_observation_has_weight_one():
    conv = make_conv(time_step=0.01)
    values = torch.randn(1, 1, N_IN, dtype=torch.float64)
    times = torch.tensor([[1e9]], dtype=torch.float64)
    expected = conv.kernel(torch.zeros((), dtype=torch.float64)) @ values[0, 0]
    for causal in (True, False):
        conv = make_conv(time_step=0.01, causal=causal)
        expected = conv.kernel(torch.zeros((), dtype=torch.float64)) @ values[0, 0]
        assert relative_error(conv(values, times)[0, 0], expected) < FLOAT64


# --- the two methods ------------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kind", ["regular", "lattice", "tied_lattice"])
def test_both_methods_agree_on_a_lattice(kind, causal):
    conv = make_conv(causal=causal)
    values, times, observed = make_batch(kind, length=40)
    outputs = []
    for method in ("lattice", "pairwise"):
        plan = conv.plan(times, observed, method=method)
        assert (plan.geometry.lattice is not None) == (method == "lattice")
        outputs.append(conv(values, plan=plan))
    assert relative_error(*outputs) < FLOAT64


@pytest.mark.parametrize("method", ["auto", "pairwise"])
def test_a_query_within_rounding_of_a_lattice_point_is_that_point(method):
    conv = make_conv(time_step=0.1)
    times = torch.arange(10).double().unsqueeze(0) * 0.1
    values = torch.randn(1, 10, N_IN, dtype=torch.float64)
    queries = torch.tensor([[0.3]], dtype=torch.float64)
    assert queries[0, 0] < times[0, 3]  # by one ulp
    if method == "auto":
        got = conv(values, times, query_times=queries)
        assert relative_error(got, conv(values, times)[:, 3:4]) < FLOAT64
        # and its weight looks no further ahead
        later = times.clone()
        later[0, 4:] += 0.3
        moved = conv(values, later, query_times=queries)
        assert relative_error(moved, got) < FLOAT64
    else:
        plan = conv.plan(times, None, queries, method=method)
        got = conv(values, plan=plan)
        expected, _ = direct_sum(conv, values, times, None, queries)
        assert relative_error(got, expected) < FLOAT64


# --- what changes nothing -------------------------------------------------------------

kinds = st.sampled_from(TIME_KINDS)
seeds = st.integers(0, 2**31 - 1)
lengths = st.integers(1, 23)


@draws
@given(kinds, seeds, lengths, st.booleans())
def test_padding_and_batch_mates_change_nothing(kind, seed, length, causal):
    conv = make_conv(causal=causal, time_step=0.25)
    values, times, observed = make_batch(kind, batch=3, length=length, seed=seed)
    own = np.random.default_rng(seed).integers(1, length + 1, 3)
    padding = 1 + seed % 4
    padded = [
        torch.cat([part, part[:, -1:].expand(-1, padding, *part.shape[2:])], 1)
        for part in (values, times, observed)
    ]
    for series, n_own in enumerate(own):
        padded[0][series, n_own:] = math.nan
        padded[1][series, n_own:] = times[series, n_own - 1]
        padded[2][series, n_own:] = False
    together = conv(*padded)
    for series, n_own in enumerate(own):
        alone = conv(
            values[series : series + 1, :n_own],
            times[series : series + 1, :n_own],
            observed[series : series + 1, :n_own],
        )
        difference = (together[series, :n_own] - alone[0]).abs().max()
        assert difference <= ROUNDING * together[series].abs().max()


@draws
@given(kinds, seeds, lengths)
def test_order_of_batch_mates_changes_nothing(kind, seed, length):
    conv = make_conv()
    batch = make_batch(kind, batch=4, length=length, seed=seed)
    order = torch.randperm(4, generator=torch.Generator().manual_seed(seed))
    output = conv(*batch)
    reordered = conv(*(part[order] for part in batch))
    assert relative_error(reordered, output[order]) < ROUNDING


@draws
@given(kinds, seeds, lengths, st.booleans())
def test_unobserved_rows_change_nothing(kind, seed, length, causal):
    conv = make_conv(causal=causal)
    values, times, observed = make_batch(kind, batch=1, length=length, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    kept = torch.rand(length, generator=generator) < 0.6
    kept[0] = True
    observed = observed & kept.unsqueeze(-1)
    values = torch.where(observed, values, math.nan)
    output = conv(values, times, observed)[:, kept]
    without = conv(values[:, kept], times[:, kept], observed[:, kept])
    assert relative_error(without, output) < ROUNDING


@draws
@given(
    kinds,
    seeds,
    lengths,
    st.booleans(),
    st.sampled_from([1e-9, 1 / 3600, 0.1, 7.0, 86400.0, 1e9]),
    st.integers(-100, 100),
)
def test_origin_and_unit_of_time_change_nothing(
    kind, seed, length, causal, unit, shift
):
    conv = make_conv(causal=causal)
    scaled = make_conv(
        causal=causal,
        horizon=HORIZON * unit,
        time_step=[step * unit for step in TIME_STEPS],
    )
    scaled.kernel.load_state_dict(conv.kernel.state_dict())
    values, times, observed = make_batch(kind, length=length, seed=seed)
    # from 0 on: a shift rounds the stamps of a burst, which is no fault of the layer
    times = times - times[:, :1]
    output = conv(values, times, observed)
    # other rounding of stamps moves lags by eps; kernels turn that into 1e-14 or so,
    # and ties that come apart by rounding would see each other no more
    unit_times = times * unit
    assert relative_error(scaled(values, unit_times, observed), output) < 1e-11
    if kind in ("regular", "lattice", "tied_lattice"):  # sums of eighths are exact
        shifted = conv(values, times + shift * 1024.0, observed)
        assert relative_error(shifted, output) < ROUNDING


@draws
@given(kinds, seeds, lengths, st.booleans())
def test_the_layer_is_linear(kind, seed, length, causal):
    conv = make_conv(causal=causal, bias=False)
    one, times, observed = make_batch(kind, length=length, seed=seed)
    other, _, _ = make_batch(kind, length=length, seed=seed + 1)
    together = conv(2 * one - 3 * other, times, observed)
    expected = 2 * conv(one, times, observed) - 3 * conv(other, times, observed)
    assert relative_error(together, expected) < ROUNDING


@draws
@given(
    kinds,
    seeds,
    st.integers(2, 23),
    st.sampled_from(["change values", "delay", "hurry", "delete", "hide"]),
    st.booleans(),
)
def test_nothing_after_the_output_time_enters(kind, seed, length, what, masked):
    conv = make_conv()
    values, times, observed = make_batch(kind, length=length, batch=1, seed=seed)
    observed = observed if masked else torch.ones_like(observed)
    cut = 1 + seed % (length - 1)
    later = times[0] > times[0, cut - 1]
    n_known = int((~later).sum())
    known = times[:, n_known - 1 : n_known]
    changed = [values.clone(), times.clone(), observed.clone()]
    if what == "change values":
        changed[0][0, later] = 1.0 - 2 * changed[0][0, later]
    elif what == "delay":
        changed[1][0, later] = known[0] + 1.7 * (times[0, later] - known[0]) + 0.4
    elif what == "hurry":
        changed[1][0, later] = known[0] + 0.3 * (times[0, later] - known[0])
    elif what == "delete":
        changed = [part[:, :n_known] for part in changed]
    elif what == "hide":
        changed[2][0, later] = False
    before, after = conv(values, times, observed), conv(*changed)
    largest = max(before.abs().max().item(), after.abs().max().item())
    difference = (after[:, :n_known] - before[:, :n_known]).abs().max()
    assert difference <= ROUNDING * largest
    # and between observations, up to the next one
    queries = torch.cat([known, known + 1e-9, times[:, :1] - 1, times[:, :1]], 1)
    before = conv(values[:, :n_known], times[:, :n_known], observed[:, :n_known])
    asked = conv(*changed, query_times=queries)
    assert (asked[:, 2] - conv.bias).abs().max() <= ROUNDING * largest
    difference = (asked[:, 0] - before[:, -1]).abs().max()
    assert difference <= ROUNDING * largest


@draws
@given(seeds, st.integers(1, 40), st.sampled_from([1.0, 0.1, 1 / 7, 3600.0]))
def test_half_the_rate_doubles_each_response_weight(seed, length, step):
    # the paper's factor sr2/sr1, at the ends too
    conv = make_conv(bias=False, time_step=step, horizon=9 * step)
    plain = make_conv(bias=False, time_step=step, horizon=9 * step, density="none")
    values, _, _ = make_batch("regular", length=length, seed=seed)
    times = torch.arange(length).double().expand(2, -1) * step
    assert relative_error(conv(values, times), plain(values, times)) < FLOAT64
    if length < 3:
        return
    every_second = values[:, ::2], times[:, ::2]
    halved, sums = conv(*every_second), plain(*every_second)
    # alone at its time, the first observation has weight 1
    assert relative_error(halved[:, 1:], 2 * sums[:, 1:]) < FLOAT64
    assert relative_error(halved[:, :1], sums[:, :1]) < FLOAT64


def test_a_regular_grid_gives_the_discrete_convolution():
    conv = make_conv("siren", bias=False, time_step=1.0, horizon=11.0)
    values, _, _ = make_batch("regular", length=12)
    times = torch.arange(12).expand(2, -1)
    kernel = conv.kernel(torch.arange(12).double() / 11)  # (lag, out, in)
    padded = nn.functional.pad(values.transpose(1, 2), (11, 0))
    expected = nn.functional.conv1d(padded, kernel.flip(0).permute(1, 2, 0))
    assert relative_error(conv(values, times), expected.transpose(1, 2)) < FLOAT64


# --- kinds of time stamps -------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_nanoseconds_since_1970_are_seconds_since_the_start(causal):
    generator = torch.Generator().manual_seed(0)
    start = torch.tensor([[1_700_000_000_123_456_789], [1]])
    elapsed = torch.randint(0, 3600 * 10**9, (2, 30), generator=generator)
    elapsed = elapsed.sort(1).values
    values, _, observed = make_batch("random", length=30)
    seconds = make_conv(causal=causal, horizon=3600.0, time_step=120.0)
    nano = make_conv(causal=causal, horizon=3600e9, time_step=120e9)
    expected = seconds(values, elapsed.double() / 1e9, observed)
    got = nano(values, start + elapsed, observed)
    # seconds are rounded to 4e-13, the kernel has about 7 cycles per horizon
    assert relative_error(got, expected) < ROUNDING * 10
    queries = start + elapsed[:, ::3] - 17
    got = nano(values, start + elapsed, observed, query_times=queries)
    expected, _ = direct_sum(nano, values, start + elapsed, observed, queries)
    assert relative_error(got, expected) < FLOAT64


def test_epoch_seconds_keep_their_precision():
    values, times, observed = make_batch("regular", length=30)
    origin = torch.tensor([[1.7e9], [-1.7e9]], dtype=torch.float64)
    conv = make_conv(time_step=0.25)
    output = conv(values, times, observed)
    assert relative_error(conv(values, times + origin, observed), output) < ROUNDING
    random = make_batch("random", length=30)
    shifted = random[1] + origin
    # stamps are rounded to 2e-7 before the layer sees them: compare to the same ones
    expected, _ = direct_sum(conv, random[0], shifted, observed)
    assert relative_error(conv(random[0], shifted, observed), expected) < FLOAT64


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.float32])
def test_stamps_of_any_type_are_taken(dtype):
    conv = make_conv()
    values, _, observed = make_batch("regular")
    times = torch.arange(24).expand(2, -1) * 3
    expected = conv(values, times.double(), observed)
    assert relative_error(conv(values, times.to(dtype), observed), expected) == 0


def test_stamps_may_be_transposed():
    conv = make_conv()
    values, times, observed = make_batch("random")
    expected = conv(values, times, observed, query_times=times)
    apart = times.T.contiguous().T
    assert not apart.is_contiguous()
    got = conv(
        values.transpose(0, 1).contiguous().transpose(0, 1),
        apart,
        observed.transpose(1, 2).contiguous().transpose(1, 2),
        query_times=apart,
    )
    assert relative_error(got, expected) < ROUNDING


# --- the integral ---------------------------------------------------------------------


class Decay(AbstractKernel):
    """``psi(lag) = amplitude exp(-rate lag)``: its integral has a closed form."""

    def __init__(self, rate, amplitude):
        super().__init__(1, 1, n_features=1, causal=True)
        self.rate = rate
        self.amplitude = nn.Parameter(
            torch.full((1, 1, 1), amplitude, dtype=torch.float64)
        )

    def basis(self, lags):
        return torch.exp(-self.rate * lags).unsqueeze(-1)

    def mixing(self):
        return self.amplitude


def integral_error(times, *, density, time_step, span, horizon=20.0, rate=9.0):
    """Relative RMS error of the causal integral of cos(w tau) exp(-c (t - tau))."""
    wave, decay = 2 * math.pi * 3 / span, rate / horizon
    conv = CKConv(
        1,
        1,
        kernel=Decay(rate, 1.7),
        horizon=horizon,
        time_step=time_step,
        density=density,
        bias=False,
    )
    values = torch.cos(wave * times).unsqueeze(-1)
    with torch.no_grad():
        got = time_step * conv(values, times).squeeze(-1)

    def antiderivative(tau):
        swing = decay * torch.cos(wave * tau) + wave * torch.sin(wave * tau)
        return torch.exp(-decay * (times - tau)) * swing / (decay**2 + wave**2)

    truth = 1.7 * (antiderivative(times) - antiderivative(torch.zeros(())))
    late = times > 0.3 * span
    error, truth = (got - truth)[late], truth[late]
    return (error.square().mean() / truth.square().mean()).sqrt().item()


def mean_error(length, *, density, warp=1.0, span=18.0):
    """Error over 10 draws whose density is uneven if `warp` is not 1."""
    generator = torch.Generator().manual_seed(length)
    errors = []
    for _ in range(10):
        uniform = torch.rand(1, length, generator=generator, dtype=torch.float64)
        times = span * uniform.sort(1).values ** warp
        step = span / length
        errors.append(integral_error(times, density=density, time_step=step, span=span))
    return float(np.median(errors))


@pytest.mark.parametrize("warp", [1.0, 1.6], ids=["uniform", "uneven"])
def test_gap_weights_converge_to_the_integral(warp):
    coarse, fine = (mean_error(n, density="gap", warp=warp) for n in (128, 2048))
    order = math.log(coarse / fine) / math.log(16)
    assert order > 0.9  # as N^-1, a plain Monte Carlo sum as N^-1/2
    assert fine < 0.02  # and to the right number: no factor is lost


def test_plain_sums_do_not_converge_to_the_integral():
    uniform = [mean_error(n, density="none") for n in (128, 2048)]
    assert math.log(uniform[0] / uniform[1]) / math.log(16) < 0.7
    assert mean_error(2048, density="none", warp=1.6) > 0.15


def test_the_unit_of_the_weights_is_the_time_step():
    times = torch.linspace(0, 18, 512, dtype=torch.float64).unsqueeze(0)
    for time_step in (0.01, 1.0, 30.0):
        error = integral_error(times, density="gap", time_step=time_step, span=18.0)
        assert error < 0.03  # half a step of 512 at the mirrored end


# --- the module -----------------------------------------------------------------------


def test_forward_remembers_nothing():
    conv = make_conv()
    attributes = dict(vars(conv)), dict(vars(conv.kernel))
    state = {name: value.clone() for name, value in conv.state_dict().items()}
    values, times, observed = make_batch("random")
    first = conv(values, times, observed)
    conv(*make_batch("regular", batch=5, length=61))
    conv(*make_batch("bursty", batch=1, length=1))
    conv.float()(values.float(), times, observed)
    conv.double()
    assert conv(*make_batch("lattice")).dtype == torch.float64
    conv.load_state_dict(state)
    assert torch.equal(conv(values, times, observed), first)
    for before, module in zip(attributes, (conv, conv.kernel), strict=True):
        assert vars(module).keys() == before.keys()


@pytest.mark.parametrize("kernel", KERNELS)
def test_copies_and_saved_states_give_the_same_output(kernel):
    conv = make_conv(kernel, dtype=torch.float32)
    batch = make_batch("random", dtype=torch.float32)
    expected = conv(*batch)
    file = io.BytesIO()
    torch.save(conv.state_dict(), file)
    file.seek(0)
    other = make_conv(kernel, seed=1, dtype=torch.float32)
    assert not torch.equal(other(*batch), expected)
    other.load_state_dict(torch.load(file))
    for twin in (copy.deepcopy(conv), pickle.loads(pickle.dumps(conv)), other):
        assert torch.equal(twin(*batch), expected)


def test_one_plan_serves_several_layers():
    values, times, observed = make_batch("random")
    layers = [make_conv(seed=seed) for seed in range(2)]
    steps = torch.tensor(TIME_STEPS, dtype=torch.float64)
    plan = make_plan(times, observed, time_step=steps)
    for conv in layers:
        expected = conv(values, times, observed)
        assert torch.equal(conv(values, plan=plan), expected)


def test_a_mask_of_rows_is_a_mask_of_all_channels():
    conv = make_conv(time_step=0.3)
    values, times, observed = make_batch("random")
    rows = observed[..., :1]
    expected = conv(values, times, rows.expand_as(values))
    assert relative_error(conv(values, times, rows), expected) < ROUNDING


def test_what_is_not_observed_may_hold_anything():
    conv = make_conv()
    values, times, observed = make_batch("random")
    output = conv(values, times, observed)
    for junk in (math.nan, math.inf, 1e300):
        spoiled = torch.where(observed, values, junk).requires_grad_()
        got = conv(spoiled, times, observed)
        assert torch.equal(got, output)
        got.sum().backward()
        assert spoiled.grad.isfinite().all()
        assert (spoiled.grad[~observed] == 0).all()


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_series_without_any_observation_give_the_bias(causal):
    conv = make_conv(causal=causal)
    nn.init.normal_(conv.bias)
    values, times, observed = make_batch("random")
    observed[1] = False
    output = conv(values, times, observed)
    assert torch.equal(output[1], conv.bias.expand(24, -1))
    alone = conv(values[1:], times[1:], observed[1:])
    assert torch.equal(alone, conv.bias.expand(1, 24, -1))


@pytest.mark.parametrize("shape", [(0, 5), (2, 0), (0, 0)])
def test_empty_batches_give_empty_outputs(shape):
    conv = make_conv(time_step=1.0)
    times = torch.zeros(shape, dtype=torch.float64)
    values = torch.zeros(*shape, N_IN, dtype=torch.float64, requires_grad=True)
    output = conv(values, times)
    assert output.shape == (*shape, N_OUT)
    output.sum().backward()


def test_a_kernel_may_be_given_as_a_module():
    kernel = BandKernel(N_IN, N_OUT).double()
    conv = make_conv(kernel)
    assert conv.kernel is kernel
    batch = make_batch("random")
    assert_like_direct_sum(conv, *batch, None, FLOAT64)


def test_the_layer_prints_its_settings():
    shown = repr(make_conv())
    assert "3, 2, causal=True, horizon=7, density='gap'" in shown


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"in_channels": 0}, ValueError, "`in_channels` must be at least 1; got 0"),
        ({"out_channels": 2.0}, TypeError, "`out_channels` must be an integer; got 2"),
        ({"horizon": 0.0}, ValueError, "`horizon` must be positive and finite; got 0"),
        ({"horizon": "7"}, TypeError, "`horizon` must be a number; got '7'"),
        (
            {"time_step": [1.0, -1.0, 1.0]},
            ValueError,
            r"`time_step` must be positive and finite; got -1.0",
        ),
        (
            {"time_step": math.inf},
            ValueError,
            "`time_step` must be positive and finite; got inf",
        ),
        (
            {"time_step": [1.0, math.inf, 1.0]},
            ValueError,
            "`time_step` must be positive and finite; got inf",
        ),
        (
            {"time_step": math.nan},
            ValueError,
            "`time_step` must be positive and finite; got nan",
        ),
        (
            {"time_step": [1.0, 2.0]},
            ValueError,
            r"one number or one per channel \(3\); got the shape \(2,\)",
        ),
        (
            {"time_step": []},
            ValueError,
            r"one number or one per channel \(3\); got the shape \(0,\)",
        ),
        (
            {"density": "kde"},
            ValueError,
            "`density` must be one of 'gap', 'none'; got 'kde'",
        ),
        ({"kernel": "sine"}, ValueError, "`kernel` must be one of 'bands', 'siren'"),
        (
            {"kernel": nn.Linear(1, 1)},
            TypeError,
            "`kernel` must be a name or an AbstractKernel; got Linear",
        ),
        (
            {"kernel": BandKernel(3, 3)},
            ValueError,
            r"= \(3, 2, True\); got \(3, 3, True\). Make it with the sizes",
        ),
        (
            {"omega_0": 3.0},
            ValueError,
            r"`kernel_params` must only hold parameters of the kernel; got "
            r"\['omega_0'\]. It takes \['n_features'\]",
        ),
        (
            {"kernel": BandKernel(3, 2), "n_features": 3},
            ValueError,
            r"`kernel_params` must be empty if `kernel` is a module; got "
            r"\['n_features'\]. Make the kernel with them",
        ),
    ],
)
def test_wrong_settings_are_refused(params, error, message):
    sizes = {"in_channels": N_IN, "out_channels": N_OUT}
    with pytest.raises(error, match=message):
        CKConv(**{**sizes, **params})


VALUES = torch.zeros(2, 4, N_IN)
TIMES = torch.arange(4.0).expand(2, -1)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"values": torch.zeros(2, 4)},
            ValueError,
            r"`values` must have the shape \(batch, time, 3\); got \(2, 4\)",
        ),
        (
            {"values": torch.zeros(2, 4, 2)},
            ValueError,
            r"\(batch, time, 3\); got \(2, 4, 2\)",
        ),
        (
            {"values": VALUES.long()},
            TypeError,
            "`values` must be floating; got torch.int64",
        ),
        ({"times": None}, ValueError, "`times` or `plan` must be given; got neither"),
        (
            {"times": TIMES[:, :3]},
            ValueError,
            r"sizes of `times`, \(2, 3\); got \(2, 4\)",
        ),
        ({"times": TIMES[:1]}, ValueError, r"sizes of `times`, \(1, 4\); got \(2, 4\)"),
        (
            {"times": TIMES.flip(1)},
            ValueError,
            "series 0 has 2.0 after 3.0. Sort each series",
        ),
        (
            {"observed": VALUES},
            TypeError,
            r"`observed` must be boolean; got torch.float32. Use `mask.bool\(\)`",
        ),
        (
            {"observed": VALUES.long()},
            TypeError,
            "`observed` must be boolean; got torch.int64",
        ),
        (
            {"observed": torch.ones(2, 4, 2).bool()},
            ValueError,
            r"`observed` must have 1 or 3 channels; got 2",
        ),
        (
            {"observed": torch.ones(2, 4).bool()},
            ValueError,
            r"`observed` must have the shape \(batch, time, channels\) with "
            r"\(batch, time\) = \(2, 4\); got \(2, 4\)",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    conv = CKConv(N_IN, N_OUT)
    with pytest.raises(error, match=message):
        conv(**{"values": VALUES, "times": TIMES, **arguments})


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="`method` must be one of 'auto', 'lattice'"):
        CKConv(1, 1).plan(TIMES, method="fft")
