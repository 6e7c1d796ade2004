"""The convolution of a plan, without a layer, and the checks of stamps and masks."""

import math
import re

import numpy as np
import pytest
import torch

from ckts.convolution.plan import (
    _check_observed,
    _check_rows,
    _check_times,
    layer_geometry,
    make_plan,
)
from quadratures import plan_of
from references import relative_error


def gaussians(lags):
    """Three features whose sum over lags is easily done by hand."""
    centers = torch.tensor([0.0, 0.5, 1.0], dtype=lags.dtype)
    return torch.exp(-((lags.unsqueeze(-1) - centers) ** 2))


def by_hand(values, mixing, times, queries, causal):
    """``sum_j psi(t_i - tau_j) x_j``, one number at a time."""
    output = np.zeros((len(queries), len(mixing)))
    for i, query in enumerate(queries):
        for j, time in enumerate(times):
            if causal and time > query:
                continue
            psi = mixing @ gaussians(torch.tensor(query - time).double()).numpy()
            output[i] += psi @ values[j]
    return output


@pytest.mark.parametrize("method", ["lattice", "pairwise"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_both_methods_are_the_sum_by_hand(method, causal):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(1, 6, 2, generator=generator, dtype=torch.float64)
    mixing = torch.randn(4, 2, 3, generator=generator, dtype=torch.float64)
    times = torch.tensor([[0, 1, 1, 2.5, 4, 4.5]], dtype=torch.float64)
    queries = torch.tensor([[4, -1, 1, 2, 9]], dtype=torch.float64)
    geometry = layer_geometry(times, queries, method=method)
    plan = plan_of(geometry, quadrature="none", causal=causal)
    got = plan.convolve(values, gaussians, mixing)
    stamps = times[0].tolist(), queries[0].tolist()
    expected = by_hand(values[0].numpy(), mixing.numpy(), *stamps, causal)
    assert relative_error(got[0], torch.from_numpy(expected)) < 1e-13


@pytest.mark.parametrize("method", ["lattice", "pairwise"])
def test_what_is_not_observed_does_not_enter_through_ties(method):
    values = torch.randn(1, 4, 2, dtype=torch.float64)
    times = torch.tensor([[0, 1, 1, 3]], dtype=torch.float64)
    observed = torch.ones(1, 4, 2, dtype=torch.bool)
    observed[0, 2, 0] = False
    mixing = torch.randn(4, 2, 3, dtype=torch.float64)
    plan = plan_of(layer_geometry(times, method=method), observed)
    expected = plan.convolve(values, gaussians, mixing)
    spoiled = torch.where(observed, values, 77)
    assert relative_error(plan.convolve(spoiled, gaussians, mixing), expected) < 1e-13


# --- checks ---------------------------------------------------------------------------

TIMES = torch.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, 5.0]], dtype=torch.float64)
MASK = torch.zeros(2, 3, 4, dtype=torch.bool)


def raises(error, message):
    """Expect an error whose message begins with this."""
    return pytest.raises(error, match="^" + re.escape(message))


def test_times_may_be_tied_and_of_any_type():
    _check_times(TIMES, None)
    _check_times(TIMES.long(), TIMES.flip(1).long())
    _check_times(TIMES.float(), TIMES[:, :1])
    _check_times(TIMES[:, :0], None)
    _check_times(TIMES[:0], TIMES[:0])


@pytest.mark.parametrize(
    ("times", "query_times", "message"),
    [
        (TIMES[0], None, "`times` must have the shape (batch, time); got (3,)."),
        (
            TIMES.unsqueeze(-1),
            None,
            "`times` must have the shape (batch, time); got (2, 3, 1).",
        ),
        (
            TIMES.flip(1),
            None,
            "`times` must not decrease within a series; series 0 has 1.0 after 2.0. "
            "Sort each series by time; padding repeats the last time.",
        ),
        (
            torch.tensor([[1, 2, 2], [3, 9, 8]]),
            None,
            "`times` must not decrease within a series; series 1 has 8 after 9. ",
        ),
        (TIMES / 0, None, "`times` must be finite; got NaN or infinity."),
        (
            TIMES,
            TIMES[0],
            "`query_times` must have the shape (batch, query) with batch = 2; got "
            "(3,).",
        ),
        (
            TIMES,
            TIMES[:1],
            "`query_times` must have the shape (batch, query) with batch = 2; got "
            "(1, 3).",
        ),
        (TIMES, TIMES * math.nan, "`query_times` must be finite; got NaN or infinity."),
        (
            TIMES[:, :0],
            TIMES,
            "`times` must hold at least one time per series; got 0. Pad series without "
            "observations with one time, and mark it in `observed`.",
        ),
    ],
)
def test_times_must_be_finite_and_sorted(times, query_times, message):
    with raises(ValueError, message):
        _check_times(times, query_times)


def test_a_mask_must_be_boolean_and_of_the_rows():
    _check_observed(None, TIMES)
    _check_observed(MASK, TIMES)
    for mask in (MASK.float(), MASK.long(), MASK.to(torch.uint8)):
        with raises(
            TypeError,
            f"`observed` must be boolean; got {mask.dtype}. Use `mask.bool()`.",
        ):
            _check_observed(mask, TIMES)
    for mask in (MASK[..., 0], MASK[:, :2], MASK[:1]):
        with raises(
            ValueError,
            "`observed` must have the shape (batch, time, channels) with (batch, time) "
            f"= (2, 3); got {tuple(mask.shape)}.",
        ):
            _check_observed(mask, TIMES)


def test_arguments_are_checked_in_their_order():
    """Of two that are wrong, the first is named, and never in torch's words."""
    mask = torch.ones(1, 2, 1, dtype=torch.bool)
    with pytest.raises(TypeError, match="`times` must be a Tensor; got list"):
        make_plan([[0.0, 1.0]], mask)
    with pytest.raises(ValueError, match="`quadrature` must be one of"):
        make_plan(None, mask, quadrature="x")


def test_a_mask_must_have_one_channel_or_all():
    values = torch.zeros(2, 3, 4)
    for channels in (1, 4):
        _check_rows(values, values[..., :channels])
    message = "^`observed` must have 1 or 4 channels; got 3\\.$"
    with pytest.raises(ValueError, match=message):
        _check_rows(values, values[..., :3])
