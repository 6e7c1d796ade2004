"""What the published code does to CharacterTrajectories before its network sees it.

With a checkpoint of the authors (their folder `saved`, MIT licence) and the data:

    python docs/benchmarks/paper/published_preprocessing.py CHECKPOINT OMEGA_0

Measured on 2026-11-30 with the checkpoint of complete series, omega_0 =
21.44961185481323: 99.86 % of all 2,858 series, 99.85 % of the training part, all of the
validation part, 99.77 % of the test part (published: 99.53 %, in the archive's order of
the series, by which the split differs).
"""

import argparse
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import train_test_split

from ckts.networks import PaperCKCNN

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared")) / "data"
TRAJECTORIES = SHARED / "character_trajectories/ct_trimmed_float32.npz"
# The seed of dropped rows in the published code.
DROP_SEED = 56789


class Parts(NamedTuple):
    """Numbers of the series of each part: 70, 15 and 15 per cent of each class."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def pad_by_last(series: list[np.ndarray], length: int | None = None) -> np.ndarray:
    """Pad series of shape (time, channels) by repeating their last row.

    Parameters
    ----------
    series : list of ndarray of shape (time, channels)
    length : int, optional
        By default that of the longest.

    Returns
    -------
    ndarray of shape (n_series, length, channels)
    """
    length = max(map(len, series)) if length is None else length
    rows = np.arange(length)
    return np.stack([one[np.minimum(rows, len(one) - 1)] for one in series])


def published_split(labels: np.ndarray) -> Parts:
    """Split stratified, with the seeds 0 and then 1."""
    train, rest = train_test_split(
        np.arange(len(labels)), train_size=0.7, random_state=0, stratify=labels
    )
    valid, test = train_test_split(
        rest, train_size=0.5, random_state=1, stratify=labels[rest]
    )
    return Parts(train, valid, test)


def drop_rows(padded: np.ndarray, percent: int) -> np.ndarray:
    """Write NaN to a share of the rows of each series, at random, on all channels."""
    generator, dropped = torch.Generator().manual_seed(DROP_SEED), padded.copy()
    length = padded.shape[1]
    for one in dropped:
        order = torch.randperm(length, generator=generator)
        one[order[: int(length * percent / 100)].numpy()] = np.nan
    return dropped


def standardize_steps(padded: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Standardize each time step, *all channels together*, by the training part.

    The authors mean each channel, but iterate over the other axis.
    """
    known = padded[train]
    mean = np.nanmean(known, axis=(0, 2), keepdims=True)
    pooled = np.moveaxis(known, 1, 0).reshape(known.shape[1], -1)
    deviation = np.nanstd(pooled, axis=1, ddof=1)
    return (padded - mean) / (deviation[None, :, None] + 1e-5)


def published_input(
    series: list[np.ndarray], labels: np.ndarray, *, percent: int = 0, rate: int = 1
) -> tuple[torch.Tensor, Parts]:
    """Pad, drop, split, standardize; fill with 0, append one mask; subsample.

    Parameters
    ----------
    series : list of ndarray of shape (time, channels)
    labels : ndarray of shape (n_series,)
        Only how they part the series matters. The outputs of a checkpoint are numbered
        by the first appearance of a class in the archive's file, which is the
        alphabetical order of the letters.
    percent : int, default=0
        Share of the rows that are dropped; of 0 there is no mask.
    rate : int, default=1
        Every so many rows are kept, at the end.

    Returns
    -------
    Tensor of shape (n_series, time, channels), Parts
    """
    padded, parts = pad_by_last(series), published_split(labels)
    if percent:
        padded = drop_rows(padded, percent)
    values = standardize_steps(padded.astype(np.float64), parts.train)
    if percent:
        mask = ~np.isnan(values[..., :1])
        values = np.concatenate([np.nan_to_num(values), mask], axis=2)
    return torch.from_numpy(values[:, ::rate].astype(np.float32)), parts


def load_letters() -> tuple[list[np.ndarray], np.ndarray]:
    """Load the series and their labels from the folder of shared data."""
    with np.load(TRAJECTORIES) as file:
        ends = np.cumsum(file["lengths"].astype(int))
        return np.split(file["values"], ends[:-1]), file["labels"].astype(int)


def predict(network: torch.nn.Module, inputs: torch.Tensor) -> np.ndarray:
    """Predict the classes of many series, some at a time."""
    with torch.no_grad():
        parts = [network(part).argmax(1) for part in inputs.split(64)]
    return torch.cat(parts).numpy()


def main() -> None:
    """Print the accuracy of a checkpoint on each part."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("omega_0", type=float)
    parser.add_argument("--percent", type=int, default=0)
    parser.add_argument("--rate", type=int, default=1)
    chosen = parser.parse_args()
    state = torch.load(chosen.checkpoint, map_location="cpu", weights_only=True)
    network = PaperCKCNN.from_published_state_dict(state, omega_0=chosen.omega_0)
    series, labels = load_letters()
    options = {"percent": chosen.percent, "rate": chosen.rate}
    inputs, parts = published_input(series, labels, **options)
    right = predict(network, inputs) == labels
    print(f"all {right.mean():.4f}")
    for name, rows in parts._asdict().items():
        print(f"{name} {right[rows].mean():.4f}")


if __name__ == "__main__":
    main()
