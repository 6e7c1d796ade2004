"""Tiny fits of panels of any kind, with parameters and weights of any kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import fuzz_formats
import fuzz_junk
from ckts import CKCNNClassifier


@dataclass
class Fit:
    """`fit()` gives a model for X."""

    X: object
    fit: Callable[[], CKCNNClassifier]


def draw_panel(rng):
    """Take a panel of known series or, if it can be read, of junk."""
    for _ in range(100):
        number = int(rng.integers(10**6))
        write = pick_writer(rng)
        try:
            panel = write(number).read()
        except Exception:  # that is what the other cases are about
            continue
        if len(panel) > 1:
            return panel
    raise AssertionError("no panel of 100 cases has two series")


def pick_writer(rng):
    return fuzz_formats.write if rng.random() < 0.4 else fuzz_junk.write


def write(number):
    """Make the fit of a number."""
    rng = np.random.default_rng([23, number])
    X = draw_panel(rng)
    y = np.arange(len(X)) % int(rng.integers(2, 4))
    weights = rng.random(len(X)) * rng.integers(0, 2, len(X))
    model = CKCNNClassifier(
        hidden_channels=4,
        n_blocks=1,
        max_epochs=1,
        random_state=0,
        causal=bool(rng.integers(2)),
        quadrature=str(rng.choice(["gap", "linear", "none"])),
        kernel=str(rng.choice(["bands", "siren", "fourier", "relu"])),
    )
    sample_weight = weights if rng.random() < 0.2 else None
    return Fit(X, lambda: model.fit(X, y, sample_weight=sample_weight))
