"""What baselines with differential equations share: steps, solvers, messages."""

import pytest
import torch

from ckts.networks import NETWORKS
from ckts.networks.baselines.ode import AbstractSolving
from recurrent import make_series

SOLVING = [n for n, one in NETWORKS.items() if issubclass(one, AbstractSolving)]


def outputs(name, scale=1.0, **options):
    torch.manual_seed(0)
    options = {"hidden_channels": 4, "dtype": torch.float64, **options}
    network = NETWORKS[name](2, 1, **options).eval()
    values, times, observed = make_series(seed=1)
    return network(values, scale * times, observed)


@pytest.mark.parametrize("name", SOLVING)
def test_solvers_agree_better_the_higher_their_order(name):
    best = outputs(name, solver="rk4")
    errors = [(outputs(name, solver=s) - best).abs() for s in ("euler", "midpoint")]
    assert 1e-6 < errors[1] < errors[0]


@pytest.mark.parametrize("name", SOLVING)
def test_gaps_count_up_to_the_number_of_steps(name):
    near, far = outputs(name, 50, n_steps=2), outputs(name, 100, n_steps=2)
    torch.testing.assert_close(near, far)
    assert not torch.allclose(outputs(name, 50, n_steps=3), near)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_steps": 0}, "`n_steps` must be at least 1; got 0. Longer gaps"),
        (
            {"solver": "dopri5"},
            r"`solver` must be one of \['euler', 'midpoint', 'rk4'\]; got 'dopri5'",
        ),
    ],
)
def test_messages_say_what_is_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        outputs("ode_rnn", **options)
