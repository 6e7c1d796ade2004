"""Kernels at equal distances: their values, reach and bandwidth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from ckts.kernels import REACH
from ckts.layers import CKConv

# Of the energy of a kernel, and of its spectrum: what lies beyond is hardly seen.
SHARE = 0.95
# Points per shortest time that a layer resolves, and bounds of their number.
POINTS_PER_STEP, FEWEST_POINTS, MOST_POINTS = 8, 1_000, 2**17
# Points whose features are computed at a time.
CHUNK = 4096
FEWEST_FREQUENCIES = 2**16  # of slow kernels, whose bandwidth is a few of them


@dataclass(frozen=True, eq=False)
class DrawnKernel:
    """One kernel, from an input channel of a layer to an output channel.

    Parameters
    ----------
    name : str
    values : ndarray of shape (n_distances,)
    reach : float
        The distance within which 95 % of the energy lies, the integral of the square.
    bandwidth : float
        The frequency below which 95 % of the energy of the spectrum lies, in cycles
        per unit of the distances.
    """

    name: str
    values: np.ndarray
    reach: float
    bandwidth: float

    @classmethod
    def of(cls, name: str, values: np.ndarray, distances: np.ndarray) -> Self:
        """Measure reach and bandwidth of values at equal distances."""
        step = distances[1] - distances[0]
        return cls(
            name, values, effective_reach(values, distances), bandwidth(values, step)
        )


def effective_reach(values: np.ndarray, distances: np.ndarray) -> float:
    """Return the distance within which 95 % of the energy of a kernel lies.

    Parameters
    ----------
    values, distances : ndarray of shape (n_distances,)
        Equally spaced.

    Returns
    -------
    float
        0 where all values are 0.
    """
    order = np.argsort(np.abs(distances), kind="stable")
    energy = np.cumsum(values.astype(float)[order] ** 2)
    place = np.searchsorted(energy, SHARE * energy[-1])
    return float(np.abs(distances)[order][place])


def bandwidth(values: np.ndarray, step: float) -> float:
    """Return the frequency below which 95 % of the energy of the spectrum lies.

    Parameters
    ----------
    values : ndarray of shape (n_distances,)
        Equally spaced; 0 elsewhere.
    step : float
        Their distance.

    Returns
    -------
    float
        In cycles per unit of `step`; 0 where all values are 0.
    """
    n_points = max(4 * len(values), FEWEST_FREQUENCIES)  # by zeros behind
    power = np.abs(np.fft.rfft(values.astype(float), n_points)) ** 2
    power[0] /= 2  # the others stand for a negative frequency, too
    energy = np.cumsum(power)
    place = np.searchsorted(energy, SHARE * energy[-1])
    return float(place / (n_points * step))


def evaluate(layer: CKConv) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evaluate the features at equal distances up to where kernels are 0.

    Returns
    -------
    distances : ndarray of shape (n_distances,)
    features : ndarray of shape (n_distances, n_features)
    mixing : ndarray of shape (out_channels, in_channels, n_features)
        Of a depth-wise layer (channels, 1, n_features).
    """
    reach = REACH * layer.horizon
    wanted = POINTS_PER_STEP * reach / layer.resolution
    count = int(np.clip(wanted, FEWEST_POINTS, MOST_POINTS))
    first = 0.0 if layer.causal else -reach
    distances = np.linspace(first, reach, count if layer.causal else 2 * count - 1)
    place = layer.time_step.device
    with torch.no_grad():
        parts = [
            layer.kernel.features(
                torch.as_tensor(distances[start : start + CHUNK], device=place),
                horizon=layer.horizon,
                dtype=torch.float64,
            ).cpu()
            for start in range(0, len(distances), CHUNK)
        ]
        mixing = layer.kernel.mixing().double().cpu().numpy()
    return distances, torch.cat(parts).numpy(), mixing


def strongest(
    layer: CKConv, features: np.ndarray, mixing: np.ndarray
) -> list[tuple[int, int]]:
    """Rank kernels (output, input) by their energy; of each input the strongest."""
    gram = features.T @ features
    energy = np.einsum("oif,fg,oig->oi", mixing, gram, mixing, optimize=True)
    if layer.depthwise:
        return [(int(o), int(o)) for o in np.argsort(-energy[:, 0], kind="stable")]
    outputs = energy.argmax(0)
    inputs = np.argsort(-energy.max(0), kind="stable")
    return [(int(outputs[i]), int(i)) for i in inputs]
