"""The convolution on a regular grid, exact, at any length, by FFT.

The kernel is ``psi(lag) = mixing @ features(lag)``. Only the features are transformed;
they are mixed into a (in, out) matrix per frequency, for a few frequencies at a time,
and again in the backward pass: nothing of size in x out x length ever exists.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Complex entries of the kernel's transform that are held at a time: a megabyte stays in
# a core's cache.
ENTRIES_PER_CHUNK = 2**17
# A GPU is slowed down by many small products, and has the memory for larger ones.
ENTRIES_PER_CHUNK_CUDA = 2**23
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
    length = signal.shape[1]
    reach = max(first_lag + len(samples) - 1, -first_lag, 0)
    n_fft = next_fast_length(length + reach)
    padded = samples.new_zeros(n_fft - len(samples), samples.shape[1])
    circular = torch.cat([samples, padded]).roll(first_lag, 0)
    if mixing.ndim == 2:
        return _convolve_depthwise(signal, circular, mixing)
    return _Mixed.apply(signal, circular, mixing)


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


class _Mixed(torch.autograd.Function):
    """FFT, one complex matrix product per frequency, inverse FFT.

    The mixing is real: it multiplies the real and imaginary parts of the features,
    which are stored as separate planes. With the gradient's spectrum conjugated, all
    products of the backward pass are plain ones.
    """

    @staticmethod
    def forward(ctx, signal, circular, mixing):
        ctx.save_for_backward(signal, circular, mixing)
        spectrum = _transform(signal, len(circular))
        planes, weight = _feature_planes(circular), _mixing_matrix(mixing)
        output = spectrum.new_empty(*spectrum.shape[:2], len(mixing))
        for part in _chunks(len(spectrum), weight):
            kernel = _mix(planes[:, part], weight, signal.shape[2])
            torch.bmm(spectrum[part], kernel, out=output[part])
        return _invert(output, signal.shape[1], len(circular))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        signal, circular, mixing = ctx.saved_tensors
        n_fft, n_in = len(circular), signal.shape[2]
        spectrum = _transform(signal, n_fft)
        slopes = _transform(gradient, n_fft).conj_physical_()
        planes, weight = _feature_planes(circular), _mixing_matrix(mixing)
        back = weight.T.contiguous()
        by_planes, by_weight = torch.empty_like(planes), torch.zeros_like(weight)
        counted = planes * _plane_counts(planes, n_fft)
        for part in _chunks(len(spectrum), weight):
            values, slope = spectrum[part], slopes[part]
            by_kernel = _planar(torch.bmm(values.transpose(1, 2), slope))
            by_planes[:, part] = (by_kernel @ back).view(2, len(values), -1)
            by_weight.addmm_(counted[:, part].flatten(0, 1).T, by_kernel)
            kernel = _mix(planes[:, part], weight, n_in)
            # What was read of the spectrum is free to take the gradient.
            torch.bmm(slope, kernel.transpose(1, 2), out=values)
        by_signal = _invert(spectrum.conj_physical_(), signal.shape[1], n_fft)
        by_features = torch.complex(by_planes[0], by_planes[1].neg_())
        by_circular = torch.fft.irfft(by_features, n=n_fft, dim=0)
        by_mixing = by_weight.view(-1, n_in, len(mixing)).permute(2, 1, 0)
        return by_signal, by_circular, by_mixing


def _transform(signal: Tensor, n_fft: int) -> Tensor:
    """Spectrum of shape (frequency, batch, channels)."""
    spectrum = torch.fft.rfft(signal.transpose(1, 2), n=n_fft).flatten(0, 1)
    return spectrum.T.contiguous().view(-1, len(signal), signal.shape[2])


def _invert(spectrum: Tensor, length: int, n_fft: int) -> Tensor:
    """Signal of shape (batch, length, channels)."""
    signal = torch.fft.irfft(spectrum, n=n_fft, dim=0)[:length]
    return signal.transpose(0, 1).contiguous()


def _feature_planes(circular: Tensor) -> Tensor:
    """Spectra of the features: (real and imaginary part, frequency, feature)."""
    spectra = torch.fft.rfft(circular, dim=0)
    return torch.stack([spectra.real, spectra.imag])


def _mixing_matrix(mixing: Tensor) -> Tensor:
    """Mixing of shape (feature, in * out)."""
    return mixing.permute(2, 1, 0).flatten(1).contiguous()


def _plane_counts(planes: Tensor, n_fft: int) -> Tensor:
    """Multiplicity of each frequency in the full spectrum, over n; conjugated."""
    counts = planes.new_full((2, planes.shape[1], 1), 2.0)
    counts[:, 0] = 1.0
    if n_fft % 2 == 0:
        counts[:, -1] = 1.0
    counts[1].neg_()
    return counts / n_fft


def _chunks(n_frequencies: int, weight: Tensor) -> list[slice]:
    budget = ENTRIES_PER_CHUNK_CUDA if weight.is_cuda else ENTRIES_PER_CHUNK
    size = max(1, budget // weight.shape[1])
    return [slice(s, s + size) for s in range(0, n_frequencies, size)]


def _mix(planes: Tensor, weight: Tensor, n_in: int) -> Tensor:
    """Kernel of some frequencies, complex: (frequency, in, out)."""
    kernel = planes @ weight
    return torch.complex(*kernel).view(planes.shape[1], n_in, -1)


def _planar(kernel: Tensor) -> Tensor:
    """Real parts of all frequencies, then imaginary ones: (2 * frequency, in * out)."""
    parts = torch.view_as_real(kernel.flatten(1)).permute(2, 0, 1)
    return parts.flatten(0, 1).contiguous()
