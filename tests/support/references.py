"""Slow, obvious twins of the fast numerics, in float64 and straight from definitions.

They share no code with `ckts` but the kernel, whose values have tests of their own.
"""

import copy

import numpy as np
import torch

# Gaps of the bursty times: six orders of magnitude.
BURSTY_GAPS = (1e-4, 1e-2, 1.0, 100.0)


def gap_weights_of(stamps, time_step=1.0, max_gap=np.inf):
    """Voronoi weights of one channel's stamps: ties share, the ends are mirrored."""
    stamps = np.asarray(stamps, dtype=float)
    distinct, group, members = np.unique(
        stamps, return_inverse=True, return_counts=True
    )
    return (_voronoi(distinct, time_step, max_gap) / members)[group]


def _voronoi(distinct, time_step, max_gap):
    """Weight of each of some distinct stamps; a lone one has weight 1."""
    if len(distinct) < 2:
        return np.ones(len(distinct))
    gaps = np.minimum(np.diff(distinct), max_gap)
    left = np.concatenate([gaps[:1], gaps])
    right = np.concatenate([gaps, gaps[-1:]])
    return (left + right) / 2 / time_step


def weight_table(
    stamps, observed, queries, *, causal, density, time_step, max_gap=np.inf
):
    """Weight of every observation at every output, shape (query, time).

    A causal weight is the one that the stamps up to the output time alone give.
    """
    table = np.zeros((len(queries), len(stamps)))
    for row, query in enumerate(queries):
        enters = observed & (stamps <= query) if causal else observed
        if density == "gap":
            table[row, enters] = gap_weights_of(stamps[enters], time_step, max_gap)
        else:
            table[row, enters] = 1
    return table


def direct_sum(conv, values, times, observed=None, query_times=None):
    """Evaluate ``sum_j w_j psi(t - tau_j) x_j`` pair by pair, a channel at a time.

    Parameters
    ----------
    conv : CKConv
        Its float64 double is evaluated, whatever its own dtype.
    values : Tensor of shape (batch, time, in_channels)
        Values; may require a gradient.
    times, query_times : Tensor of shape (batch, time), (batch, query)
        Stamps; integers are compared as such and subtracted before any rounding.
    observed : Tensor of shape (batch, time, in_channels or 1), optional
        Which values exist.

    Returns
    -------
    output : Tensor of shape (batch, query, out_channels)
        Float64.
    double : CKConv
        The float64 double, whose parameters hold the gradients after a backward pass.
    """
    double = copy.deepcopy(conv).double()
    queries = times if query_times is None else query_times
    if observed is None:
        observed = torch.ones(values.shape, dtype=torch.bool)
    observed = observed.expand(values.shape)
    steps = double.time_step.expand(conv.in_channels).tolist()
    outputs = []
    for series in range(len(times)):
        origin = times[series, 0]
        stamps = (times[series] - origin).double()
        asked = (queries[series] - origin).double()
        lags = (asked.unsqueeze(1) - stamps) / conv.horizon
        psi = double.kernel(lags)  # (query, time, out, in)
        output = torch.zeros(len(asked), conv.out_channels, dtype=torch.float64)
        for channel, step in enumerate(steps):
            weights = weight_table(
                stamps.numpy(),
                observed[series, :, channel].numpy(),
                asked.numpy(),
                causal=conv.causal,
                density=conv.quadrature,
                time_step=step,
                max_gap=conv.horizon,  # what the kernel sees of a longer one
            )
            exists = observed[series, :, channel]
            signal = torch.where(exists, values[series, :, channel].double(), 0)
            weighted = torch.from_numpy(weights) * signal
            output = output + torch.einsum("qj,qjo->qo", weighted, psi[..., channel])
        outputs.append(output if conv.bias is None else output + double.bias)
    return torch.stack(outputs), double


def sampled_sum(conv, values, times, observed, queries, sensitivity):
    """Evaluate the direct sum of one long series at some output times.

    The gradients of ``(output * sensitivity).sum()`` are added to `values` and to the
    parameters of the layer, one output time after the other.

    Parameters
    ----------
    conv : CKConv
        A float64 layer without bias whose kernel is 0 beyond 1.25 horizons.
    values, observed : Tensor of shape (time, in_channels)
        Values, and which of them exist.
    times, queries : Tensor of shape (time,), (query,)
        Stamps, and output times.
    sensitivity : Tensor of shape (query, out_channels)
        Gradient of what follows.

    Returns
    -------
    Tensor of shape (query, out_channels)
    """
    stamps, reach = times.numpy(), 1.25 * conv.horizon
    weigh = [
        _weights_over_time(stamps[exists], step, conv)
        for exists, step in zip(
            observed.T.numpy(),
            conv.time_step.expand(conv.in_channels).tolist(),
            strict=True,
        )
    ]
    outputs = []
    for query, slope in zip(queries.tolist(), sensitivity, strict=True):
        low = np.searchsorted(stamps, query - reach)
        high = np.searchsorted(
            stamps, query if conv.causal else query + reach, side="right"
        )
        weights = torch.zeros(high - low, conv.in_channels, dtype=torch.float64)
        for channel, exists in enumerate(observed[low:high].T.numpy()):
            inside = stamps[low:high][exists]
            row = weigh[channel](query, inside)
            weights[exists, channel] = torch.from_numpy(row)
        psi = conv.kernel((query - times[low:high]) / conv.horizon)
        output = torch.einsum("joc,jc->o", psi, weights * values[low:high])
        (output * slope).sum().backward()
        outputs.append(output.detach())
    return torch.stack(outputs)


def _weights_over_time(stamps, time_step, conv):
    """Return a function (query, stamps) -> weights that those up to `query` give."""
    distinct, members = np.unique(stamps, return_counts=True)

    def weigh(query, asked):
        if conv.quadrature == "none":
            return np.ones(len(asked))
        n_seen = len(distinct)
        if conv.causal:
            n_seen = np.searchsorted(distinct, query, side="right")
        weights = _voronoi(distinct[:n_seen], time_step, conv.horizon)
        return (weights / members[:n_seen])[np.searchsorted(distinct, asked)]

    return weigh


def dense_sum(weighted, features, mixing, times, query_times, *, causal):
    """``sum_j mixing @ features(t - tau_j) x_j`` with the kernel of every pair at once.

    Shapes are those of :meth:`ckts.convolution.plan.Plan.convolve`, all float64.
    """
    lags = query_times.unsqueeze(2) - times.unsqueeze(1)  # (batch, query, time)
    if mixing.ndim == 2:  # one kernel per channel
        mixing = torch.diag_embed(mixing.T).permute(1, 2, 0)
    kernel = torch.einsum("bqtf,ocf->bqtoc", features(lags), mixing)
    if causal:
        kernel = torch.where((lags >= 0)[..., None, None], kernel, 0)
    return torch.einsum("bqtoc,btc->bqo", kernel, weighted)


TIME_KINDS = ("regular", "lattice", "tied_lattice", "random", "bursty", "tied")


def draw_times(kind, batch, length, generator):
    """Draw stamps of shape (batch, length) and one of TIME_KINDS, origin per series."""

    def uniform(*shape):
        return torch.rand(*shape, dtype=torch.float64, generator=generator)

    def pick(points):  # with repetitions
        index = (uniform(batch, length) * points.shape[1]).long()
        return points.gather(1, index.sort(1).values)

    if kind == "regular":
        times = torch.arange(length).double().expand(batch, -1) * 0.25
    elif kind == "lattice":  # two steps of three are missing
        kept = uniform(batch, 3 * length).argsort(1)[:, :length]
        times = kept.sort(1).values * 0.125
    elif kind == "tied_lattice":
        times = pick(torch.arange(length // 2 + 1).expand(batch, -1) * 0.25)
    elif kind == "random":
        times = (uniform(batch, length) * 10).sort(1).values
    elif kind == "bursty":
        scales = torch.tensor(BURSTY_GAPS, dtype=torch.float64)
        drawn = torch.randint(len(scales), (batch, length), generator=generator)
        times = (scales[drawn] * uniform(batch, length)).cumsum(1) / length
    elif kind == "tied":
        times = pick((uniform(batch, length // 2 + 1) * 10).sort(1).values)
    origins = torch.arange(batch).unsqueeze(1) * 3.25 - 2
    return times.double() + origins


def relative_error(got, expected):
    """Largest difference over the largest value (0 over 0 is 0)."""
    scale = expected.abs().max().item() if expected.numel() else 0.0
    difference = (got.double() - expected.double()).abs()
    largest = difference.max().item() if difference.numel() else 0.0
    return largest / scale if scale else largest
