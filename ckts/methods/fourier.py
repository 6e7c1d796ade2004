"""The convolution on a regular grid, exact, at any length, by FFT.

The kernel is ``psi(lag) = mixing @ features(lag)``. Only the features are transformed;
they are mixed into a (in, out) matrix per frequency, for a few frequencies at a time,
and again in the backward pass: nothing of size in x out x length ever exists.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Entries of the kernel's transform that are held at a time: 2**17 of them (and as many
# of its gradient) stay in a core's cache. Twice or half as many cost a tenth more.
ENTRIES_PER_CHUNK = 2**17
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
    """FFT, one real planar matrix product per frequency and part, inverse FFT.

    A complex product is done as two real ones on ``[re; im]`` and ``[-im; re]``. The
    backward pass is the same with the correlation instead of the convolution.
    """

    @staticmethod
    def forward(ctx, signal, circular, mixing):
        ctx.save_for_backward(signal, circular, mixing)
        spectrum = _transform(signal, len(circular))
        re, im = _feature_spectra(circular)
        weight = _mixing_matrix(mixing)
        batch, n_in, n_frequencies = spectrum.shape
        n_out = len(mixing)
        output = spectrum.new_empty(batch, n_out, n_frequencies)
        for part in _chunks(n_frequencies, weight):
            values = _planar(spectrum, part)
            kernel = (re[part] @ weight).view(-1, n_in, n_out)
            product = torch.bmm(values, kernel)
            kernel = (im[part] @ weight).view(-1, n_in, n_out)
            product.baddbmm_(_turn(values, 1), kernel)
            _write(output, part, product)
        return _invert(output, signal.shape[1], len(circular))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        signal, circular, mixing = ctx.saved_tensors
        n_fft = len(circular)
        spectrum, slopes = _transform(signal, n_fft), _transform(gradient, n_fft)
        re, im = _feature_spectra(circular)
        weight = _mixing_matrix(mixing)
        back = weight.T.contiguous()
        by_re, by_im = torch.empty_like(re), torch.empty_like(im)
        by_weight = torch.zeros_like(weight)
        counts = _frequency_counts(re, n_fft)
        shape = (-1, signal.shape[2], len(mixing))
        for part in _chunks(len(re), weight):
            values, slope = _planar(spectrum, part), _planar(slopes, part)
            turned = _turn(slope, -1)
            kernel = (re[part] @ weight).view(shape)
            by_values = torch.bmm(slope, kernel.transpose(1, 2))
            kernel = (im[part] @ weight).view(shape)
            by_values.baddbmm_(turned, kernel.transpose(1, 2))
            # Its values are in `values`: the spectrum is free to take the gradient.
            _write(spectrum, part, by_values)
            values = values.transpose(1, 2)
            for feature, by_feature, by_product in (
                (re, by_re, slope),
                (im, by_im, turned),
            ):
                by_kernel = torch.bmm(values, by_product).flatten(1)
                torch.mm(by_kernel, back, out=by_feature[part])
                by_weight.addmm_((feature[part] * counts[part]).T, by_kernel)
        by_signal = _invert(spectrum, signal.shape[1], n_fft)
        by_circular = torch.fft.irfft(torch.complex(by_re, by_im), n=n_fft, dim=0)
        by_mixing = by_weight.view(-1, *shape[1:]).permute(2, 1, 0)
        return by_signal, by_circular, by_mixing


def _transform(signal: Tensor, n_fft: int) -> Tensor:
    """Spectrum of shape (batch, channels, frequency)."""
    return torch.fft.rfft(signal.transpose(1, 2), n=n_fft)


def _invert(spectrum: Tensor, length: int, n_fft: int) -> Tensor:
    """Signal of shape (batch, length, channels)."""
    signal = torch.fft.irfft(spectrum, n=n_fft)[..., :length]
    return signal.transpose(1, 2).contiguous()


def _feature_spectra(circular: Tensor) -> tuple[Tensor, Tensor]:
    """Real and imaginary part, each (frequency, feature)."""
    spectra = torch.fft.rfft(circular, dim=0)
    return spectra.real.contiguous(), spectra.imag.contiguous()


def _mixing_matrix(mixing: Tensor) -> Tensor:
    """Mixing of shape (feature, in * out)."""
    return mixing.permute(2, 1, 0).flatten(1).contiguous()


def _frequency_counts(features: Tensor, n_fft: int) -> Tensor:
    """How often a frequency of the half spectrum stands in the whole one, over n."""
    counts = features.new_full((len(features), 1), 2.0)
    counts[0] = 1.0
    if n_fft % 2 == 0:
        counts[-1] = 1.0
    return counts / n_fft


def _chunks(n_frequencies: int, weight: Tensor) -> list[slice]:
    budget = ENTRIES_PER_CHUNK_CUDA if weight.is_cuda else ENTRIES_PER_CHUNK
    size = max(1, budget // weight.shape[1])
    return [slice(s, s + size) for s in range(0, n_frequencies, size)]


def _planar(spectrum: Tensor, part: slice) -> Tensor:
    """Copy some frequencies as ``[re; im]``: (frequency, 2 * batch, channels)."""
    batch, channels, _ = spectrum.shape
    flat = spectrum.flatten(0, 1)[:, part].T
    planar = flat.real.new_empty(len(flat), 2, batch * channels)
    # Two plain transposes; one copy that permutes four axes takes twice the time.
    planar[:, 0] = flat.real
    planar[:, 1] = flat.imag
    return planar.view(-1, 2 * batch, channels)


def _write(spectrum: Tensor, part: slice, planar: Tensor) -> None:
    """Write ``[re; im]`` of some frequencies into a spectrum; inverse of _planar."""
    flat = spectrum.flatten(0, 1)[:, part].T
    halves = planar.view(len(flat), 2, -1)
    flat.real.copy_(halves[:, 0])
    flat.imag.copy_(halves[:, 1])


def _turn(planar: Tensor, sign: int) -> Tensor:
    """Multiply by i (sign 1) or -i (sign -1): ``[-im; re]`` or ``[im; -re]``."""
    re, im = planar.chunk(2, 1)
    return torch.cat([-im, re] if sign > 0 else [im, -re], 1)
