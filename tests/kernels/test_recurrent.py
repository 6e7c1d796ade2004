"""Linear recurrent units are convolutions (paper, Appendix A.3)."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm, logm

from ckts.kernels.recurrent import RecurrentKernel
from ckts.layers import CKConv

N_IN, N_OUT, N_ROWS = 2, 3, 40


def recurrent_unit(seed=0):
    """Draw `W`, whose eigenvalues are complex, of moduli between .7 and 1, and `U`."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(N_OUT, N_OUT)))[0]
    turn = np.array([[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]])
    block = np.zeros((N_OUT, N_OUT))
    block[:2, :2], block[2, 2] = 0.9 * turn, 0.7
    return basis @ block @ basis.T, rng.normal(size=(N_OUT, N_IN))


def make_layer(rates, weight, **options):
    """Make the convolution of a unit; the lags of `N_ROWS` steps are one horizon."""
    layer = CKConv(N_IN, N_OUT, kernel="recurrent", quadrature="none", **options)
    layer = layer.double()
    with torch.no_grad():
        layer.kernel.rates.copy_(torch.from_numpy(rates))
        layer.kernel.weight.copy_(torch.from_numpy(weight))
        for name, parameter in layer.named_parameters():
            if not name.startswith("kernel."):
                parameter.zero_()
    return layer


@pytest.mark.parametrize("method", ["pairwise", "lattice", "mesh"])
def test_the_states_of_a_recurrent_unit_are_a_convolution(method):
    recurrent, weight = recurrent_unit()
    layer = make_layer(logm(recurrent).real, weight, horizon=float(N_ROWS), time_step=1)
    values = np.random.default_rng(1).normal(size=(N_ROWS, N_IN))
    state, states = np.zeros(N_OUT), []
    for row in values:
        state = recurrent @ state + weight @ row
        states.append(state)
    times = torch.arange(N_ROWS, dtype=torch.float64)[None]
    plan = layer.plan(times, method=method)
    result = layer(torch.from_numpy(values)[None], plan=plan)[0].detach()
    atol = 1e-5 if method == "mesh" else 1e-10  # a mesh interpolates
    np.testing.assert_allclose(result, states, rtol=0, atol=atol)


def test_between_the_steps_the_unit_follows_its_differential_equation():
    recurrent, weight = recurrent_unit(2)
    rates = logm(recurrent).real
    layer = make_layer(rates, weight, horizon=float(N_ROWS), time_step=1)
    rng = np.random.default_rng(3)
    times = np.sort(rng.uniform(0, N_ROWS, 15))
    values = rng.normal(size=(15, N_IN))
    state, before, states = np.zeros(N_OUT), times[0], []
    for time, row in zip(times, values, strict=True):
        state = expm(rates * (time - before)) @ state + weight @ row
        states.append(state)
        before = time
    given = torch.from_numpy(values)[None], torch.from_numpy(times)[None]
    result = layer(*given)[0].detach()
    np.testing.assert_allclose(result, states, rtol=0, atol=1e-10)


def test_nothing_grows_at_first():
    torch.manual_seed(0)
    kernel = RecurrentKernel(4, 6, n_steps=50.0)
    powers = kernel.basis(torch.linspace(0, 1, 100)).detach().unflatten(-1, (6, 6))
    norms = torch.linalg.matrix_norm(powers, ord=2)
    assert float(norms[0]) == pytest.approx(1)
    assert (norms.diff() < 0).all()
    # the slowest state still holds a third of what it saw one horizon ago
    assert 0.2 < norms[-1] < 0.5
