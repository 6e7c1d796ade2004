"""Last values and the times since, against loops over rows and channels."""

import numpy as np
import torch

from ckts.networks.baselines.history import fill_forward, time_since_last


def make_batch():
    rng = np.random.default_rng(0)
    observed = torch.from_numpy(rng.random((5, 8, 3)) < 0.4)
    observed[0, :, 1] = False
    values = torch.from_numpy(rng.normal(size=observed.shape))
    times = torch.from_numpy(np.sort(rng.integers(-5, 5, (5, 8)), axis=1)) / 2
    return torch.where(observed, values, 0), times, observed


def test_the_last_value_is_repeated():
    values, _, observed = make_batch()
    filled = fill_forward(values, observed)
    for series, row, channel in np.ndindex(filled.shape):
        past = observed[series, : row + 1, channel].nonzero().flatten().tolist()
        expected = values[series, past[-1], channel] if past else 0
        assert filled[series, row, channel] == expected


def test_intervals_follow_the_recursion_of_the_paper():
    _, times, observed = make_batch()
    since = time_since_last(times, observed)
    assert since.dtype == times.dtype
    for series, row, channel in np.ndindex(since.shape):
        if row == 0:
            assert since[series, 0, channel] == 0
            continue
        expected = times[series, row] - times[series, row - 1]
        if not observed[series, row - 1, channel]:
            expected = expected + since[series, row - 1, channel]
        assert since[series, row, channel] == expected
