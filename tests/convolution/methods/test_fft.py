"""The convolution on a regular grid against a loop over lags, at any length."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from ckts.convolution.methods import fft as fourier
from ckts.convolution.methods.fft import (
    convolve_regular,
    next_fast_length,
)
from references import relative_error

seeds = st.integers(0, 2**16)
# Lengths of both halves of the FFT, n and n / 2: odd, prime, powers of two.
LENGTHS = [1, 2, 3, 16, 17, 31, 97, 128, 161, 199, 200]


def loop_over_lags(signal, samples, mixing, first_lag=0):
    """``y[n] = sum_l mixing @ samples[l] x[n - l]``, a lag at a time."""
    length = signal.shape[1]
    output = torch.zeros(len(signal), length, len(mixing), dtype=signal.dtype)
    # gradients are 0, and not missing, where no lag enters
    output = output + 0 * (signal.sum() + samples.sum() + mixing.sum())
    for row, features in enumerate(samples):
        lag = first_lag + row
        kernel = mixing @ features  # (out, in), or (channel,)
        first, last = max(lag, 0), min(length, length + lag)
        if first >= last:
            continue
        seen = signal[:, first - lag : last - lag]
        part = seen * kernel if mixing.ndim == 2 else seen @ kernel.T
        padding = (0, 0, first, length - last)
        output = output + torch.nn.functional.pad(part, padding)
    return output


def draw_case(
    length, n_lags, *, n_in=3, n_out=2, depthwise=False, batch=2, n_features=4, seed=0
):
    """Signal, samples and mixing, which require gradients."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (
        (batch, length, n_in),
        (n_lags, n_features),
        (n_in, n_features) if depthwise else (n_out, n_in, n_features),
    )
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


def with_gradients(convolve, case, **options):
    """Output, and gradients of everything for one random sensitivity."""
    output = convolve(*case, **options)
    generator = torch.Generator().manual_seed(5)
    sensitivity = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    sensitivity = sensitivity.to(output.dtype)
    return output, *torch.autograd.grad((output * sensitivity).sum(), case)


def assert_like_loop(case, bound=1e-12, **options):
    got = with_gradients(convolve_regular, case, **options)
    expected = with_gradients(loop_over_lags, case, **options)
    for one, other in zip(got, expected, strict=True):
        assert one.shape == other.shape
        assert relative_error(one, other) < bound


# --- the sum over lags ----------------------------------------------------------------


@pytest.mark.parametrize("length", LENGTHS)
def test_all_lengths_meet_the_loop(length):
    assert_like_loop(draw_case(length, length))


@settings(max_examples=40)
@given(
    st.integers(1, 200),
    st.integers(1, 60),
    st.sampled_from([0, 1, -1, -7, -59, 12]),
    st.booleans(),
    seeds,
)
def test_any_kernel_meets_the_loop(length, n_lags, first_lag, depthwise, seed):
    case = draw_case(length, n_lags, depthwise=depthwise, seed=seed)
    assert_like_loop(case, first_lag=first_lag)


@pytest.mark.parametrize("first_lag", [-7, 0, 1])
def test_a_kernel_longer_than_the_signal_does_not_wrap_around(first_lag):
    for depthwise in (False, True):
        case = draw_case(5, 40, depthwise=depthwise)
        assert_like_loop(case, first_lag=first_lag)


def test_a_kernel_out_of_reach_gives_zeros():
    case = draw_case(6, 3)
    assert convolve_regular(*case, first_lag=9).abs().max() < 1e-14


@pytest.mark.parametrize("entries", [1, 13, 6 * 5])
def test_chunks_of_frequencies_are_parts_of_the_same_sum(entries, monkeypatch):
    monkeypatch.setattr(fourier, "ENTRIES_PER_CHUNK", entries)
    for length in (1, 40, 67):
        assert_like_loop(draw_case(length, length))


@pytest.mark.parametrize("length", [5, 40, 97])
@pytest.mark.parametrize(("name", "value"), [("LARGEST_HELD", 0), ("SHORT", 0)])
def test_what_is_held_and_how_it_is_transformed_changes_nothing(
    name, value, length, monkeypatch
):
    monkeypatch.setattr(fourier, name, value)
    assert_like_loop(draw_case(length, length), first_lag=-2)


@pytest.mark.parametrize("held", [0, 2**20])
def test_the_backward_pass_runs_twice(held, monkeypatch):
    monkeypatch.setattr(fourier, "LARGEST_HELD", held)
    case = draw_case(9, 9)
    total = convolve_regular(*case).square().sum()
    first = torch.autograd.grad(total, case, retain_graph=True)
    for one, other in zip(first, torch.autograd.grad(total, case), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("batch", [1, 3])
def test_one_channel_and_one_feature_are_enough(batch):
    for n_out in (1, 2):
        case = draw_case(9, 9, n_in=1, n_out=n_out, n_features=1, batch=batch)
        assert_like_loop(case)


def test_a_signal_in_any_memory_order_is_taken():
    signal, *kernel = draw_case(20, 20)
    turned = signal.detach().permute(2, 0, 1).contiguous().permute(1, 2, 0)
    assert not turned.is_contiguous()
    expected = convolve_regular(signal, *kernel)
    assert relative_error(convolve_regular(turned, *kernel), expected) < 1e-14


# --- gradients ------------------------------------------------------------------------


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize(
    ("length", "n_lags", "first_lag"), [(7, 7, 0), (6, 9, -4), (5, 2, 1)]
)
def test_gradients_are_those_of_finite_differences(
    length, n_lags, first_lag, depthwise
):
    case = draw_case(length, n_lags, depthwise=depthwise, batch=1, n_features=2)

    def convolve(*case):
        return convolve_regular(*case, first_lag=first_lag)

    assert torch.autograd.gradcheck(convolve, case)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_part_may_need_no_gradient(missing):
    case = draw_case(11, 11)
    expected = with_gradients(convolve_regular, case)[1:]
    case[missing] = case[missing].detach()
    output = convolve_regular(*case)
    generator = torch.Generator().manual_seed(5)
    sensitivity = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    output.backward(sensitivity)
    for number, (part, gradient) in enumerate(zip(case, expected, strict=True)):
        if number != missing:
            assert torch.equal(part.grad, gradient)


# --- float32 --------------------------------------------------------------------------


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("length", [97, 182, 1024, 4001, 16_000])
def test_float32_is_within_2e_5_of_float64(length, depthwise):
    case = draw_case(length, length, n_in=6, n_out=5, depthwise=depthwise, batch=1)
    single = [part.detach().float().requires_grad_() for part in case]
    expected = with_gradients(convolve_regular, case)
    got = with_gradients(convolve_regular, single)
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == torch.float32
        assert relative_error(one, other) < 2e-5


# --- memory ---------------------------------------------------------------------------


class LargestTensor(TorchDispatchMode):
    """Number of elements of the largest tensor that any operation makes."""

    def __init__(self):
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, torch.Tensor):
                self.elements = max(self.elements, tensor.numel())
        return made


def test_nothing_of_kernels_times_length_is_ever_made():
    n_channels, length = 24, 4000
    case = draw_case(length, length, n_in=n_channels, n_out=n_channels, batch=1)
    with LargestTensor() as largest:
        with_gradients(convolve_regular, case)
    kernels = n_channels**2 * length
    assert length * n_channels <= largest.elements < kernels / 5
    # and the meter sees it where it is made
    with LargestTensor() as largest:
        torch.einsum("lf,ocf->loc", case[1], case[2])
    assert largest.elements >= kernels


# --- the length of the FFT ------------------------------------------------------------


def is_fast(length):
    for prime in (2, 3, 5, 7):
        while length % prime == 0:
            length //= prime
    return length == 1


@pytest.mark.parametrize("lengths", [range(1, 33), range(33, 3000, 7), [2**20 + 1]])
def test_the_fast_length_is_the_least_one(lengths):
    for length in lengths:
        unit = 16 if length > 32 else 1
        expected = -(-length // unit) * unit
        while not is_fast(expected):
            expected += unit
        got = next_fast_length(length)
        assert got == expected
        assert got >= length
        assert length <= 32 or got % 16 == 0
        assert got < 1.1 * length + 16


def test_a_fast_length_stays_as_it_is():
    assert [next_fast_length(n) for n in (1, 7, 32, 48, 784, 2**17)] == [
        *(1, 7, 32, 48, 784, 2**17)
    ]
