"""Groups of kernels, signals for them, and the slow twin of their responses."""

import numpy as np
import torch

from ckts.rocket import (
    PATTERNS,
    BalancedDraws,
    CenteredKernelGroup,
    Signal,
    draw_kernels,
)


def draw_group(
    seed=0, *, in_channels=2, longest=8.0, shortest=1.0, kind=CenteredKernelGroup
):
    """The first of a few groups of kernels: its step is `shortest`."""
    rng = np.random.RandomState(seed)
    draws = BalancedDraws(in_channels, rng)
    return draw_kernels(shortest, longest, 10_000, draws, rng, kind)[0][0]


def make_signal(times, values):
    return Signal.through(torch.as_tensor(times), torch.as_tensor(values))


def random_signal(seed=0, n_series=5, n_rows=12, in_channels=2, span=None):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, 10, size=(n_series, n_rows)), axis=1)
    times = times - times[:, :1]
    if span is not None:
        times = times / times[:, -1:] * np.reshape(span, (-1, 1))
    return times, rng.normal(size=(n_series, n_rows, in_channels))


def integrate_patterns(group, integral, starts):
    """Integrate a series times each kernel that begins at some times.

    `integral(channel, end)` is that of the series; the result is (n_starts, 84).
    """
    channels, d = group.channels.tolist(), group.dilation
    weight = group.weight.numpy().reshape(len(channels), 9, len(PATTERNS))
    found = np.zeros((len(starts), len(PATTERNS)))
    for row, start in enumerate(starts):
        for place, channel in enumerate(channels):
            for k in range(9):
                area = integral(channel, start + (k + 1) * d)
                area -= integral(channel, start + k * d)
                found[row] += weight[place, k] * area / d
    return found


def rounding(group):
    """Each mean is rounded to 2**-24, and counts as often as the weights say."""
    return float(group.weight.abs().sum(0).max()) * 2**-25 + 1e-9


def all_responses(group, signal):
    """Responses to all series, each as often as it lasts steps."""
    responses, lasting = group.responses(signal)
    return torch.cat(
        [
            r.repeat_interleave(n.long(), 0)
            for r, n in zip(responses, lasting, strict=True)
        ]
    )


def learned_group(signal, seed=0, n_biases=3, **options):
    group = draw_group(seed, **options)
    responses = all_responses(group, signal)
    return group.with_biases(responses, n_biases, np.random.RandomState(seed))
