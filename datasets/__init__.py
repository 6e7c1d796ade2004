"""Data sets: ``make_*`` with a known truth, ``load_*`` shipped with the package."""

if __name__ != "ckts.datasets":
    raise ImportError(
        f"this folder must be imported as `ckts.datasets`; got {__name__!r}. "
        "Use `from ckts import datasets`, or start Python elsewhere if you meant "
        "another package of that name."
    )

from ckts.datasets.japanese_vowels import load_japanese_vowels
from ckts.datasets.pbc import load_pbc, load_pbc_survival
from ckts.datasets.perturb import drop_observations, subsample
from ckts.datasets.regression import make_irregular_regression
from ckts.datasets.sinusoids import make_irregular_sinusoids
from ckts.datasets.speed import make_speed

__all__ = [
    "drop_observations",
    "load_japanese_vowels",
    "load_pbc",
    "load_pbc_survival",
    "make_irregular_regression",
    "make_irregular_sinusoids",
    "make_speed",
    "subsample",
]
