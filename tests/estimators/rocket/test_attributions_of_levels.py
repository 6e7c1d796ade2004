"""Rows of levels and counts stand at the part of the time that they are of."""

import numpy as np
import pytest

from ckts import CKRocketClassifier, Panel
from lines import integral_of, integral_of_steps

N_PARTS, N_COUNTS = 32, 8
NEAR = 1e-6  # rounding of the ends of intervals


def make_clock(seed=0, n_series=30):
    """Two channels that are the time itself; some is missing, and no gap is long."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(20, 60, n_series)
    indptr = np.r_[0, np.cumsum(lengths)]
    times = np.concatenate(
        [100.0 * rng.random() + np.cumsum(rng.uniform(1, 2, n)) for n in lengths]
    )
    values = np.column_stack([times, times])
    missing = rng.random(len(times)) < 0.4
    missing[indptr[:-1]] = missing[indptr[1:] - 1] = False
    values[missing, 1] = np.nan
    return Panel(values, times, indptr, channels=["full", "holes"])


def show_levels(model, X, monkeypatch):
    """Let the table tell levels and counts themselves, not what they add."""

    def values(self, panel, dataset, ridge):
        _, (_, levels) = self._compute(panel, dataset)
        return {"levels": (levels[:, None], np.zeros(1))}

    monkeypatch.setattr(type(model), "_coded_values", values)
    table = model.attribute(X)
    return table[table["block"] == "levels"]


@pytest.fixture(params=[False, True], ids=["centered", "causal"])
def shown(request, monkeypatch):
    X = make_clock()
    y = np.arange(len(X)) % 2
    model = CKRocketClassifier(n_kernels=336, causal=request.param, random_state=0)
    table = show_levels(model.fit(X, y), X, monkeypatch)
    return request.param, X, table


def test_a_count_is_that_of_the_observations_in_its_interval(shown):
    _, X, table = shown
    counts = table[table["summary"] == "count"]
    assert len(counts) == len(X) * N_COUNTS * 3
    positive = 0
    for series in range(len(X)):
        own = counts[counts["series"] == series]
        seen = ~np.isnan(X[series].values)
        marks = {"full": seen[:, 0], "holes": seen[:, 1]}
        for row in own.itertuples():
            marked = X[series].times[marks.get(row.channel, seen.any(1))]
            if np.isnan(row.value):  # before the first row
                assert row.start == row.end == X[series].times[0]
                continue
            inside = (marked > row.start + NEAR) & (marked <= row.end + NEAR)
            if row.start == X[series].times[0]:  # the first row is in this part, too
                inside |= marked == row.start
            assert row.value == inside.sum()
            positive += row.value > 0
    assert positive > len(counts) / 4


def test_a_level_is_the_mean_over_its_interval(shown):
    causal, X, table = shown
    levels = table[(table["summary"] == "level") & (table["channel"] == "full")]
    assert len(levels) == len(X) * N_PARTS
    integral = integral_of_steps if causal else integral_of
    known = levels[levels["end"] > levels["start"]]
    assert levels.loc[levels["end"] == levels["start"], "value"].isna().all()
    expected = []
    for row in known.itertuples():
        times = X[row.series].times
        clock = times - times[0]
        ends = np.array([row.start, row.end]) - times[0]
        areas = [integral(clock, times, end) for end in ends]
        expected.append(np.diff(areas)[0] / np.diff(ends)[0])
    full = X.values[:, 0]
    scaled = (np.array(expected) - full.mean()) / full.std()
    np.testing.assert_allclose(known["value"], scaled, atol=1e-5)  # those are float32
