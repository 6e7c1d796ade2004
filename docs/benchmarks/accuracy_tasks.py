"""Tasks of accuracy.py: real sets, spoiled ones, and made ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, train_test_split

from ckts import Panel
from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    make_bursty_visits,
    make_contaminated,
    make_irregular_sinusoids,
    make_light_curves,
    make_local_clock,
    make_speed,
    read_physionet2012,
    read_physionet2019,
    read_ts,
    truncate,
)
from ckts.datasets.fetch.physionet2019 import HOURS, apply_protocol
from splits import (
    SHARED,
    TRAJECTORIES,
    Split,
    japanese_vowels,
    pbc,
    physionet2012,
    regression,
    speed,
)

LANDMARK = 12  # hours
UEA = (
    "BasicMotions",
    "DodgerLoopDay",
    "GesturePebbleZ1",
    "PickupGestureWiimoteZ",
    "JapaneseVowels",
    "MelbournePedestrian",
    "PLAID",
)


def uea(names=UEA, n_resamples: int = 10) -> Iterator[Split]:
    """Official split, then stratified resamples of train and test together."""
    for name in names:
        folder = SHARED / "data/uea_ts" / name
        X, y = read_ts(folder / f"{name}_TRAIN.ts")
        X_test, y_test = read_ts(folder / f"{name}_TEST.ts")
        yield f"{name}, official", X, y, X_test, y_test, 0
        both = Panel.concat([X, X_test.with_instances(len(X) + np.arange(len(X_test)))])
        labels = np.concatenate([y, y_test])
        for seed in range(n_resamples):
            train, test = train_test_split(
                np.arange(len(both)),
                train_size=len(X),
                stratify=labels,
                random_state=seed,
            )
            row = f"{name}, resampled"
            yield row, both[train], labels[train], both[test], labels[test], seed


def _characters() -> tuple[Panel, np.ndarray]:
    stored = np.load(TRAJECTORIES)
    lengths = stored["lengths"]
    steps = np.concatenate([np.arange(n) for n in lengths])
    X = Panel(stored["values"], steps, np.r_[0, np.cumsum(lengths)])
    return X, stored["labels"]


def characters(n_splits: int = 5) -> Iterator[Split]:
    """CharacterTrajectories, 70/15/15 as in the paper, with observations dropped."""
    X, y = _characters()
    for rate in (0.0, 0.3, 0.5, 0.7):
        for seed in range(n_splits):
            train, test = _seventy(y, seed)
            panel = drop_observations(X, rate, random_state=seed)
            row = f"CharacterTrajectories, {rate:.0%} dropped"
            yield row, panel[train], y[train], panel[test], y[test], seed


def rates(n_splits: int = 3) -> Iterator[Split]:
    """CharacterTrajectories, trained at the full rate, tested at lower ones."""
    X, y = _characters()
    within = np.arange(len(X.times)) - np.repeat(X.indptr[:-1], X.lengths)
    for seed in range(n_splits):
        train, test = _seventy(y, seed)
        X_train, y_train = X[train], y[train]  # the same panel: fitted once
        for step in (1, 2, 4, 8, 16):
            X_test = X.keep_rows(within % step == 0)[test]
            row = f"CharacterTrajectories, tested at rate 1/{step}"
            yield row, X_train, y_train, X_test, y[test], seed


def _seventy(y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    train, rest = train_test_split(
        np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed
    )
    _, test = train_test_split(
        rest, test_size=0.5, stratify=y[rest], random_state=seed + 1
    )
    return train, test


def clocks(n_seeds: int = 3) -> Iterator[Split]:
    """Change the clock locally: real times, then ranks; easy, then hard."""
    hard = {"speed": 2.0, "width": 0.2, "noise": 0.3}
    for kind, options in (("easy", {}), ("hard", hard)):
        for seed in range(n_seeds):
            X, y = make_local_clock(800, random_state=seed, **options)
            ranks = X.with_times(np.concatenate([np.arange(n) for n in X.lengths]))
            for name, panel in (("real times", X), ("ranks", ranks)):
                row = f"local clock, {kind}, {name}"
                yield row, panel[:400], y[:400], panel[400:], y[400:], seed


def robustness(n_seeds: int = 3) -> Iterator[Split]:
    """Spoil two sets by an odd stamp, an odd value or bursts, train and test.

    JapaneseVowels by each seed, and one split of CharacterTrajectories.
    """
    vowels = (
        *load_japanese_vowels(split="train"),
        *load_japanese_vowels(split="test"),
    )
    yield from _spoiled("JapaneseVowels", vowels, n_seeds)
    X, y = _characters()
    train, test = _seventy(y, 0)
    split = X[train], y[train], X[test], y[test]
    yield from _spoiled("CharacterTrajectories", split, 1)


def _spoiled(name: str, split: tuple, n_seeds: int) -> Iterator[Split]:
    X, y, X_test, y_test = split
    for how, spoil in SPOILED.items():
        for seed in range(n_seeds):
            rng = np.random.RandomState(seed)
            panels = spoil(X, rng), spoil(X_test, rng)
            yield f"{name}, {how}", panels[0], y, panels[1], y_test, seed


def _odd_stamp(X: Panel, rng: np.random.RandomState) -> Panel:
    """Make the last stamp of one series 1e4 times as late."""
    times = X.times.astype(float)
    times[X.indptr[1 + rng.randint(len(X))] - 1] *= 1e4
    return X.with_times(times)


def _odd_value(X: Panel, rng: np.random.RandomState) -> Panel:
    """One value is 1e6."""
    values = X.values.copy()
    values[rng.randint(len(values)), rng.randint(values.shape[1])] = 1e6
    return X.with_values(values)


def _bursts(X: Panel, rng: np.random.RandomState) -> Panel:
    """Each observation is repeated 1 ms later, with a little noise, where 1 is 1 s."""
    values = np.repeat(X.values, 3, axis=0)
    values += 0.01 * X.values.std() * rng.randn(*values.shape)
    times = np.repeat(X.times.astype(float), 3) + np.tile([0, 1e-3, 2e-3], len(X.times))
    return Panel(values, times, 3 * X.indptr)


SPOILED = {
    "clean": lambda X, rng: X,
    "one stamp x 1e4": _odd_stamp,
    "one value 1e6": _odd_value,
    "bursts of 3 within 2 ms": _bursts,
}


def patients() -> Iterator[Split]:
    """PhysioNet 2012 set a, five folds; PBC, three times five folds."""
    yield from physionet2012()
    yield from pbc()


def sepsis() -> Iterator[Split]:
    """PhysioNet 2019, the first 10,000 patients of hospital B, five folds.

    *At hour 12* is the task without a leak: of the patients who are still there after
    hour 12 and not labeled as septic up to it, who is labeled from hour 13 to hour 72?
    The model sees the rows up to hour 12 only. Who leaves before hour 72 without a
    label counts as not septic. *Within 72 h* is the task of the CKConv paper,
    "label_within_72h" of `fetch_physionet2019`: the model sees all 72 hours, also
    those after the label began, and how many of them there are.
    """
    folder = SHARED / "data/physionet2019"
    X, hourly = read_physionet2019(folder / "training_setB_first10000.tar.xz")
    within = apply_protocol(X, hourly, "label_within_72h")[:2]
    for name, (panel, y) in {
        "at hour 12": at_landmark(X, hourly, LANDMARK, HOURS),
        "within 72 h": within,
    }.items():
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        for seed, (train, test) in enumerate(folds.split(y, y)):
            row = f"sepsis, {name}"
            yield row, panel[train], y[train], panel[test], y[test], seed


def at_landmark(
    X: Panel, hourly: np.ndarray, landmark: float, until: float
) -> tuple[Panel, np.ndarray]:
    """Keep what is known at a landmark of those at risk, and who is labeled after it.

    Parameters
    ----------
    X : Panel of shape (n_series,)
    hourly : ndarray of shape (n_rows,)
        Labels, 0 or 1.
    landmark, until : float
        Rows up to `landmark` are kept; labels count after it, up to `until`.

    Returns
    -------
    X : Panel of shape (n_kept,)
        Series with a row after the landmark and no label of 1 up to it.
    y : ndarray of int of shape (n_kept,)
    """

    def any_row(rows: np.ndarray) -> np.ndarray:
        return np.bincount(X.series_of_rows[rows], minlength=len(X)) > 0

    after, labeled = X.times > landmark, hourly == 1
    at_risk = any_row(after) & ~any_row(labeled & ~after)
    y = any_row(labeled & after & (X.times <= until)).astype(int)
    return truncate(X, landmark, since="origin")[at_risk], y[at_risk]


def trajectories(n_splits: int = 10) -> Iterator[Split]:
    """Animals and Hurricanes, stratified 80/20 splits; pandas needs pyarrow to read.

    A hurricane has its class from its highest wind speed, so that the maximum of one
    channel tells it. Its path alone does not.
    """
    sets = {
        "Animals": read_trajectories("Animals"),
        "Hurricanes, path": read_trajectories("Hurricanes"),
        "Hurricanes, path, wind and pressure": read_trajectories(
            "Hurricanes", windspeed=-99, pressure=0
        ),
    }
    for name, (X, y) in sets.items():
        for seed in range(n_splits):
            train, test = train_test_split(
                np.arange(len(y)), test_size=0.2, stratify=y, random_state=seed
            )
            yield name, X[train], y[train], X[test], y[test], seed


def read_trajectories(name: str, **unknown: float) -> tuple[Panel, np.ndarray]:
    """Read latitude and longitude, and columns with their number for unknown."""
    table = pd.read_parquet(SHARED / "data/trajectories" / name / "data.parquet")
    path = table["space"].str.split(expand=True).astype(float).to_numpy()
    others = [table[name].where(table[name] != code) for name, code in unknown.items()]
    starts = np.flatnonzero(table["tid"].diff() != 0)
    X = Panel(
        np.column_stack([path, *others]),
        table["time"].to_numpy(),
        np.r_[starts, len(table)],
    )
    return X, table["label"].to_numpy(dtype=str)[starts]


# name -> (generator, its truth, and what is wrong in the training part only)
MADE: dict[str, tuple[Callable, dict, dict]] = {
    f"bursts, signal {signal} visits, readings {gap:g} s apart": (
        make_bursty_visits,
        {"signal": signal, "inner_gap": gap},
        {},
    )
    for signal in ("between", "within")
    for gap in (1.0, 1e-3)
} | {
    "level, clean": (make_contaminated, {}, {}),
    "level, one value x 1e6": (
        make_contaminated,
        {},
        {"contamination": "value", "factor": 1e6},
    ),
    "level, 30% of the values are -999": (
        make_contaminated,
        {},
        {"contamination": "value", "amount": 0.3, "sentinel": -999.0},
    ),
    "frequency, clean": (make_contaminated, {"task": "frequency"}, {}),
    "frequency, one stamp x 1e4": (
        make_contaminated,
        {"task": "frequency"},
        {"contamination": "time"},
    ),
    "speed": (make_speed, {}, {}),
    "light curves, one band": (make_light_curves, {}, {}),
    "light curves, six bands": (make_light_curves, {"n_bands": 6}, {}),
    "sinusoids": (make_irregular_sinusoids, {}, {}),
    # like the light curves of periodic stars: few, noisy, near to each other
    "sinusoids, noisy": (
        make_irregular_sinusoids,
        {"frequencies": (5.0, 6.0), "noise": 0.5},
        {},
    ),
}
MADE_NUMBERS = {
    "level, numbers": (make_contaminated, {"task": "regression"}, {}),
    "level, numbers, one target x 1e6": (
        make_contaminated,
        {"task": "regression"},
        {"contamination": "target", "factor": 1e6},
    ),
}


def made(generators: dict = MADE, n_seeds: int = 5) -> Iterator[Split]:
    """400 series of generators to train and, always clean, 400 to test."""
    for name, (make, truth, wrong) in generators.items():
        for seed in range(n_seeds):
            X, y = make(400, random_state=seed, **truth, **wrong)
            X_test, y_test = make(400, random_state=1000 + seed, **truth)
            yield name, X, y, X_test, y_test, seed


def numbers(n_seeds: int = 3) -> Iterator[Split]:
    """Regression with a known truth, and the age of the patients of PhysioNet 2012."""
    yield from regression()
    yield from made(MADE_NUMBERS)
    folder = SHARED / "data/physionet2012"
    X, _ = read_physionet2012(folder / "set-a.tar.xz", folder / "Outcomes-a.txt")
    column = list(X.static_names).index("Age")
    age, others = X.static[:, column], np.delete(X.static, column, axis=1)
    names = [name for name in X.static_names if name != "Age"]
    X = X.with_static(others, names)
    for seed in range(n_seeds):
        train, test = train_test_split(np.arange(len(X)), random_state=seed)
        yield "age of patients", X[train], age[train], X[test], age[test], seed


@dataclass(frozen=True)
class Task:
    """Splits, how they are scored, and who is compared on them.

    Attributes
    ----------
    splits : callable
        Without parameters; returns an iterator over splits.
    metric : {"accuracy", "AUROC", "R2"}
    rivals : tuple of str
        "minirocket", "multirocket_hydra", "boosting", "GRU-D".
    options : dict
        For each suffix to the names of rows, parameters other than the defaults.
    """

    splits: Callable[[], Iterator[Split]]
    metric: str
    rivals: tuple[str, ...] = ()
    options: dict[str, dict] = field(default_factory=lambda: {"": {}})


ROCKETS = ("minirocket", "multirocket_hydra")
TASKS = {
    "uea": Task(uea, "accuracy", ROCKETS),
    "characters": Task(characters, "accuracy", ROCKETS),
    "rates": Task(rates, "accuracy"),
    "vowels": Task(japanese_vowels, "accuracy", ROCKETS),
    "clocks": Task(clocks, "accuracy", ROCKETS),
    "speed": Task(speed, "accuracy", ROCKETS),
    "robustness": Task(robustness, "accuracy"),
    "trajectories": Task(trajectories, "accuracy", ROCKETS),
    "made": Task(made, "accuracy", (*ROCKETS, "boosting")),
    "patients": Task(patients, "AUROC", ("boosting", "GRU-D")),
    "sepsis": Task(
        sepsis,
        "AUROC",
        ("boosting", "GRU-D"),
        {"": {}, ", lengths=False": {"lengths": False}},
    ),
    "numbers": Task(numbers, "R2", ("boosting",)),
}
