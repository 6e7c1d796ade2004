"""Small irregular panels for the tests of estimators."""

import numpy as np

from ckts import Panel


def irregular_panel(n_series=24, *, in_channels=2, static=False, seed=0):
    """Series of unequal lengths, irregular times and missing values; y by the mean."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 12, n_series)
    indptr = np.r_[0, np.cumsum(lengths)]
    y = np.arange(n_series) % 2
    times = np.concatenate([np.sort(rng.uniform(0, 10, n)) for n in lengths])
    values = (
        rng.normal(size=(indptr[-1], in_channels)) + 2 * np.repeat(y, lengths)[:, None]
    )
    values[rng.random(values.shape) < 0.2] = np.nan
    extra = rng.normal(size=(n_series, 2)) if static else None
    if static:
        extra[::5, 0] = np.nan
    return Panel(values, times, indptr, static=extra), y
