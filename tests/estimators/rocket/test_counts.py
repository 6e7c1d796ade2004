"""Counts of observations over parts of the time, against loops."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts import CKRocketClassifier, Panel
from ckts.estimators.rocket.counts import count_until, counted_names
from ckts.estimators.rocket.views import CausalViews, SpanFreeViews
from irregular import irregular_panel
from kernel_learning import Learned


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.integers(1, 3))
def test_observations_are_counted_up_to_each_end(seed, n_channels):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(size=(3, 7)), axis=1)
    observed = rng.random((3, 7, n_channels)) < 0.5
    times[0, 4:], observed[0, 4:] = times[0, 3], False  # padding
    ends = np.hstack([rng.uniform(-1, 9, size=(3, 5)), times])
    found = count_until(*map(torch.from_numpy, (times, observed, ends)))
    assert found.shape[2] == len(counted_names(tuple("abc"[:n_channels])))
    for series, place in itertools.product(range(3), range(12)):
        seen = observed[series, times[series] <= ends[series, place]]
        expected = seen.sum(0).tolist()
        if n_channels > 1:
            expected.append(seen.any(1).sum())
        assert found[series, place].tolist() == expected


def test_one_channel_is_counted_once():
    assert counted_names(("a",)) == ["count of a"]
    assert counted_names(("a", "b")) == ["count of a", "count of b", "number of rows"]


def counts_by_name(panel, **options):
    learned = Learned(panel, **options)
    names = learned.views.level_names(panel.channels)
    levels = learned.compute(panel)[1]
    assert levels.shape[1] == len(set(names)) == learned.views.n_levels
    return learned, {
        name: column
        for name, column in zip(names, levels.T, strict=True)
        if not name.startswith("level of ")
    }


def rows_of(panel):
    for series in panel:
        filled = ~np.isnan(series.values).all(1)
        times = series.times[filled]
        yield times - times[0], ~np.isnan(series.values[filled])


def test_counts_are_those_in_equal_parts_of_the_span():
    panel = irregular_panel()[0]
    _, counts = counts_by_name(panel)
    assert len(counts) == 8 * 3
    for number, (times, observed) in enumerate(rows_of(panel)):
        part = np.clip(np.ceil(times / times[-1] * 8) - 1, 0, 7)
        for place in range(8):
            expected = observed[part == place].sum(0)
            for channel in range(2):
                name = f"count of channel_{channel} in part {place + 1} of 8"
                assert counts[name][number] == expected[channel]
            name = f"number of rows in part {place + 1} of 8"
            assert counts[name][number] == (part == place).sum()


def test_causal_counts_are_those_in_parts_of_the_past():
    panel = irregular_panel()[0]
    learned, counts = counts_by_name(panel, kind=CausalViews)
    edges = learned.views.windows()[::4]
    assert len(counts) == (len(edges) - 1) * 3
    for number, (times, observed) in enumerate(rows_of(panel)):
        ago = times[-1] - times
        for late, early in itertools.pairwise(edges):
            inside = (ago > late * (1 + 1e-9)) & (ago <= early * (1 + 1e-9))
            inside |= (ago == 0) & (late == 0)
            expected = [*observed[inside].sum(0), inside.sum()]
            if late >= times[-1] > 0:
                expected = [np.nan] * 3
            kinds = ["count of channel_0", "count of channel_1", "number of rows"]
            for kind, count in zip(kinds, expected, strict=True):
                name = f"{kind} {late:.4g} to {early:.4g} ago"
                np.testing.assert_equal(counts[name][number], np.float32(count))


@pytest.mark.parametrize(
    ("kind", "options"), [(SpanFreeViews, {}), (CausalViews, {"tells_span": False})]
)
def test_without_lengths_nothing_is_counted(kind, options):
    assert counts_by_name(irregular_panel()[0], kind=kind, **options)[1] == {}


@pytest.mark.parametrize("causal", [True, False])
def test_when_a_channel_is_missing_is_told(causal):
    """Noise; the second channel is observed mostly early, or mostly late."""

    def draw(n_series, seed):
        rng = np.random.default_rng(seed)
        y = np.arange(n_series) % 2
        early = np.arange(40) < 20
        shares = np.where(y[:, None] == early, 0.8, 0.2)
        values = rng.normal(size=(n_series, 40, 2))
        values[..., 1][rng.random((n_series, 40)) > shares] = np.nan
        indptr = np.arange(n_series + 1) * 40
        times = np.tile(np.arange(40.0), n_series)
        return Panel(values.reshape(-1, 2), times, indptr), y

    model = CKRocketClassifier(n_kernels=336, causal=causal, random_state=0)
    # a causal model learns from prefixes, too, where less is known
    least = 0.85 if causal else 0.9
    assert model.fit(*draw(60, 0)).score(*draw(200, 1)) > least
