"""Data sets: ``make_*`` with a known truth, ``load_*`` shipped, ``fetch_*`` downloaded.

What is downloaded is cached in the folder that `CKTS_DATA` names.
"""

if __name__ != "ckts.datasets":
    raise ImportError(
        f"this folder must be imported as `ckts.datasets`; got {__name__!r}. "
        "Use `from ckts import datasets`, or start Python elsewhere if you meant "
        "another package of that name."
    )

from ckts.datasets.fetch.character_trajectories import fetch_character_trajectories
from ckts.datasets.fetch.images import fetch_cifar10, fetch_mnist
from ckts.datasets.fetch.physionet2012 import (
    fetch_physionet2012,
    read_physionet2012,
)
from ckts.datasets.fetch.physionet2019 import (
    fetch_physionet2019,
    read_physionet2019,
)
from ckts.datasets.fetch.speech_commands import fetch_speech_commands
from ckts.datasets.fetch.uea import fetch_tser, fetch_uea
from ckts.datasets.load import load_japanese_vowels, load_pbc, load_pbc_survival
from ckts.datasets.make.bursty_visits import make_bursty_visits
from ckts.datasets.make.contaminated import make_contaminated
from ckts.datasets.make.light_curves import make_light_curves
from ckts.datasets.make.local_clock import make_local_clock
from ckts.datasets.make.memory import make_adding_problem, make_copy_memory
from ckts.datasets.make.regression import make_irregular_regression
from ckts.datasets.make.sinusoids import make_irregular_sinusoids
from ckts.datasets.make.speed import make_speed
from ckts.datasets.make.telling_window import make_telling_window
from ckts.datasets.perturb import drop_observations, subsample, truncate
from ckts.datasets.readers.arff import read_arff
from ckts.datasets.readers.penn_treebank import read_penn_treebank
from ckts.datasets.readers.ts import read_ts
from ckts.datasets.split import paper_split

__all__ = [
    "drop_observations",
    "fetch_character_trajectories",
    "fetch_cifar10",
    "fetch_mnist",
    "fetch_physionet2012",
    "fetch_physionet2019",
    "fetch_speech_commands",
    "fetch_tser",
    "fetch_uea",
    "load_japanese_vowels",
    "load_pbc",
    "load_pbc_survival",
    "make_adding_problem",
    "make_bursty_visits",
    "make_contaminated",
    "make_copy_memory",
    "make_irregular_regression",
    "make_irregular_sinusoids",
    "make_light_curves",
    "make_local_clock",
    "make_speed",
    "make_telling_window",
    "paper_split",
    "read_arff",
    "read_penn_treebank",
    "read_physionet2012",
    "read_physionet2019",
    "read_ts",
    "subsample",
    "truncate",
]
