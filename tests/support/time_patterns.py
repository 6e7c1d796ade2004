"""Time stamps that the tests of the methods draw, from tame to nasty."""

import torch
from hypothesis import strategies as st


def _uniform(length, rand):
    return rand(length)


def _clustered(length, rand):
    """85 % of the points in 3 % of the time."""
    stamps = rand(length)
    dense = torch.arange(length) < 0.85 * length
    return torch.where(dense, 0.6 + 0.03 * stamps, stamps)


def _bursty(length, rand):
    """Bursts of about ten stamps within 1e-4 of each other."""
    bursts = rand(-(-length // 10))
    return bursts.repeat_interleave(10)[:length] + 1e-4 * rand(length)


def _tied(length, rand):
    stamps = rand(-(-length // 3))
    return stamps[(rand(length) * len(stamps)).long()]


def _one_point(length, rand):
    return rand(1).expand(length)


def _five_orders(length, rand):
    """Gaps of five orders of magnitude."""
    return (10 ** (-5 * rand(length))).cumsum(0) / max(1, 0.09 * length)


PATTERNS = {
    "uniform": _uniform,
    "clustered": _clustered,
    "bursty": _bursty,
    "tied": _tied,
    "one point": _one_point,
    "five orders": _five_orders,
}


def draw_pattern(kind, length, seed=0):
    """Draw sorted stamps of shape (length,) in about [0, 1], float64."""
    generator = torch.Generator().manual_seed(seed)

    def rand(count):
        return torch.rand(count, dtype=torch.float64, generator=generator)

    return PATTERNS[kind](length, rand).sort().values.contiguous()


def pad_series(*series):
    """Pad stamps by their last one: times (batch, time), and which are real."""
    length = max(map(len, series))
    times = [torch.cat([s, s[-1:].expand(length - len(s))]) for s in series]
    lengths = torch.tensor([len(s) for s in series])
    return torch.stack(times), torch.arange(length) < lengths.unsqueeze(1)


patterns = st.builds(
    draw_pattern,
    st.sampled_from(list(PATTERNS)),
    st.integers(1, 500),
    st.integers(0, 2**16),
)
