"""One irregular series, and equations of recurrent units in their plainest form."""

import numpy as np
import torch


def make_series(seed=0, n_rows=7, n_channels=2):
    """Draw a batch of one series; every row holds something, most rows not all."""
    rng = np.random.default_rng(seed)
    observed = rng.random((1, n_rows, n_channels)) < 0.5
    observed[0, :, 0] |= ~observed.any(2)[0]
    times = np.cumsum(rng.exponential(0.6, (1, n_rows)), axis=1)
    values = np.where(observed, rng.normal(size=observed.shape), np.nan)
    return tuple(map(torch.from_numpy, (values, times, observed)))


def gru_step(cell, row, state):
    """Take a step of torch's GRU or GRU cell (Cho et al., 2014), for one series."""
    weights = {name.removesuffix("_l0"): one for name, one in cell.named_parameters()}
    own = (weights["weight_ih"] @ row + weights["bias_ih"]).split(len(state))
    past = (weights["weight_hh"] @ state + weights["bias_hh"]).split(len(state))
    reset, update = torch.sigmoid(own[0] + past[0]), torch.sigmoid(own[1] + past[1])
    candidate = torch.tanh(own[2] + reset * past[2])
    return (1 - update) * candidate + update * state


def rows_of(values, observed):
    """List values and masks of each row of one series, 0 where nothing is observed."""
    values = torch.where(observed, values, 0)
    return torch.cat([values, observed.to(values.dtype)], 2)[0]
