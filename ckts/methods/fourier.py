"""The convolution on a regular grid, exact, at any length, by FFT.

The kernel is ``psi(lag) = mixing @ features(lag)``. Only the features are transformed;
they are mixed into a (in, out) matrix per frequency, for a few frequencies at a time,
and again in the backward pass: nothing of size in x out x length ever exists.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Entries of the kernel's transform that are held at a time: a megabyte stays in a
# core's cache. A quarter of it costs up to a quarter more.
ENTRIES_PER_CHUNK = 2**18
# A GPU is slowed down by many small products, and has the memory for larger ones.
ENTRIES_PER_CHUNK_CUDA = 2**24


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
        The linear map from features to kernel values; ``in_channels = 1`` for a signal
        of `out_channels` channels is depth-wise.
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
    if is_depthwise(signal, mixing):
        return _convolve_depthwise(signal, circular, mixing.squeeze(1))
    return _Mixed.apply(signal, circular, mixing)


def is_depthwise(signal: Tensor, mixing: Tensor) -> bool:
    """Tell whether a mixing has one kernel per channel of the signal."""
    return mixing.shape[1] == 1 and signal.shape[-1] == mixing.shape[0]


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
    """FFT, one real matrix product per frequency, inverse FFT.

    With the signal as ``[[re, -im], [im, re]]`` and the kernel as ``[re; im]`` a
    complex product is one real product, which gives ``[re; im]``.
    """

    @staticmethod
    def forward(ctx, signal, circular, mixing):
        ctx.save_for_backward(signal, circular, mixing)
        spectrum = _transform(signal, len(circular))
        features, weight = _feature_spectra(circular), _mixing_matrix(mixing)
        batch, n_in, n_frequencies = spectrum.shape
        output = spectrum.new_empty(batch, len(mixing), n_frequencies)
        for part in _chunks(n_frequencies, weight):
            kernel = _mix(features[part], weight, n_in)
            _write(output, part, torch.bmm(_turned(spectrum, part), kernel))
        return _invert(output, signal.shape[1], len(circular))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        signal, circular, mixing = ctx.saved_tensors
        n_fft, n_in = len(circular), signal.shape[2]
        spectrum, slopes = _transform(signal, n_fft), _transform(gradient, n_fft)
        features, weight = _feature_spectra(circular), _mixing_matrix(mixing)
        back = weight.T.contiguous()
        by_features, by_weight = torch.empty_like(features), torch.zeros_like(weight)
        counts = _frequency_counts(features, n_fft)
        for part in _chunks(len(features), weight):
            values, slope = _turned(spectrum, part), _planar(slopes, part)
            by_kernel = torch.bmm(values.transpose(1, 2), slope)
            by_kernel = by_kernel.view(-1, weight.shape[1])
            torch.mm(by_kernel, back, out=by_features[part].flatten(0, 1))
            counted = (features[part] * counts[part]).flatten(0, 1)
            by_weight.addmm_(counted.T, by_kernel)
            kernel = _mix(features[part], weight, n_in)
            by_values = _turn_back(torch.bmm(slope, kernel.transpose(1, 2)))
            # Its values are in `values`: the spectrum is free to take the gradient.
            _write(spectrum, part, by_values)
        by_signal = _invert(spectrum, signal.shape[1], n_fft)
        halves = torch.view_as_complex(by_features.transpose(1, 2).contiguous())
        by_circular = torch.fft.irfft(halves, n=n_fft, dim=0)
        by_mixing = by_weight.view(-1, n_in, len(mixing)).permute(2, 1, 0)
        return by_signal, by_circular, by_mixing


def _transform(signal: Tensor, n_fft: int) -> Tensor:
    """Spectrum of shape (batch, channels, frequency)."""
    return torch.fft.rfft(signal.transpose(1, 2), n=n_fft)


def _invert(spectrum: Tensor, length: int, n_fft: int) -> Tensor:
    """Signal of shape (batch, length, channels)."""
    signal = torch.fft.irfft(spectrum, n=n_fft)[..., :length]
    return signal.transpose(1, 2).contiguous()


def _feature_spectra(circular: Tensor) -> Tensor:
    """Spectra of the features: (frequency, real and imaginary part, feature)."""
    spectra = torch.view_as_real(torch.fft.rfft(circular, dim=0))
    return spectra.transpose(1, 2).contiguous()


def _mixing_matrix(mixing: Tensor) -> Tensor:
    """Mixing of shape (feature, in * out)."""
    return mixing.permute(2, 1, 0).flatten(1).contiguous()


def _frequency_counts(features: Tensor, n_fft: int) -> Tensor:
    """How often a frequency of the half spectrum stands in the whole one, over n."""
    counts = features.new_full((len(features), 1, 1), 2.0)
    counts[0] = 1.0
    if n_fft % 2 == 0:
        counts[-1] = 1.0
    return counts / n_fft


def _chunks(n_frequencies: int, weight: Tensor) -> list[slice]:
    budget = ENTRIES_PER_CHUNK_CUDA if weight.is_cuda else ENTRIES_PER_CHUNK
    size = max(1, budget // (2 * weight.shape[1]))
    return [slice(s, s + size) for s in range(0, n_frequencies, size)]


def _mix(features: Tensor, weight: Tensor, n_in: int) -> Tensor:
    """Kernel ``[re; im]`` of some frequencies: (frequency, 2 * in, out)."""
    return (features.flatten(0, 1) @ weight).view(len(features), 2 * n_in, -1)


def _parts(spectrum: Tensor, part: slice) -> tuple[Tensor, Tensor]:
    """Real and imaginary part of some frequencies, each (frequency, batch, channels).

    Copied by plain transposes; one copy that permutes four axes takes twice the time.
    """
    batch, channels, _ = spectrum.shape
    flat = spectrum.flatten(0, 1)[:, part].T
    return (
        flat.real.contiguous().view(-1, batch, channels),
        flat.imag.contiguous().view(-1, batch, channels),
    )


def _planar(spectrum: Tensor, part: slice) -> Tensor:
    """Copy some frequencies as ``[re; im]``: (frequency, 2 * batch, channels)."""
    return torch.cat(_parts(spectrum, part), 1)


def _turned(spectrum: Tensor, part: slice) -> Tensor:
    """Copy some frequencies as ``[[re, -im], [im, re]]`` of (batch, channels)."""
    re, im = _parts(spectrum, part)
    batch, channels = re.shape[1:]
    turned = re.new_empty(len(re), 2 * batch, 2 * channels)
    turned[:, :batch, :channels] = re
    turned[:, batch:, channels:] = re
    turned[:, batch:, :channels] = im
    torch.neg(im, out=turned[:, :batch, channels:])
    return turned


def _turn_back(turned: Tensor) -> Tensor:
    """Gradient for ``[re; im]`` from that for ``[[re, -im], [im, re]]``."""
    (a, b), (c, d) = (rows.chunk(2, 2) for rows in turned.chunk(2, 1))
    return torch.cat([a + d, c - b], 1)


def _write(spectrum: Tensor, part: slice, planar: Tensor) -> None:
    """Write ``[re; im]`` of some frequencies into a spectrum."""
    flat = spectrum.flatten(0, 1)[:, part].T
    halves = planar.view(len(flat), 2, -1)
    flat.real.copy_(halves[:, 0])
    flat.imag.copy_(halves[:, 1])
