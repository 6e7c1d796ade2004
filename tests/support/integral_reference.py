"""The slow, obvious twin of ``quadrature="linear"``: every piece of every channel."""

import copy

import numpy as np
import torch

# A rule that is right to rounding on so short a piece.
PLACES, SHARES = map(torch.from_numpy, np.polynomial.legendre.leggauss(16))
PIECES_PER_HORIZON = 40


def knots_of(stamps, values, enters, until):
    """Distinct stamps of a channel and the mean values there, the last one held."""
    stamps, values = stamps[enters], values[enters]
    distinct = stamps.unique()
    means = [values[stamps == stamp].mean() for stamp in distinct]
    if until is not None and len(distinct) and until > distinct[-1]:
        distinct = torch.cat([distinct, until.view(1)])
        means.append(means[-1])
    return distinct, means


def sample(begin, end, piece):
    """Gauss nodes of an interval, and their lengths."""
    count = int((end - begin) / piece) + 1
    edges = torch.linspace(begin, end, count + 1, dtype=torch.float64)
    widths = edges.diff().unsqueeze(1)
    nodes = edges[:-1].unsqueeze(1) + widths * (PLACES + 1) / 2
    return nodes.flatten(), (widths * SHARES / 2).flatten()


def integrate_channel(psi, knots, means, asked, reach, piece, causal):
    """``integral psi(t - s) x~(s) ds``; a lone observation counts as one time step."""
    total = torch.zeros((), dtype=torch.float64)
    for begin, end, left, right in zip(
        knots[:-1], knots[1:], means[:-1], means[1:], strict=True
    ):
        low = torch.maximum(begin, asked - reach).item()
        high = torch.minimum(end, asked + reach).item()
        if low >= high:
            continue
        nodes, lengths = sample(low, high, piece)
        signal = left + (right - left) * (nodes - begin) / (end - begin)
        total = total + psi(asked - nodes).T @ (lengths * signal)
    return total


def direct_integral(conv, values, times, observed=None, query_times=None):
    """Evaluate the integral piece by piece; arguments as those of ``direct_sum``."""
    double = copy.deepcopy(conv).double()
    queries = times if query_times is None else query_times
    if observed is None:
        observed = torch.ones(values.shape, dtype=torch.bool)
    observed = observed.expand(values.shape)
    steps = double.time_step.expand(conv.in_channels).tolist()
    reach, piece = 1.25 * conv.horizon, conv.horizon / PIECES_PER_HORIZON
    output = torch.zeros(*queries.shape, conv.out_channels, dtype=torch.float64)
    rows = []
    for series, row in np.ndindex(*queries.shape):
        origin = times[series, 0]
        stamps = (times[series] - origin).double()
        asked = (queries[series, row] - origin).double()
        total = output[series, row]
        for channel, step in enumerate(steps):
            enters = observed[series, :, channel]
            if conv.causal:
                enters = enters & (stamps <= asked)

            def psi(lags, channel=channel):
                return double.kernel(lags / conv.horizon)[..., channel]

            knots, means = knots_of(
                stamps,
                values[series, :, channel].double(),
                enters,
                asked if conv.causal else None,
            )
            if len(knots) == 1 and not conv.causal:
                total = total + psi(asked - knots[0]) * means[0]
            else:
                total = (
                    total
                    + integrate_channel(
                        psi, knots, means, asked, reach, piece, conv.causal
                    )
                    / step
                )
        rows.append(total if conv.bias is None else total + double.bias)
    return torch.stack(rows).view_as(output) if rows else output, double
