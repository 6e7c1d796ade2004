"""Probabilities from scores, as the scores of left-out series turned out."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

# The weight of the prior by which offsets are 0, as a share of all series.
PRIOR = 0.01


def calibrate(
    scores: np.ndarray, codes: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Find the factor and the offsets of scores that give the best probabilities.

    The probabilities are ``softmax(factor * scores + offsets)``: temperature scaling
    (Guo et al., 2017) with an offset per class, which rare classes need. The weighted
    log-loss of scores of series that were left out is minimized.

    Parameters
    ----------
    scores : ndarray of shape (n_series, n_classes)
    codes : ndarray of int of shape (n_series,)
        The number of the class of each series.
    weight : ndarray of shape (n_series,)
        Only ratios count.

    Returns
    -------
    factor : float
        Positive.
    offsets : ndarray of shape (n_classes,)
        Their sum is 0.
    """
    n_classes = scores.shape[1]
    share = weight / weight.sum()
    hit = np.zeros_like(scores)
    hit[np.arange(len(codes)), codes] = 1.0

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        factor, offsets = np.exp(parameters[0]), parameters[1:]
        logs = log_softmax(factor * scores + offsets, axis=1)
        pull = share[:, None] * (np.exp(logs) - hit)
        value = -(share @ logs[np.arange(len(codes)), codes])
        value += PRIOR / 2 * (offsets @ offsets)
        slope = factor * (pull * scores).sum()
        return value, np.r_[slope, pull.sum(0) + PRIOR * offsets]

    bounds = [(-5.0, 5.0), *[(-20.0, 20.0)] * n_classes]
    start = np.zeros(1 + n_classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(np.exp(found[0])), found[1:] - found[1:].mean()
