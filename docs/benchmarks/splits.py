"""Splits of real and made data; nothing is selected on the test parts."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold, train_test_split

from ckts import Panel
from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    load_pbc,
    make_irregular_regression,
    make_speed,
    read_physionet2012,
)

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared"))
TRAJECTORIES = SHARED / "data/character_trajectories/ct_trimmed_float32.npz"

# (name, train panel, train target, test panel, test target, seed)
Split = tuple[str, Panel, np.ndarray, Panel, np.ndarray, int]


def speed() -> Iterator[Split]:
    """Two classes that differ in their clocks only; then without the clocks."""
    for seed in range(3):
        X, y = make_speed(400, random_state=seed)
        ranks = X.with_times(np.concatenate([np.arange(n) for n in X.lengths]))
        train, test = train_test_split(np.arange(400), stratify=y, random_state=seed)
        for name, panel in (("real times", X), ("ranks", ranks)):
            yield f"speed, {name}", panel[train], y[train], panel[test], y[test], seed


def regression() -> Iterator[Split]:
    """Response of a linear filter to a signal seen at irregular times."""
    for seed in range(3):
        X, y = make_irregular_regression(600, random_state=seed)
        yield "irregular regression", X[:400], y[:400], X[400:], y[400:], seed


def japanese_vowels() -> Iterator[Split]:
    """Official split, five seeds, with and without drops in train and test."""
    X, y = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    for rate in (0.0, 0.5):
        for seed in range(5):
            train = drop_observations(X, rate, random_state=seed)
            test = drop_observations(X_test, rate, random_state=100 + seed)
            yield f"JapaneseVowels, {rate:.0%} dropped", train, y, test, y_test, seed


def pbc() -> Iterator[Split]:
    """Death or transplant within three years; three times five folds."""
    X, y = load_pbc()
    for seed in range(3):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(y, y):
            yield "PBC", X[train], y[train], X[test], y[test], seed


def physionet2012() -> Iterator[Split]:
    """Death in hospital after two days of intensive care, set a, in minutes."""
    folder = SHARED / "data/physionet2012"
    if not folder.exists():
        print(f"skipped: PhysioNet 2012, there is no {folder}")
        return
    X, outcomes = read_physionet2012(folder / "set-a.tar.xz", folder / "Outcomes-a.txt")
    y = outcomes["In-hospital_death"].to_numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for seed, (train, test) in enumerate(folds.split(y, y)):
        yield "PhysioNet 2012 a", X[train], y[train], X[test], y[test], seed
