"""The GRU that is told the gaps, against its equations in float64."""

import torch

from ckts.networks.baselines.gru_dt import GRUdt
from recurrent import gru_step, make_series, rows_of


def test_states_follow_the_equations():
    torch.manual_seed(0)
    network = GRUdt(2, 1, hidden_channels=3, row_time_step=0.5, dtype=torch.float64)
    values, times, observed = make_series()
    state = torch.zeros(3, dtype=torch.float64)
    before = times[0, 0]
    for row, now in zip(rows_of(values, observed), times[0], strict=True):
        gap = (now - before) / 0.5
        state = gru_step(network.gru, torch.cat([row, gap[None]]), state)
        before = now
    outputs = network.eval()(values, times, observed)
    torch.testing.assert_close(outputs[0], network.head(state))
