"""What a network sees of its input besides values."""

import numpy as np
import torch

from ckts.networks.inputs import compress, describe_elapsed


def test_heavy_tails_are_compressed_and_what_is_missing_is_0():
    values = torch.tensor([[[0.1, torch.nan], [-1e4, 7.0]]])
    observed = torch.tensor([[[True, False], [True, False]]])
    expected = [[[np.arcsinh(0.1), 0], [-np.log(2e4), 0]]]
    np.testing.assert_allclose(compress(values, observed), expected, rtol=1e-6)


def test_the_time_since_the_beginning_counts_from_the_first_observation():
    times = torch.tensor([[0.0, 1.0, 1.0, 4.0, 90.0]], dtype=torch.float64)
    seen = torch.tensor([[False, True, False, True, True]]).unsqueeze(-1)
    found = describe_elapsed(times, seen, 0.5, 20.0, torch.float64)
    # 0 before, in units of 0.5, and at most 20
    expected = np.log1p([0, 0, 0, 6, 40])
    np.testing.assert_allclose(found.flatten(), expected)
    nothing = describe_elapsed(times, seen & False, 0.5, 20.0, torch.float32)
    assert nothing.dtype == torch.float32
    assert (nothing == 0).all()
