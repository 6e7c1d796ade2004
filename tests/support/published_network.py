"""The published network, computed plainly in float64 from a checkpoint's own names.

Matrix products for the kernels, sums over lags for convolutions, means for norms.
"""

import numpy as np
import torch

OMEGA_0 = 7.5


def random_checkpoint(
    n_inputs=3, n_outputs=4, width=5, n_blocks=2, kernel_width=6, length=12, seed=0
):
    """Draw a checkpoint with the names and shapes of the published ones."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    state = {}
    for block in range(n_blocks):
        place, channels = f"backbone.{block}.", n_inputs if block == 0 else width
        for conv, n_in in ((1, channels), (2, width)):
            name = f"{place}cconv{conv}."
            state[f"{name}bias"] = draw(width)
            state[f"{name}train_length"] = torch.tensor([length], dtype=torch.int32)
            sizes = [1, kernel_width, kernel_width, n_in * width]
            for layer in range(3):
                net = f"{name}Kernel.kernel_net.{4 * layer}."
                rows, columns = sizes[layer + 1], sizes[layer]
                state[f"{net}bias"] = draw(rows)
                state[f"{net}weight_g"] = draw(rows, 1, 1).abs() / 3
                state[f"{net}weight_v"] = draw(rows, columns, 1)
            norm = f"{place}norm{conv}.layer_norm."
            state[f"{norm}weight"], state[f"{norm}bias"] = draw(width), draw(width)
        if channels != width:
            state[f"{place}shortcut.0.weight"] = draw(width, channels, 1)
            state[f"{place}shortcut.0.bias"] = draw(width)
    state["finallyr.weight"], state["finallyr.bias"] = (
        draw(n_outputs, width),
        draw(n_outputs),
    )
    return state


def published_kernel(state, name, positions, omega_0=OMEGA_0):
    """Sample the kernel of a convolution: (out_channels, in_channels, n_positions)."""
    hidden = np.asarray(positions, dtype=np.float64)[None, :]
    for layer in (0, 4, 8):
        net = f"{name}Kernel.kernel_net.{layer}."
        length = state[f"{net}weight_g"].double().numpy()[:, :, 0]
        direction = state[f"{net}weight_v"].double().numpy()[:, :, 0]
        norm = np.sqrt((direction**2).sum(1, keepdims=True))
        bias = state[f"{net}bias"].double().numpy()[:, None]
        hidden = (length * direction / norm) @ hidden + bias
        if layer < 8:
            hidden = np.sin(omega_0 * hidden)
    n_out = len(state[f"{name}bias"])
    return hidden.reshape(n_out, -1, hidden.shape[1])


def published_blur(kernel, ratio):
    """Blur a kernel sampled at `ratio` times the rate, but for `ratio` at each end."""
    taps = range(-ratio, ratio + 1)
    density = {tap: np.exp(-2.0 * tap**2) / np.sqrt(np.pi / 2) for tap in taps}
    result = kernel.copy()
    for place in range(ratio, kernel.shape[-1] - ratio):
        near = [density[tap] * kernel[..., place + tap] for tap in taps]
        result[..., place] = np.sum(near, 0)
    return result


def direct_sum(series, kernel):
    """Convolve (in_channels, time) causally; the last position of `kernel` is lag 0."""
    n_out, _, length = kernel.shape
    result = np.zeros((n_out, series.shape[1]))
    for time in range(series.shape[1]):
        for lag in range(min(time + 1, length)):
            result[:, time] += kernel[:, :, length - 1 - lag] @ series[:, time - lag]
    return result


def published_fft(series, kernel):
    """Convolve as the published code does: exact at even lengths only."""
    length = kernel.shape[2]
    if length % 2 == 0:
        kernel = np.pad(kernel, [(0, 0), (0, 0), (1, 0)])
    padded = np.pad(series, [(0, 0), (kernel.shape[2] - 1, 0)])
    kernel = np.pad(kernel, [(0, 0), (0, 0), (0, padded.shape[1] - kernel.shape[2])])
    product = np.fft.rfft(padded)[None] * np.conj(np.fft.rfft(kernel))
    return np.fft.irfft(product.sum(1))[:, :length]


def normalize(values, state, name, *, axis):
    """Standardize (channels, time) over axes, then scale and shift the channels."""
    mean = values.mean(axis, keepdims=True)
    variance = ((values - mean) ** 2).mean(axis, keepdims=True)
    epsilon = 1e-5 if axis == 0 else 1e-12
    scaled = (values - mean) / np.sqrt(variance + epsilon)
    weight, bias = (state[f"{name}.{part}"].double() for part in ("weight", "bias"))
    return scaled * weight.numpy()[:, None] + bias.numpy()[:, None]


def published_features(
    state,
    series,
    *,
    omega_0=OMEGA_0,
    positions=None,
    factor=1,
    blurred=lambda kernel: kernel,
    convolve=direct_sum,
    axis=None,
):
    """Compute the features of all time steps, (hidden_channels, time)."""
    hidden = np.asarray(series, dtype=np.float64)
    if positions is None:
        positions = np.linspace(-1, 1, hidden.shape[1])
    for block in range(sum(key.endswith("norm1.layer_norm.bias") for key in state)):
        place, given = f"backbone.{block}.", hidden
        for conv in (1, 2):
            name = f"{place}cconv{conv}."
            kernel = published_kernel(state, name, positions, omega_0)
            kernel = factor * blurred(kernel)
            bias = state[f"{name}bias"].double().numpy()[:, None]
            hidden = convolve(hidden, kernel) + bias
            norm = f"{place}norm{conv}.layer_norm"
            hidden = np.maximum(normalize(hidden, state, norm, axis=axis), 0)
        shortcut = given
        if f"{place}shortcut.0.weight" in state:
            matrix = state[f"{place}shortcut.0.weight"].double().numpy()[:, :, 0]
            shift = state[f"{place}shortcut.0.bias"].double().numpy()[:, None]
            shortcut = matrix @ given + shift
        hidden = np.maximum(hidden + shortcut, 0)
    return hidden


def published_outputs(state, series, **options):
    """Compute the outputs of series (batch, channels, time) at their last time step."""
    features = [published_features(state, one, **options)[:, -1] for one in series]
    weight = state["finallyr.weight"].double().numpy()
    return np.stack(features) @ weight.T + state["finallyr.bias"].double().numpy()
