"""Predictions as of each observation, held to predictions of truncated series."""

import numpy as np
import pandas as pd

from ckts import Panel


def answers(model, X):
    return getattr(model, "predict_proba", model.predict)(X)


def path_of(model, X):
    name = "predict_path" if hasattr(model, "predict_path") else "predict_proba_path"
    return getattr(model, name)(X)


def known_rows(X):
    """Rows where something was observed, and whether each is the last of its time."""
    seen = X.keep_rows(X.observed.any(1))
    last = np.ones(len(seen.times), dtype=bool)
    last[:-1] = (np.diff(seen.times) != 0) | (np.diff(seen.series_of_rows) != 0)
    return seen, last


def check_path(model, X, limit=np.inf, *, atol=1e-9):
    """Hold a path to predictions of truncated series; return the path."""
    path = path_of(model, X)
    assert path.n_series == X.n_series
    assert path.static is None
    seen, last = known_rows(X)
    starts = seen.times[seen.indptr[:-1][seen.series_of_rows]]
    last &= np.abs(seen.times - starts) <= limit
    np.testing.assert_array_equal(path.times, seen.times[last])
    np.testing.assert_array_equal(
        path.lengths, np.bincount(seen.series_of_rows[last], minlength=len(X))
    )
    if not last.any():
        return path
    expected = answers(model, seen.expanding())[last]
    expected = expected.reshape(len(expected), -1)
    np.testing.assert_allclose(path.values, expected, atol=atol)
    return path


def odd_series(X):
    """Add an empty series, one of one row, one never observed, and ties."""
    nan = np.full((3, 2), np.nan)
    values = np.vstack([X.values, [[0.5, -1.0]], nan, [[1.0, np.nan], [np.nan, 2.0]]])
    times = np.r_[X.times, 3.0, 1.0, 2.0, 3.0, 4.0, 4.0]
    indptr = np.r_[X.indptr, X.indptr[-1] + np.array([0, 1, 4, 6])]
    return Panel(values, times, indptr)


PANELS = {
    "with rows where nothing was observed": lambda X: X,
    "with ties": lambda X: X.with_times(np.floor(X.times)),
    "with odd series": odd_series,
    "one series": lambda X: X[[3]],
    "stamps": lambda X: X.with_times(
        pd.Timestamp("2024-01-01") + pd.to_timedelta(np.round(X.times, 3), "D")
    ),
    "nothing observed": lambda X: X.with_values(np.full_like(X.values, np.nan)),
    "static": lambda X: X.with_static(np.arange(2.0 * len(X)).reshape(-1, 2)),
}
