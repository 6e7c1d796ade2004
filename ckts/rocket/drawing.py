"""Which kernels there are: their steps, their patterns, and the channels they see."""

import math

import numpy as np
import torch

from ckts.rocket.kernels import N_STEPS, PATTERNS, AbstractKernelGroup

# A kernel joins at most this many channels.
MOST_CHANNELS = 9
# Times at which a response is computed: at least one a step, so many in the longest
# span of fit, where steps are long.
POINTS_PER_STEP, POINTS_PER_SPAN = 1, 64
# Dilations per octave, and at most.
PER_OCTAVE, MOST_DILATIONS = 2, 32


class BalancedDraws:
    """Draws of 0, 1, ... without replacement: all of them before any comes again.

    Parameters
    ----------
    n_items : int
    rng : RandomState
    """

    def __init__(self, n_items: int, rng: np.random.RandomState) -> None:
        self.n_items = n_items
        self._rng = rng
        self._left = np.empty(0, dtype=int)

    def draw(self, n: int) -> np.ndarray:
        """Draw different numbers.

        Parameters
        ----------
        n : int
            At most `n_items`.

        Returns
        -------
        ndarray of int of shape (n,)
        """
        if len(self._left) < n:
            fresh = self._rng.permutation(self.n_items)
            again = np.isin(fresh, self._left)  # not twice in one hand
            self._left = np.r_[self._left, fresh[~again], fresh[again]]
        drawn, self._left = self._left[:n], self._left[n:]
        return drawn


def draw_kernels(
    shortest: float,
    longest: float,
    n_features: int,
    draws: BalancedDraws,
    rng: np.random.RandomState,
    kind: type[AbstractKernelGroup],
) -> list[tuple[AbstractKernelGroup, int]]:
    """Draw kernels with steps from a shortest length to an eighth of a longest one.

    Fewer kernels have fewer dilations, in the middle of equal parts of the range.
    Where there are too few dilations to draw every channel, several groups of a
    dilation share the channels.

    Parameters
    ----------
    shortest : float
        Of the clock of the signals: what they resolve.
    longest : float
        Length of long signals.
    n_features : int
        At most so many kernels with a bias each; below 84, not all patterns are there.
    draws : BalancedDraws
        Deals channels.
    rng : RandomState
    kind : type of AbstractKernelGroup
        Where the kernels are.

    Returns
    -------
    list of (AbstractKernelGroup, int)
        Groups without biases, and how many each kernel of them shall have.
    """
    n_patterns = min(n_features, len(PATTERNS))
    total = n_features // n_patterns  # biases of all groups
    dilations = spread_dilations(shortest, longest, min(total, MOST_DILATIONS))
    n_sets = math.ceil(draws.n_items / MOST_CHANNELS / len(dilations))
    dilations = np.repeat(dilations, min(n_sets, total // len(dilations)))
    # more channels in a group are slower, but all groups must see all of them
    n_used = max(MOST_CHANNELS, math.ceil(draws.n_items / len(dilations)))
    ends = np.arange(len(dilations) + 1) * total // len(dilations)
    groups = []
    for dilation, n_biases in zip(dilations, np.diff(ends), strict=True):
        used = np.sort(draws.draw(min(n_used, draws.n_items)))
        n_points = math.ceil(POINTS_PER_SPAN * dilation / longest)
        group = kind(
            float(dilation),
            max(POINTS_PER_STEP, n_points),
            torch.from_numpy(used),
            torch.from_numpy(draw_weight(len(used), n_patterns, rng)),
            torch.zeros(0, n_patterns, dtype=torch.float64),
        )
        groups.append((group, int(n_biases)))
    return groups


def spread_dilations(shortest: float, longest: float, most: int) -> np.ndarray:
    """Spread some lengths of a step evenly over octaves.

    Parameters
    ----------
    shortest, longest : float
    most : int
        At most so many.

    Returns
    -------
    ndarray of shape (n_dilations,)
    """
    top = max(longest / (N_STEPS - 1), shortest)
    wanted = int(PER_OCTAVE * np.log2(top / shortest) + 1.5)
    if wanted <= most:
        return np.geomspace(shortest, top, wanted)
    middles = (np.arange(most) + 0.5) / most
    return shortest * (top / shortest) ** middles


def draw_weight(n_used: int, n_patterns: int, rng: np.random.RandomState) -> np.ndarray:
    """Draw the patterns of kernels, and over which channels each of them is.

    Parameters
    ----------
    n_used : int
        Number of channels.
    n_patterns : int
    rng : RandomState

    Returns
    -------
    ndarray of shape (n_used * 9, n_patterns)
    """
    patterns = PATTERNS
    if n_patterns < len(PATTERNS):
        patterns = PATTERNS[np.sort(rng.permutation(len(PATTERNS))[:n_patterns])]
    draws = BalancedDraws(n_used, rng)
    most = min(n_used, MOST_CHANNELS)
    weight = np.zeros((n_used, N_STEPS, n_patterns))
    for kernel, pattern in enumerate(patterns):
        size = int(2 ** rng.uniform(0, np.log2(most + 1)))
        weight[draws.draw(size), :, kernel] = pattern
    return weight.reshape(-1, n_patterns)
