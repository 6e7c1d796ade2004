"""Piecewise linear signals: batches of them, and their exact integrals."""

import itertools

import numpy as np


def pad(series):
    """Pad lists of times by the last one, and values by what must not be read."""
    longest = max(map(len, series))
    return np.array([list(s) + [s[-1]] * (longest - len(s)) for s in series])


def draw_lines(seed, in_channels=2):
    """Series of 1 to 9 rows with ties, some of span 0, of very different spans."""
    rng = np.random.default_rng(seed)
    series = []
    for _ in range(4):
        gaps = rng.exponential(size=rng.integers(0, 9)) * rng.choice([0, 0.01, 1, 50])
        gaps[rng.random(len(gaps)) < 0.25] = 0.0
        series.append(np.r_[0.0, np.cumsum(gaps)])
    times = pad(series)
    values = rng.normal(size=(*times.shape, in_channels))
    for row, one in zip(values, series, strict=True):
        row[len(one) :] = 0.0  # as `PanelDataset.batch` pads, after `fill_gaps`
    return series, times, values


def integral_of(times, values, end):
    """Integrate ``np.interp`` from 0: trapezoids between all kinks are exact."""
    end = min(max(end, 0.0), times[-1])
    kinks = np.r_[times[times < end], end]
    total = 0.0
    for left, right in itertools.pairwise(kinks):
        if right > left:  # the straight line of this piece, from inside of it
            middle = (left + right) / 2
            after = np.searchsorted(times, middle)
            x0, x1 = times[after - 1], times[after]
            y0, y1 = values[after - 1], values[after]
            total += (right - left) * (y0 + (y1 - y0) * (middle - x0) / (x1 - x0))
    return total


def integral_of_steps(times, values, end, *, hold=False):
    """Integrate, from 0, values that last until the next time: row by row."""
    inside = min(max(end, 0.0), times[-1])
    total = 0.0
    for row, start in enumerate(times):
        until = times[row + 1] if row + 1 < len(times) else start
        total += max(0.0, min(until, inside) - start) * values[row]
    if hold:
        total += min(end, 0.0) * values[0] + max(end - times[-1], 0.0) * values[-1]
    return total
