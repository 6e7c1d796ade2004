"""Published checkpoints and series of fewer or more rows than they were trained on."""

from functools import partial

import numpy as np
import pytest
import torch

from ckts.networks import PaperCKCNN
from published_network import (
    OMEGA_0,
    published_blur,
    published_outputs,
    random_checkpoint,
)


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


@pytest.mark.parametrize("n_rows", [23, 24, 36])
def test_finer_rates_are_blurred_as_published(n_rows):
    ratio = round(n_rows / 12)
    state, series = random_checkpoint(length=12), draw_series(n_rows)
    beyond = ((n_rows - 1) % ratio) * 2 / (11 * ratio)
    options = {
        "positions": np.linspace(-1, 1 + beyond, n_rows),
        "factor": 1 / ratio,
        "blurred": partial(published_blur, ratio=ratio),
    }
    expected = published_outputs(state, series, **options)
    times = torch.arange(n_rows, dtype=torch.float64).repeat(2, 1) / ratio
    given = {"sampling": "stamps", "anchor": "past"}
    network = make_published(state, blur="published", **given)
    found = outputs_of(network, series, times=times)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    plain = outputs_of(make_published(state, **given), series, times=times)
    assert np.abs(plain - expected).max() > 1e-3


@pytest.mark.parametrize("factor", [True, False])
@pytest.mark.parametrize("anchor", ["past", "ends"])
@pytest.mark.parametrize(("length", "rate"), [(12, 2), (13, 4)])
def test_the_factor_and_the_displacement_can_be_left_out(length, rate, anchor, factor):
    state = random_checkpoint(length=length)
    series = draw_series(length)[:, :, ::rate]
    last = 1 - ((length - 1) % rate) * 2 / (length - 1) if anchor == "past" else 1
    options = {
        "positions": np.linspace(-1, last, series.shape[2]),
        "factor": rate if factor else 1,
    }
    expected = published_outputs(state, series, **options)
    times = rate * torch.arange(series.shape[2], dtype=torch.float64).repeat(2, 1)
    given = {"sampling": "stamps", "anchor": anchor, "factor": factor}
    found = outputs_of(make_published(state, **given), series, times=times)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("sampling", ["grid", "stamps"])
def test_without_the_factor_rows_weigh_as_in_the_training(sampling):
    state, series = random_checkpoint(), draw_series()[:, :, ::2]
    options = published_positions(12, 6) | {"factor": 1}
    expected = published_outputs(state, series, **options)
    network = make_published(state, sampling=sampling, factor=False)
    np.testing.assert_allclose(outputs_of(network, series), expected, atol=1e-8)
    if sampling == "stamps":
        times = 2 * torch.arange(6, dtype=torch.float64).repeat(2, 1)
        found = outputs_of(network, series, times=times)
        same = make_published(state, sampling=sampling, quadrature="none")
        expected = outputs_of(same, series, times=times)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_stamps_know_the_rate_that_numbers_of_rows_hide():
    """Every 16th of 182 rows: the published code takes 15, and stretches the lags."""
    state, series = random_checkpoint(length=182), draw_series(182)[:, :, ::16]
    rows = make_published(state, sampling="stamps")
    expected = published_outputs(state, series, **published_positions(182, 12))
    assert published_positions(182, 12)["factor"] == 15
    np.testing.assert_allclose(outputs_of(rows, series), expected, atol=1e-8)
    step = 2 / 181
    true = {"positions": -1 + 16 * step * np.arange(12), "factor": 16}
    times = 16 * torch.arange(12, dtype=torch.float64).repeat(2, 1)
    network = make_published(state, sampling="stamps", anchor="past")
    found = outputs_of(network, series, times=times)
    np.testing.assert_allclose(
        found, published_outputs(state, series, **true), atol=1e-8
    )


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
