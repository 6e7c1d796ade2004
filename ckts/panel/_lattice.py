"""The lattice of a panel: the common step of all time stamps, and its points."""

from __future__ import annotations

import numpy as np

from ckts.panel._base import AbstractPanel
from ckts.regularity import ROUNDING, Step, count_steps, stamp_rounding


class Lattice:
    """The common step of panels that come in parts.

    The step of all is that of the steps of the parts.
    """

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._exists = True
        self._n_stamps = 0

    def add(self, panel: AbstractPanel, between: np.ndarray) -> None:
        """Add a part, and the gaps between its rows."""
        filled, elapsed = panel.lengths > 0, panel.elapsed
        firsts, lasts = np.zeros((2, len(elapsed)), bool)
        firsts[panel.indptr[:-1][filled]] = lasts[panel.indptr[1:][filled] - 1] = True
        gaps = np.zeros_like(panel.times)
        gaps[~firsts] = between
        self._n_stamps += int(np.sum(firsts | (gaps > 0)))
        if not self._exists or not (gaps > 0).any():
            return
        errors = stamp_rounding(panel.times, panel.indptr)[filled]
        errors = np.maximum(errors, ROUNDING * elapsed[lasts])  # as in a layer
        errors = errors.repeat(panel.lengths[filled])
        found = count_steps(gaps, elapsed, firsts, errors)
        self._exists = found is not None
        if found is not None:
            self._steps.append(found[0])

    def found(self, durations: np.ndarray) -> tuple[float | None, float]:
        """Return the step, and the share of the points of the lattice with a row.

        Parameters
        ----------
        durations : ndarray of shape (n_filled,)
            From the first to the last row of each series that has rows.
        """
        step = self._common_step()
        if step is None:
            return None, np.nan
        n_points = np.rint(durations / step.size).sum() + len(durations)
        return step.shortest, float(self._n_stamps / n_points)

    def _common_step(self) -> Step | None:
        """Return the step of which those of all parts are multiples."""
        if not self._exists or len(self._steps) < 2:
            return self._steps[0] if self._exists and self._steps else None
        sizes = np.array([step.size for step in self._steps])
        errors = np.array([step.error for step in self._steps])
        if sizes.dtype.kind == "f":
            errors = np.maximum(errors, ROUNDING * sizes)
        # each step as a run of two stamps, at 0 and at the step
        gaps = np.stack([np.zeros_like(sizes), sizes], axis=1).ravel()
        firsts = np.tile([True, False], len(sizes))
        found = count_steps(gaps, gaps, firsts, errors.repeat(2))
        return None if found is None else found[0]
