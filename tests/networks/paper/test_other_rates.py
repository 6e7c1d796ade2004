"""Published checkpoints and series of fewer or more rows than they were trained on."""

import numpy as np
import pytest
import torch

from ckts.networks import PaperCKCNN
from published_network import OMEGA_0, published_outputs, random_checkpoint


def make_published(state, **options):
    options = {"omega_0": OMEGA_0, **options}
    return PaperCKCNN.from_published_state_dict(state, **options).double()


def draw_series(length=12):
    return np.random.default_rng(0).normal(size=(2, 3, length))


def outputs_of(network, series, **options):
    with torch.no_grad():
        return network(torch.from_numpy(series).mT, **options).numpy()


def published_positions(length, n_rows):
    """Positions and factor of the published code for a series of fewer rows."""
    rate = round(length / n_rows)
    step = 2 / (length - 1)
    positions = np.linspace(-1, 1 - ((length - 1) % rate) * step, n_rows)
    return {"positions": positions, "factor": rate}


@pytest.mark.parametrize("length", [12, 13, 46, 47])
@pytest.mark.parametrize("rate", [2, 3, 4, 16])
@pytest.mark.parametrize("sampling", ["grid", "stamps"])
def test_fewer_rows_without_times_are_as_published(length, rate, sampling):
    state = random_checkpoint(length=length)
    series = draw_series(length=length)[:, :, ::rate]
    # The published code takes no transform of shorter series: odd lengths are exact.
    options = published_positions(length, series.shape[2])
    expected = published_outputs(state, series, **options)
    found = outputs_of(make_published(state, sampling=sampling), series)
    np.testing.assert_allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize("sampling", ["grid", "stamps"])
def test_longer_series_need_times(sampling):
    network, series = (
        make_published(random_checkpoint(), sampling=sampling),
        draw_series(),
    )
    longer = np.concatenate([series, series[:, :, :1]], 2)
    told = "`values` must have at most 12 time steps.*without `times`; got 13. Give"
    with pytest.raises(ValueError, match=told):
        outputs_of(network, longer)
    times = torch.arange(13.0, dtype=torch.float64).repeat(2, 1)
    assert outputs_of(network, longer, times=times).shape == (2, 4)


def test_an_odd_grid_is_stretched_whatever_its_batch_mates_are():
    state = random_checkpoint(length=13)
    network, series = make_published(state), draw_series(13)
    expected = outputs_of(network, series)
    exact = outputs_of(make_published(state, odd_lengths="exact"), series)
    assert np.abs(exact - expected).max() > 0.1
    times = torch.arange(20, dtype=torch.float64).repeat(3, 1)
    times[:2, 13:] = 12
    longer = np.random.default_rng(1).normal(size=(3, 3, 20))
    longer[:2, :, :13] = series
    observed = torch.ones(3, 20, 3, dtype=torch.bool)
    observed[:2, 13:] = False
    found = outputs_of(network, longer, times=times, observed=observed)
    np.testing.assert_allclose(found[:2], expected, atol=1e-9)
    alone = outputs_of(network, longer[2:], times=times[2:])
    np.testing.assert_allclose(found[2:], alone, atol=1e-9)
