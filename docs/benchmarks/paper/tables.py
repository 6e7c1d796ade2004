"""Splits of the tables of the paper: 1 and 3 to 7, as far as the data is here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from accuracy_tasks import _characters, _seventy
from ckts import Panel
from ckts.datasets import drop_observations
from paper import published
from paper.systems import DEPTHS
from splits import Split

NEURAL_ODES = ("gru_ode", "gru_dt", "gru_d", "ode_rnn", "ncde")
COUNTING = ("lstm", "gru", "tcn", "indrnn", "dilated_rnn", "r_lstm", "transformer")
OURS = ("paper", "network", "default")
NONLINEARITIES = ("relu", "leaky_relu", "swish", "sine")
# Each drop rate has its own omega_0 and dropout in Table 9.
LETTERS = {
    f"CharacterTrajectories, {drop}% dropped": f"character_trajectories{preset}"
    for drop, preset in {0: "", 30: "_30", 50: "_50", 70: "_70"}.items()
}
# name -> step of the rows kept, for training and testing
RATES = {
    "1 -> 1": (1, 1),
    "1 -> 1/2": (1, 2),
    "1 -> 1/4": (1, 4),
    "1 -> 1/8": (1, 8),
    "1 -> 1/16": (1, 16),
    "1/2 -> 1": (2, 1),
}


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Parameters
    ----------
    splits : callable
        Yields the splits for a number of seeds.
    systems : tuple of str
        Who competes, see ``paper.systems``.
    published : dict
        Row -> system -> figure of the paper.
    task : str or dict
        Which hyper-parameters of Tables 8 and 9 the paper's network takes; by row.
    """

    splits: Callable[[int], Iterator[Split]]
    systems: tuple[str, ...]
    published: dict[str, dict[str, float]]
    task: str | dict[str, str]


def characters(n_seeds: int) -> Iterator[Split]:
    """CharacterTrajectories, 70/15/15, observations dropped (Tables 3 and 4)."""
    X, y = _characters()
    for rate in (0.0, 0.3, 0.5, 0.7):
        for seed in range(n_seeds):
            train, test = _seventy(y, seed)
            panel = drop_observations(X, rate, random_state=seed)
            row = f"CharacterTrajectories, {rate:.0%} dropped"
            yield row, panel[train], y[train], panel[test], y[test], seed


def rates(n_seeds: int) -> Iterator[Split]:
    """CharacterTrajectories, trained at one rate, tested at another (Table 5)."""
    X, y = _characters()
    within = np.arange(len(X.times)) - np.repeat(X.indptr[:-1], X.lengths)
    sparser = {step: X.keep_rows(within % step == 0) for step in (1, 2, 4, 8, 16)}
    for seed in range(n_seeds):
        train, test = _seventy(y, seed)
        for row, (step, other) in RATES.items():
            yield (
                row,
                sparser[step][train],
                y[train],
                sparser[other][test],
                y[test],
                seed,
            )


def digits(n_seeds: int) -> Iterator[Split]:
    """Scikit-learn's digits as 64 steps, in order and permuted (Tables 1, 6 and 7)."""
    images, y = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(64)
    for name, pixels in (("in order", images), ("permuted", images[:, order])):
        times = np.tile(np.arange(64.0), len(y))
        X = Panel(pixels.reshape(-1, 1), times, 64 * np.arange(len(y) + 1))
        for seed in range(n_seeds):
            train, test = train_test_split(
                np.arange(len(y)), test_size=0.2, stratify=y, random_state=seed
            )
            yield f"digits, {name}", X[train], y[train], X[test], y[test], seed


TABLES = {
    "1": Table(
        digits,
        (*COUNTING, "trellisnet", "hippo", "lmu", *OURS, "rocket"),
        published.DIGITS,
        "smnist",
    ),
    "4": Table(
        characters,
        (*NEURAL_ODES, *OURS, "rocket"),
        published.IRREGULAR,
        LETTERS,
    ),
    "5": Table(
        rates,
        ("gru_d", "ode_rnn", "lmu", "ncde", "hippo", *OURS, "rocket"),
        published.RATES,
        "character_trajectories",
    ),
    "6": Table(digits, NONLINEARITIES, published.NONLINEARITIES, "smnist"),
    "6, letters": Table(characters, NONLINEARITIES, {}, LETTERS),
    "7": Table(
        digits,
        tuple(DEPTHS),
        {},
        "smnist",
    ),
    "omega_0": Table(
        digits,
        *(tuple(f"omega_0 = {one}" for one in (1, 10, 31, 100)), {}, "smnist"),
    ),
}
