"""The step of the regular grid that the stamps of all training series lie on."""

import numpy as np

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.regularity import ROUNDING, count_steps

# A grid has at most this many points per typical gap of the rows: more are a fine
# clock, not a grid whose rows were lost.
FINEST_GRID = 32


def learn_grid_step(training: PanelDataset, typical: float) -> float:
    """Learn the common step of the stamps: that of the rows before some were lost.

    A typical gap is a mean, 1 / 0.7 steps of a grid that lost 30 % of its rows.

    Parameters
    ----------
    training : PanelDataset
    typical : float
        Typical gap of the rows.

    Returns
    -------
    float
        `typical`, where there is no common step, or one below a 32nd of it.
    """
    times, filled = training.times, training.lengths > 0
    firsts = np.zeros(len(times), bool)
    firsts[training.indptr[:-1][filled]] = True
    spans = times[training.indptr[1:][filled] - 1]
    errors = np.maximum(training.rounding[filled], ROUNDING * spans)  # as in a layer
    errors = errors.repeat(training.lengths[filled])
    gaps = np.where(firsts, 0.0, np.diff(times, prepend=times[:1]))
    found = count_steps(gaps, times, firsts, errors)
    if found is None or found[0].shortest * FINEST_GRID < typical:
        return typical
    return float(found[0].shortest)
