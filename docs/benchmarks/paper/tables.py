"""Splits of the tables of the paper: 1 and 3 to 7, as far as the data is here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from accuracy_tasks import _characters, _seventy
from ckts import Panel
from ckts.datasets import (
    drop_observations,
    fetch_cifar10,
    fetch_mnist,
    fetch_speech_commands,
    read_physionet2019,
)
from ckts.datasets.fetch.physionet2019 import apply_protocol
from paper import published
from paper.published_preprocessing import pad_by_last
from paper.systems import DEPTHS, RATE_OPTIONS
from splits import SHARED, Split

NEURAL_ODES = ("gru_ode", "gru_dt", "gru_d", "ode_rnn", "ncde")
COUNTING = ("lstm", "gru", "tcn", "indrnn", "dilated_rnn", "r_lstm", "transformer")
OURS = ("paper", "network", "default")
NONLINEARITIES = ("relu", "leaky_relu", "swish", "sine")
# Each drop rate has its own omega_0 and dropout in Table 9.
LETTERS = {
    f"CharacterTrajectories, {drop}% dropped": f"character_trajectories{preset}"
    for drop, preset in {0: "", 30: "_30", 50: "_50", 70: "_70"}.items()
}
DIGITS = {"digits, in order": "smnist", "digits, permuted": "pmnist"}
# name -> step of the rows kept, for training and testing
RATES = {
    "1 -> 1": (1, 1),
    "1 -> 1/2": (1, 2),
    "1 -> 1/4": (1, 4),
    "1 -> 1/8": (1, 8),
    "1 -> 1/16": (1, 16),
    "1/2 -> 1": (2, 1),
}
# Where the options of other rates matter; a blur does for finer ones.
OPTION_RATES = {
    **{name: RATES[name] for name in RATES if name != "1 -> 1"},
    "1/4 -> 1": (4, 1),
    "1/4 -> 1/2": (4, 2),
    "1/8 -> 1": (8, 1),
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
    metric : {"accuracy", "AUROC"}
    downloads : bool
        Whether data must be fetched; it is left out unless asked for.
    """

    splits: Callable[[int], Iterator[Split]]
    systems: tuple[str, ...]
    published: dict[str, dict[str, float]]
    task: str | dict[str, str]
    metric: str = "accuracy"
    downloads: bool = False


def characters(n_seeds: int) -> Iterator[Split]:
    """CharacterTrajectories, 70/15/15, observations dropped (Tables 3 and 4)."""
    X, y = _characters()
    for rate in (0.0, 0.3, 0.5, 0.7):
        for seed in range(n_seeds):
            train, test = _seventy(y, seed)
            panel = leave_stamps(X, drop_observations(X, rate, random_state=seed))
            row = f"CharacterTrajectories, {rate:.0%} dropped"
            yield row, panel[train], y[train], panel[test], y[test], seed


def leave_stamps(panel: Panel, kept: Panel) -> Panel:
    """Return a panel with NaN where rows were dropped: grids begin where they did."""
    everything, left = (
        pd.MultiIndex.from_arrays([one.series_of_rows, one.times])
        for one in (panel, kept)
    )
    values = np.where(everything.isin(left)[:, None], panel.values, np.nan)
    return Panel(values, panel.times, panel.indptr)


def rates(
    n_seeds: int, rows: dict[str, tuple[int, int]] = RATES, *, padded: bool = False
) -> Iterator[Split]:
    """CharacterTrajectories, trained at one rate, tested at another (Table 5).

    Padded as published they all have 182 rows: only then the longest lag is the same.
    """
    X, y = _characters()
    if padded:
        values = pad_by_last([X[one].values for one in range(len(X))])
        n_rows = values.shape[1]
        times = np.tile(np.arange(float(n_rows)), len(X))
        X = Panel(values.reshape(len(times), -1), times, n_rows * np.arange(len(X) + 1))
    within = np.arange(len(X.times)) - np.repeat(X.indptr[:-1], X.lengths)
    sparser = {step: X.keep_rows(within % step == 0) for step in (1, 2, 4, 8, 16)}
    begun = {step for step, _ in rows.values()}
    for seed in range(n_seeds):
        train, test = _seventy(y, seed)
        trained = {step: (sparser[step][train], y[train]) for step in begun}
        for row, (step, other) in rows.items():
            yield row, *trained[step], sparser[other][test], y[test], seed


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


def pixels(fetch: Callable, n_seeds: int, **options: Any) -> Iterator[Split]:
    """Images pixel by pixel, official split (Table 1); they are downloaded."""
    X, y = fetch(split="train", return_X_y=True, **options)
    X_test, y_test = fetch(split="test", return_X_y=True, **options)
    row = f"{fetch.__name__.removeprefix('fetch_')}{', permuted' * bool(options)}"
    for seed in range(n_seeds):
        yield row, X, y, X_test, y_test, seed


def speech(features: str, n_seeds: int) -> Iterator[Split]:
    """Ten spoken words, 70/15/15 (Tables 3 and 4); 2.4 GB are downloaded."""
    X, y = fetch_speech_commands(features=features, return_X_y=True)
    for seed in range(n_seeds):
        train, test = _seventy(y, seed)
        yield f"speech, {features}", X[train], y[train], X[test], y[test], seed


def sepsis(n_seeds: int) -> Iterator[Split]:
    """Sepsis within 72 hours, 10,000 patients of hospital B, 80/20 (Table 4).

    The rows after the label began are among the 72 hours, as in the paper.
    """
    folder = SHARED / "data/physionet2019"
    X, hourly = read_physionet2019(folder / "training_setB_first10000.tar.xz")
    X, y, *_ = apply_protocol(X, hourly, "label_within_72h")
    for seed in range(n_seeds):
        train, test = train_test_split(
            np.arange(len(y)), test_size=0.2, stratify=y, random_state=seed
        )
        yield "sepsis", X[train], y[train], X[test], y[test], seed


TABLES = {
    "1": Table(
        digits,
        (*COUNTING, "trellisnet", "hippo", "lmu", *OURS, "rocket"),
        published.DIGITS,
        DIGITS,
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
        "character_trajectories, stamps",
    ),
    "5, options": Table(
        partial(rates, rows=OPTION_RATES, padded=True),
        ("paper", *RATE_OPTIONS),
        published.OPTION_RATES,
        "character_trajectories, stamps",
    ),
    "6": Table(digits, NONLINEARITIES, published.NONLINEARITIES, DIGITS),
    "6, letters": Table(characters, NONLINEARITIES, {}, LETTERS),
    "7": Table(
        digits,
        tuple(DEPTHS),
        {"digits, permuted": published.DEPTHS},
        DIGITS,
    ),
    "1, MNIST": Table(
        partial(pixels, fetch_mnist),
        *((*COUNTING, *OURS), {"mnist": published.DIGITS["digits, in order"]}),
        "smnist",
        downloads=True,
    ),
    "1, MNIST permuted": Table(
        partial(pixels, fetch_mnist, permuted=True),
        *(
            (*COUNTING, *OURS),
            {"mnist, permuted": published.DIGITS["digits, permuted"]},
        ),
        "pmnist",
        downloads=True,
    ),
    "1, CIFAR-10": Table(
        partial(pixels, fetch_cifar10),
        *((*COUNTING, *OURS), {"cifar10": published.COLORS}),
        "scifar10",
        downloads=True,
    ),
    "3, cepstra": Table(
        partial(speech, "mfcc"),
        *((*NEURAL_ODES, *OURS), {"speech, mfcc": published.CEPSTRA}),
        "speech_commands",
        downloads=True,
    ),
    "3, raw speech": Table(
        partial(speech, "raw"),
        *((*NEURAL_ODES, *OURS), {"speech, raw": published.RAW_SPEECH}),
        "speech_commands_raw",
        downloads=True,
    ),
    "4, sepsis": Table(
        sepsis,
        *((*NEURAL_ODES, *OURS, "rocket"), {"sepsis": published.SEPSIS}),
        "sepsis",
        metric="AUROC",
    ),
    "omega_0": Table(
        digits,
        *(tuple(f"omega_0 = {one}" for one in (1, 10, 31, 100)), {}, DIGITS),
    ),
}
