"""The convolution on a regular grid, exact, at any length, by FFT.

The kernel is ``psi(lag) = mixing @ features(lag)``. Only the features are transformed;
they are mixed into a (in, out) matrix per frequency, for a few frequencies at a time,
and again in the backward pass: nothing of size in x out x length ever exists.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ckts.transforms import AbstractFused, is_exporting

# Complex entries of the kernel's transform that are held at a time: a megabyte stays in
# a core's cache.
ENTRIES_PER_CHUNK = 2**17
# A GPU is slowed down by many small products, and has the memory for larger ones.
ENTRIES_PER_CHUNK_CUDA = 2**23
# Complex entries of a spectrum that the backward pass finds again: 8 MB per layer.
LARGEST_HELD = 2**20
# Transforms of so many points are products with a matrix.
SHORT = 128
# Forward and backward, see `ckts.convolution.methods.base.Offer`; measured.
PER_FREQUENCY = 13.0  # mixing the kernel
PER_FREQUENCY_AND_SERIES = 2.1  # transforming and multiplying the signals
# Points of all series together that are accepted, some gigabytes.
MAX_POINTS = 2**26


def convolve_regular(
    signal: Tensor, samples: Tensor, mixing: Tensor, *, first_lag: int = 0
) -> Tensor:
    """Convolve on a regular grid: ``y[n] = sum_l mixing @ samples[l] x[n - l]``.

    Parameters
    ----------
    signal : Tensor of shape (batch, length, in_channels)
        Values on the grid, 0 outside.
    samples : Tensor of shape (n_lags, n_features)
        Features at the lags ``first_lag``, ``first_lag + 1``, ...; 0 elsewhere.
    mixing : Tensor of shape (out_channels, in_channels, n_features)
        The linear map from features to kernel values; of shape (channels, n_features)
        if each channel has one kernel of its own (depth-wise).
    first_lag : int, default=0
        Lag of the first row of `samples`; negative where the future enters.

    Returns
    -------
    Tensor of shape (batch, length, out_channels)
    """
    length, last = signal.shape[1], first_lag + len(samples) - 1
    n_fft = next_fast_length(length + max(last, -first_lag, 0))
    if is_exporting():
        # A power of two: transforms of other lengths take ONNX Runtime four times as
        # long, with an error of 1e-4 at 1,000 points.
        n_fft = 1 << (n_fft - 1).bit_length()
    if mixing.ndim == 2:
        circular = _circular(samples, first_lag, n_fft)
        return _convolve_depthwise(signal, circular, mixing)
    return _Mixed.run(signal, samples, mixing, first_lag, n_fft)


def points_cost(batch: int, length: float) -> float:
    """Microseconds of :func:`convolve_regular` for some points per series."""
    return length * (PER_FREQUENCY + PER_FREQUENCY_AND_SERIES * batch)


def next_fast_length(length: int) -> int:
    """Smallest fast FFT length of at least `length`.

    Lengths above 32 are multiples of 16 without prime factors above 7: odd ones take
    up to twice the time of the next even one (float32, MKL).

    Examples
    --------
    >>> next_fast_length(363)
    384
    """
    unit = 16 if length > 32 else 1
    length = -(-length // unit) * unit
    while not _is_smooth(length):
        length += unit
    return length


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5, 7):
        while number % prime == 0 and number > 0:
            number //= prime
    return number == 1


def _convolve_depthwise(signal: Tensor, circular: Tensor, mixing: Tensor) -> Tensor:
    n_fft = len(circular)
    spectrum = torch.fft.rfft(signal.transpose(1, 2), n=n_fft)
    kernel = torch.fft.rfft(mixing @ circular.T, n=n_fft)
    output = torch.fft.irfft(spectrum * kernel, n=n_fft)
    return output[..., : signal.shape[1]].transpose(1, 2).contiguous()


def _circular(samples: Tensor, first_lag: int, n_fft: int) -> Tensor:
    """Pad samples to a full turn that begins with lag 0: (n_fft, n_features)."""
    padded = samples.new_zeros(n_fft - len(samples), samples.shape[1])
    return torch.cat([samples, padded]).roll(first_lag, 0)


class _Mixed(AbstractFused):
    """FFT, one complex matrix product per frequency, inverse FFT.

    The mixing is real: it multiplies the real and imaginary parts of the features,
    which are stored as separate planes. With the gradient's spectrum conjugated, all
    products of the backward pass are plain ones.
    """

    @staticmethod
    def plain(signal, samples, mixing, first_lag, n_fft):
        """Multiply all spectra at once, by their real and imaginary parts."""
        real, imaginary = _split(torch.fft.rfft(signal, n=n_fft, dim=1))
        circular = _circular(samples, first_lag, n_fft)
        planes = _split(torch.fft.rfft(circular, dim=0))
        kernels = (torch.einsum("kf,ocf->kco", plane, mixing) for plane in planes)
        by_real, by_imaginary = kernels  # (frequency, in, out)

        def product(spectrum: Tensor, kernel: Tensor) -> Tensor:
            return (spectrum.transpose(0, 1) @ kernel).transpose(0, 1)

        output = torch.complex(
            product(real, by_real) - product(imaginary, by_imaginary),
            product(real, by_imaginary) + product(imaginary, by_real),
        )
        return torch.fft.irfft(output, n=n_fft, dim=1)[:, : signal.shape[1]]

    @staticmethod
    def forward(ctx, signal, samples, mixing, first_lag, n_fft):
        spectrum = _transform(signal, n_fft)
        planes = _feature_planes(samples, first_lag, n_fft)
        weight = mixing.flatten(0, 1)
        output = spectrum.new_empty(*spectrum.shape[:2], len(mixing))
        kernel = None
        for part in _chunks(len(spectrum), weight):
            kernel = _mix(planes[:, part], weight, signal.shape[2])
            torch.bmm(spectrum[part], kernel.transpose(1, 2), out=output[part])
        # What is small is kept for the backward pass, the rest made anew.
        held = spectrum if spectrum.numel() <= LARGEST_HELD else None
        whole = kernel if len(spectrum) <= _chunk_size(weight) else None
        ctx.save_for_backward(signal, planes, weight, held, whole)
        ctx.first_lag, ctx.n_lags, ctx.n_fft = first_lag, len(samples), n_fft
        return _invert(output, signal.shape[1], n_fft)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        signal, planes, weight, held, kernel = ctx.saved_tensors
        n_fft, n_in, n_out = ctx.n_fft, signal.shape[2], gradient.shape[2]
        spectrum = _transform(signal, n_fft) if held is None else held
        slopes = _transform(gradient, n_fft).conj_physical_()
        by_planes, by_weight = torch.empty_like(planes), torch.zeros_like(weight)
        # What was read of a spectrum made here is free to take the gradient.
        by_spectrum = spectrum if held is None else torch.empty_like(spectrum)
        counted = planes * _plane_counts(n_fft, planes.dtype, planes.device)
        for part in _chunks(len(spectrum), weight):
            values, slope = spectrum[part], slopes[part]
            by_kernel = _planar(torch.bmm(slope.transpose(1, 2), values))
            by_planes[:, part] = (by_kernel @ weight).view(2, len(values), -1)
            by_weight.addmm_(by_kernel.T, counted[:, part].flatten(0, 1))
            mixed = _mix(planes[:, part], weight, n_in) if kernel is None else kernel
            torch.bmm(slope, mixed, out=by_spectrum[part])
        by_signal = _invert(by_spectrum.conj_physical_(), signal.shape[1], n_fft)
        by_samples = _feature_slopes(by_planes, ctx.first_lag, ctx.n_lags, n_fft)
        by_mixing = by_weight.view(n_out, n_in, -1)
        return by_signal, by_samples, by_mixing, None, None


def _split(spectrum: Tensor) -> tuple[Tensor, Tensor]:
    """Split into real and imaginary parts."""
    real, imaginary = torch.view_as_real(spectrum).unbind(-1)
    return real, imaginary


def _transform(signal: Tensor, n_fft: int) -> Tensor:
    """Spectrum of shape (frequency, batch, channels)."""
    batch, length, channels = signal.shape
    if n_fft <= SHORT:
        rows = signal.transpose(0, 1).reshape(length, -1)
        parts = _fourier(0, length, n_fft, rows) @ rows
        return torch.complex(*parts.chunk(2)).view(-1, batch, channels)
    spectrum = torch.fft.rfft(signal.transpose(1, 2), n=n_fft).flatten(0, 1)
    return spectrum.T.contiguous().view(-1, batch, channels)


def _invert(spectrum: Tensor, length: int, n_fft: int) -> Tensor:
    """Signal of shape (batch, length, channels)."""
    if n_fft <= SHORT:
        parts = torch.cat([spectrum.real, spectrum.imag]).flatten(1)
        signal = _inverse_fourier(0, length, n_fft, parts) @ parts
        signal = signal.view(length, *spectrum.shape[1:])
    else:
        signal = torch.fft.irfft(spectrum, n=n_fft, dim=0)[:length]
    return signal.transpose(0, 1).contiguous()


def _feature_planes(samples: Tensor, first_lag: int, n_fft: int) -> Tensor:
    """Spectra of the features: (real and imaginary part, frequency, feature)."""
    if n_fft <= SHORT:
        matrix = _fourier(first_lag, len(samples), n_fft, samples)
        return (matrix @ samples).view(2, -1, samples.shape[1])
    spectra = torch.fft.rfft(_circular(samples, first_lag, n_fft), dim=0)
    return torch.stack([spectra.real, spectra.imag])


def _feature_slopes(
    by_planes: Tensor, first_lag: int, n_lags: int, n_fft: int
) -> Tensor:
    """Gradient of the samples from that of the planes, whose spectra are conjugated."""
    real, imaginary = by_planes[0], by_planes[1].neg_()
    if n_fft <= SHORT:
        matrix = _inverse_fourier(first_lag, n_lags, n_fft, by_planes)
        return matrix @ by_planes.flatten(0, 1)
    spectra = torch.complex(real, imaginary)
    return torch.fft.irfft(spectra, n=n_fft, dim=0).roll(-first_lag, 0)[:n_lags]


def _fourier(first: int, length: int, n_fft: int, like: Tensor) -> Tensor:
    """Matrix of a short transform: the products are faster than FFT and its copies.

    Returns
    -------
    Tensor of shape (2 * frequency, length)
        To real parts, and then imaginary ones, from samples at `first` and later.
    """
    return _fourier_pair(first, length, n_fft, like.dtype, like.device)[0]


def _inverse_fourier(first: int, length: int, n_fft: int, like: Tensor) -> Tensor:
    """Matrix of the way back: (length, 2 * frequency)."""
    return _fourier_pair(first, length, n_fft, like.dtype, like.device)[1]


@lru_cache(maxsize=64)
def _fourier_pair(
    first: int, length: int, n_fft: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    turns = torch.outer(torch.arange(n_fft // 2 + 1), first + torch.arange(length))
    angles = (turns % n_fft).double() * (2 * math.pi / n_fft)
    planes = torch.stack([angles.cos(), -angles.sin()])
    counts = _plane_counts(n_fft, planes.dtype, planes.device).abs()
    back = (planes * counts).flatten(0, 1).T
    return planes.flatten(0, 1).to(device, dtype), back.to(device, dtype).contiguous()


@lru_cache(maxsize=64)
def _plane_counts(n_fft: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Multiplicity of each frequency in the full spectrum, over n; conjugated.

    Returns
    -------
    Tensor of shape (2, frequency, 1)
    """
    counts = torch.full((2, n_fft // 2 + 1, 1), 2.0, dtype=dtype)
    counts[:, 0] = 1.0
    if n_fft % 2 == 0:
        counts[:, -1] = 1.0
    counts[1].neg_()
    return (counts / n_fft).to(device)


def _chunk_size(weight: Tensor) -> int:
    """Count the frequencies that are mixed at a time."""
    budget = ENTRIES_PER_CHUNK_CUDA if weight.is_cuda else ENTRIES_PER_CHUNK
    return max(1, budget // len(weight))


def _chunks(n_frequencies: int, weight: Tensor) -> list[slice]:
    size = _chunk_size(weight)
    return [slice(s, s + size) for s in range(0, n_frequencies, size)]


def _mix(planes: Tensor, weight: Tensor, n_in: int) -> Tensor:
    """Kernel of some frequencies, complex: (frequency, out, in)."""
    kernel = planes @ weight.T
    return torch.complex(*kernel).view(planes.shape[1], -1, n_in)


def _planar(kernel: Tensor) -> Tensor:
    """Real parts of all frequencies, then imaginary ones: (2 * frequency, out * in)."""
    parts = torch.view_as_real(kernel.flatten(1)).permute(2, 0, 1)
    return parts.flatten(0, 1).contiguous()
