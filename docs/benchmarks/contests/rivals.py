"""The convolution as others compute it, and the time that no FFT method can beat."""

import torch
from torch import Tensor

from ckts.convolution.methods.fft import ENTRIES_PER_CHUNK, next_fast_length
from ckts.layers import CKConv, Plan
from contests.measure import Step


def dense(conv: CKConv, values: Tensor) -> Tensor:
    """Textbook formula on the regular grid 0, 1, 2, ..., as published codes have it.

    All out x in x time kernel values are built and transformed, multiplied with the
    transformed signals by broadcasting, and summed over the input channels. Published
    codes invert with an even length always, which is wrong for odd ones; not so here.

    Parameters
    ----------
    conv : CKConv
        A causal layer.
    values : Tensor of shape (batch, time, in_channels)
        Signals.

    Returns
    -------
    Tensor of shape (batch, time, out_channels)
    """
    length = values.shape[1]
    lags = torch.arange(length, dtype=torch.float64) / conv.horizon
    mixing = conv.kernel.mixing()
    kernel = (mixing.flatten(0, 1) @ conv.kernel.features(lags).T).view(
        *mixing.shape[:2], length
    )
    n_fft = 2 * length - length % 2
    signal = torch.fft.rfft(values.transpose(1, 2), n=n_fft)
    product = signal.unsqueeze(1) * torch.fft.rfft(kernel, n=n_fft).unsqueeze(0)
    output = torch.fft.irfft(product.sum(2), n=n_fft)[..., :length]
    return output.transpose(1, 2) + conv.bias


def naive(conv: CKConv, values: Tensor, plan: Plan) -> Tensor:
    """Sum over pairs with an out x in kernel for each, by plain autograd.

    Parameters
    ----------
    conv : CKConv
        A causal layer.
    values : Tensor of shape (batch, time, in_channels)
        Observations, no two at the same time.
    plan : Plan
        That of the batch.

    Returns
    -------
    Tensor of shape (batch, time, out_channels)
    """
    times, (weights, latest) = plan.geometry.times, _weights(plan)
    lags = times.unsqueeze(2) - times.unsqueeze(1)
    shares = torch.where(lags < 0, 0, weights.transpose(1, 2))
    shares = shares + torch.diag_embed(latest.squeeze(2))
    kernel = conv.kernel(lags.clamp(min=0) / conv.horizon)  # (batch, q, time, out, in)
    kernel = kernel * shares.to(values.dtype)[..., None, None]
    return torch.einsum("bqtoi,bti->bqo", kernel, values) + conv.bias


def _weights(plan: Plan) -> tuple[Tensor, Tensor]:
    """Weights, and what to add to an observation's own at its own time."""
    weights, latest = plan.quadrature.weights, plan.quadrature.latest
    return weights, torch.zeros_like(weights) if latest is None else latest.change


def bare_limit(conv: CKConv, batch: int, length: int) -> Step:
    """FFTs, matrix products and kernel network of one forward and backward pass.

    The transforms of signals, features and their gradients, each once and into memory
    that is there; the products of all chunks of frequencies in buffers that stay in the
    cache, with the mixing anew in the backward pass; nothing else: no copy, no change
    of layout, no sum.

    Parameters
    ----------
    conv : CKConv
        The layer; its kernel is evaluated.
    batch, length : int
        Size of the batch.

    Returns
    -------
    callable
    """
    n_fft = next_fast_length(2 * length - 1)
    lags = torch.arange(length, dtype=torch.float64) / conv.horizon
    mixing = conv.kernel.mixing()
    sizes = [(batch * channels, n_fft) for channels in mixing.shape[:2]]
    transforms = [_fourier(*size) for size in (*sizes, (mixing.shape[2], n_fft))]
    multiply = _products(batch, *mixing.shape, n_frequencies=n_fft // 2 + 1)
    by_features = torch.randn(length, mixing.shape[2])
    by_mixing = torch.randn_like(mixing)

    def step() -> None:
        outputs = conv.kernel.features(lags), conv.kernel.mixing()
        torch.autograd.backward(outputs, (by_features, by_mixing))
        for transform in transforms:
            transform()
        multiply()

    return step


def _fourier(rows: int, n_fft: int) -> Step:
    """One transform and one inverse: of a signal and a gradient, or the reverse."""
    signals = torch.randn(rows, n_fft)
    spectra = torch.fft.rfft(signals)

    def step() -> None:
        torch.fft.rfft(signals, out=spectra)
        torch.fft.irfft(spectra, n=n_fft, out=signals)

    return step


def _products(
    batch: int, n_out: int, n_in: int, n_features: int, *, n_frequencies: int
) -> Step:
    """Products of both passes, chunk by chunk: real ones mix, complex ones convolve."""
    chunk = min(max(1, ENTRIES_PER_CHUNK // (n_in * n_out)), n_frequencies)
    planes, mixed = (
        torch.zeros(2 * chunk, n_features),
        torch.zeros(2 * chunk, n_in * n_out),
    )
    weight = torch.zeros(n_features, n_in * n_out)
    kernel, x, y = (
        torch.zeros(chunk, *shape, dtype=torch.cfloat)
        for shape in ((n_in, n_out), (batch, n_in), (batch, n_out))
    )

    def products(size: int) -> None:
        plane, mix = planes[: 2 * size], mixed[: 2 * size]
        matrices, values, slopes = kernel[:size], x[:size], y[:size]
        torch.mm(plane, weight, out=mix)  # mixing, forward
        torch.bmm(values, matrices, out=slopes)  # convolution
        torch.mm(plane, weight, out=mix)  # mixing, backward
        torch.bmm(slopes, matrices.transpose(1, 2), out=values)  # to the signal
        torch.bmm(values.transpose(1, 2), slopes, out=matrices)  # to the kernel
        torch.mm(mix, weight.T, out=plane)  # to the features
        torch.mm(plane.T, mix, out=weight)  # to the mixing

    def step() -> None:
        for start in range(0, n_frequencies, chunk):
            products(min(chunk, n_frequencies - start))

    return step
