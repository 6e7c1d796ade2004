"""How a network is trained and what it sees, as random kernels found the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckts.estimators.rocket.models import AbstractCKRocketModel

# Weight decay where all is explained and where nothing is; the same of hidden rows.
# What was tried is in `docs/decisions/default-network.md`.
DECAYS, HIDDEN = (0.05, 5.0), (0.1, 0.7)
# Epochs of a single network, and steps that each network has at least; and of three on
# series that are typically shorter than so many rows.
EPOCHS, FEWEST_STEPS = 20, 300
SHORT, FEWEST_OF_SHORT = 32, 200
# Where the training would see more rows than this, it has fewer epochs, down to four.
MOST_ROWS, FEWEST_EPOCHS = 2**24, 4
# Bins of the relative clock are as many as a typical series has rows, within these.
FEWEST_BINS, MOST_BINS = 8, 64
# Numbers of a hidden layer, batch x time x channels.
LARGEST_LAYER = 2**23


def choose_epochs(n_steps: int, n_networks: int, lengths: np.ndarray) -> int:
    """Choose the epochs of each network: of three, half as many as of one.

    Joined with CKRocket, 20 epochs of each have no less loss than 10 on letters,
    vowels, patients (see `docs/decisions/default-network.md`), and take twice as long.
    Few series have few steps in an epoch, and get more epochs; three networks get less
    of that on short series, where more steps do not help. Many long series get fewer: a
    million rows take about nine seconds of one CPU core.

    Parameters
    ----------
    n_steps : int
        Steps of an epoch.
    n_networks : int
    lengths : ndarray of int of shape (n_series,)
        Rows of the series.
    """
    halved, fewest = (1 if n_networks == 1 else 2), FEWEST_STEPS
    if n_networks > 1 and np.median(lengths) < SHORT:
        fewest = FEWEST_OF_SHORT
    wanted = max(EPOCHS // halved, -(-fewest // n_steps))
    affordable = MOST_ROWS // halved // max(int(lengths.sum()), 1)
    return int(min(wanted, max(affordable, FEWEST_EPOCHS)))


def choose_recipe(rocket: AbstractCKRocketModel) -> dict[str, Any]:
    """Choose what is "auto" of regularization and views.

    Noisy targets, of which left-out series explain little, want more regularization.
    The own scale of series is seen if random kernels over it helped.

    Parameters
    ----------
    rocket : CKRocketClassifier or CKRocketRegressor
        Fitted on the training series.

    Returns
    -------
    dict
        `weight_decay`, `observation_dropout` and `scales`.
    """
    noise, (least, most) = rocket.unexplained_, DECAYS
    return {
        "weight_decay": least * (most / least) ** noise,
        "observation_dropout": HIDDEN[0] + (HIDDEN[1] - HIDDEN[0]) * noise,
        "scales": "both" if rocket.ridge_.shares[1] > 0 else "common",
    }


def choose_bins(lengths: np.ndarray) -> int:
    """Choose the bins of the relative clock: a power of two.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_series,)
        Rows of the series.
    """
    typical = max(float(np.median(lengths)), 1.0)
    return int(np.clip(2 ** np.ceil(np.log2(typical)), FEWEST_BINS, MOST_BINS))


def automatic_batch_size(lengths: np.ndarray, n_channels: int) -> int:
    """Choose a power of two between 8 and 64 that gives about 40 steps per epoch.

    Where series are long it is smaller: a hidden layer has at most 2**23 numbers, with
    which a step takes a gigabyte. Larger batches are no faster there.
    """
    wanted = np.round(np.log2(len(lengths) / 40))
    largest = np.log2(LARGEST_LAYER / (max(lengths.max(), 1) * n_channels))
    return int(2 ** np.clip(min(wanted, np.floor(largest)), 3, 6))
