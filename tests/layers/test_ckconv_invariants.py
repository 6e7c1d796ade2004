"""What must change nothing, and what must not enter."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ckconv_cases import (
    FLOAT64,
    FUTURE_CHANGES,
    HORIZON,
    ROUNDING,
    TIME_STEPS,
    change_future,
    make_batch,
    make_conv,
)
from references import TIME_KINDS, direct_sum, relative_error

draws = settings(deadline=None, max_examples=25)


# --- what changes nothing ------------------------------------------------------------

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
    st.sampled_from(FUTURE_CHANGES),
    st.booleans(),
)
def test_nothing_after_the_output_time_enters(kind, seed, length, what, masked):
    conv = make_conv()
    values, times, observed = make_batch(kind, length=length, batch=1, seed=seed)
    observed = observed if masked else torch.ones_like(observed)
    n_known, changed = change_future((values, times, observed), what, seed)
    known = times[:, n_known - 1 : n_known]
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
    plain = make_conv(bias=False, time_step=step, horizon=9 * step, quadrature="none")
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


# --- kinds of time stamps ------------------------------------------------------------


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
