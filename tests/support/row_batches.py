"""Small batches as networks of others take them."""

import torch

from ckts.networks.baselines import RowBatch
from ckts.networks.baselines.base import take_rows

UNIT = 0.5  # of the gaps


def make_rows(n_series: int = 2, n_rows: int = 7, channels: int = 2) -> RowBatch:
    """Make rows at irregular times, of which the second series has two fewer."""
    generator = torch.Generator().manual_seed(0)
    shape = n_series, n_rows, channels
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    observed = torch.rand(shape, generator=generator) < 0.6
    observed[:, :, 0] = True
    observed[1, 1:][-2:] = False
    gaps = 0.2 + torch.rand(shape[:2], generator=generator, dtype=torch.float64)
    return take_rows(values, gaps.cumsum(1), observed, UNIT)


def make_network(make, channels: int = 2, **params):
    """Make a network of five channels in float64, from seed 0, for prediction."""
    torch.manual_seed(0)
    params = {"hidden_channels": 5, "row_time_step": UNIT, **params}
    return make(channels, 1, dtype=torch.float64, **params).eval()
