import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckts import Panel
from ckts.datasets import drop_observations, subsample
from ckts.panel._times import TimeScale


@st.composite
def panels(draw):
    lengths = draw(st.lists(st.integers(0, 12), min_size=1, max_size=5))
    n_rows, n_channels = sum(lengths), draw(st.integers(1, 3))
    observed = draw(arrays(bool, (n_rows, n_channels)))
    values = np.arange(n_rows * n_channels, dtype=float).reshape(n_rows, n_channels)
    return Panel(
        np.where(observed, values, np.nan),
        np.arange(n_rows) ** 1.5,
        np.concatenate([[0], np.cumsum(lengths)]),
        instances=[f"id{i}" for i in range(len(lengths))],
        static=np.ones((len(lengths), 2)),
        time_scale=TimeScale("number", "h"),
    )


rates = st.floats(0, 1, exclude_max=True) | st.sampled_from([0.3, 0.5, 0.7])
seeds = st.integers(0, 2**32 - 1)
hows = st.sampled_from(["jointly", "per_channel"])
patterns = st.sampled_from(["random", "blocks", "informative"])
all_patterns = pytest.mark.parametrize("pattern", ["random", "blocks", "informative"])


def share(size, rate):
    """The decimal that the caller wrote, multiplied and rounded down."""
    return int(size * Decimal(repr(rate)))


def gap_sizes(lost):
    """Lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, lost, 0]))
    return np.diff(edges)[::2].tolist()


def same_frame(left, right):
    """Everything but the rows is equal."""
    assert left.channels == right.channels
    assert left.instances.tolist() == right.instances.tolist()
    assert left.static_names == right.static_names
    np.testing.assert_array_equal(left.static, right.static)
    assert left.time_scale == right.time_scale


@given(panels(), rates, seeds, patterns, st.integers(1, 4))
def test_dropping_rows_is_exact_in_number_and_keeps_order(
    panel, rate, seed, pattern, n_blocks
):
    dropped = drop_observations(
        panel, rate, random_state=seed, pattern=pattern, n_blocks=n_blocks
    )
    same_frame(dropped, panel)
    for before, after in zip(panel, dropped, strict=True):
        n_rows = len(before.times)
        assert len(after.times) == n_rows - share(n_rows, rate)
        # The times are unique here, so each kept row can be found in the original.
        rows = np.searchsorted(before.times, after.times)
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(after.times, before.times[rows])
        np.testing.assert_array_equal(after.values, before.values[rows])


@given(panels(), rates, seeds, patterns, st.integers(1, 4))
def test_dropping_per_channel_is_exact_in_number(panel, rate, seed, pattern, n_blocks):
    dropped = drop_observations(
        panel,
        rate,
        random_state=seed,
        how="per_channel",
        pattern=pattern,
        n_blocks=n_blocks,
    )
    same_frame(dropped, panel)
    np.testing.assert_array_equal(dropped.times, panel.times)
    for before, after in zip(panel, dropped, strict=True):
        n_before = (~np.isnan(before.values)).sum(axis=0)
        n_after = (~np.isnan(after.values)).sum(axis=0)
        assert n_after.tolist() == [n - share(int(n), rate) for n in n_before]
        kept = ~np.isnan(after.values)
        assert (after.values[kept] == before.values[kept]).all()


@given(panels(), rates, seeds, hows, patterns)
def test_the_same_seed_gives_the_same_panel(panel, rate, seed, how, pattern):
    settings = {"random_state": seed, "how": how, "pattern": pattern}
    first = drop_observations(panel, rate, **settings)
    assert first.equals(drop_observations(panel, rate, **settings))


@given(panels(), hows, patterns)
def test_a_rate_of_zero_changes_nothing(panel, how, pattern):
    assert drop_observations(panel, 0, how=how, pattern=pattern).equals(panel)


@pytest.mark.parametrize("n_rows", [10, 90, 170, 180, 1000])
@pytest.mark.parametrize("percent", [30, 50, 70])
def test_the_shares_of_the_paper_are_exact(n_rows, percent):
    panel = Panel(np.zeros((n_rows, 1)), np.arange(n_rows), [0, n_rows])
    dropped = drop_observations(panel, percent / 100, random_state=0)
    # 90 * 0.7 is 62.99... in floating point
    assert dropped.lengths.tolist() == [n_rows * (100 - percent) // 100]


# Blocks


@given(panels(), rates, seeds, st.integers(1, 4))
def test_blocks_are_few_runs_of_equal_length(panel, rate, seed, n_blocks):
    dropped = drop_observations(
        panel, rate, random_state=seed, pattern="blocks", n_blocks=n_blocks
    )
    for before, after in zip(panel, dropped, strict=True):
        lost = ~np.isin(before.times, after.times)
        n_lost = int(lost.sum())
        runs = gap_sizes(lost)
        assert len(runs) <= min(n_blocks, n_lost)  # runs may touch
        if len(runs) == n_blocks:
            assert set(runs) <= {n_lost // n_blocks, -(-n_lost // n_blocks)}


def test_a_block_stands_everywhere_equally_often():
    n_series = 4000
    times = np.tile(np.arange(5), n_series)
    panel = Panel(np.zeros((len(times), 1)), times, 5 * np.arange(n_series + 1))
    kept = drop_observations(panel, 0.4, random_state=0, pattern="blocks")
    first_lost = [
        np.setdiff1d(range(5), times)[0] for times in kept.times.reshape(-1, 3)
    ]
    # Standard deviation of a share of a quarter over 4000 series: 0.007.
    assert np.bincount(first_lost) / n_series == pytest.approx([0.25] * 4, abs=0.03)


def test_blocks_of_channels_are_independent_and_skip_what_was_missing():
    values = np.ones((2000, 2))
    values[::2, 1] = np.nan
    panel = Panel(values, np.tile(np.arange(20), 100), 20 * np.arange(101))
    dropped = drop_observations(
        panel, 0.5, random_state=0, how="per_channel", pattern="blocks"
    )
    lost = np.isnan(dropped.values).reshape(100, 20, 2)
    assert all(gap_sizes(one) == [10] for one in lost[:, :, 0])
    assert all(gap_sizes(one) == [5] for one in lost[:, 1::2, 1])
    assert len({one.tobytes() for one in lost[:, :, 0]}) > 5


# Informatively


def weights(values):
    """Chances to be dropped first, one value at a time."""
    known = values[~np.isnan(values)]
    middle = np.median(known)
    spread = np.mean([abs(value - middle) for value in known])
    return [1 / (1 + abs(value - middle) / spread) for value in values]


def test_informative_chances_are_the_stated_ones():
    values = np.array([0.0, 1.0, 2.0, 3.0, 14.0])
    n_series = 4000
    panel = Panel(
        np.tile(values, n_series)[:, None],
        np.tile(np.arange(5), n_series),
        5 * np.arange(n_series + 1),
    )
    for how in ("jointly", "per_channel"):
        kept = drop_observations(
            panel, 0.2, random_state=0, how=how, pattern="informative"
        )
        n_kept = np.bincount(kept.times[~np.isnan(kept.values[:, 0])])
        chances = np.array(weights(values)) / np.sum(weights(values))
        # Standard deviation of a share of a third over 4000 series: 0.007.
        assert 1 - n_kept / n_series == pytest.approx(chances, abs=0.03)


def test_a_row_is_as_unusual_as_its_most_unusual_value():
    n_series = 1000
    row = np.array([[0.0, 1.0], [0.0, np.nan], [8.0, 1.0], [0.0, 9.0], [0.0, 1.0]])
    panel = Panel(
        np.tile(row, (n_series, 1)),
        np.tile(np.arange(5), n_series),
        5 * np.arange(n_series + 1),
    )
    kept = drop_observations(panel, 0.4, random_state=0, pattern="informative")
    share_kept = np.bincount(kept.times) / n_series
    assert min(share_kept[[2, 3]]) > 0.8 > max(share_kept[[0, 1, 4]])


def test_constant_channels_are_dropped_like_at_random():
    panel = Panel(
        np.full((4000, 1), 7.0), np.tile(np.arange(4), 1000), 4 * np.arange(1001)
    )
    kept = drop_observations(panel, 0.5, random_state=0, pattern="informative")
    assert np.bincount(kept.times) / 1000 == pytest.approx([0.5] * 4, abs=0.07)


@given(panels(), st.integers(1, 15))
def test_subsampling_equals_slicing_each_series(panel, step):
    thinned = subsample(panel, step)
    same_frame(thinned, panel)
    for before, after in zip(panel, thinned, strict=True):
        np.testing.assert_array_equal(after.values, before.values[::step])
        np.testing.assert_array_equal(after.times, before.times[::step])


@pytest.mark.parametrize(("step", "last"), [(1, 182), (2, 181), (4, 181), (8, 177)])
def test_subsampling_is_that_of_appendix_e_2(step, last):
    panel = Panel(np.zeros((182, 1)), np.arange(1, 183), [0, 182])
    thinned = subsample(panel, step).times.tolist()
    assert thinned == list(range(1, 183))[::step]
    assert thinned[-1] == last


@all_patterns
def test_panels_without_rows_stay_so(pattern):
    empty = Panel(np.empty((0, 2)), np.empty(0), [0, 0, 0])
    for how in ("jointly", "per_channel"):
        assert drop_observations(empty, 0.5, how=how, pattern=pattern).equals(empty)


def test_every_observation_is_dropped_equally_often():
    panel = Panel(
        np.zeros((10_000, 1)), np.tile(np.arange(5), 2000), np.arange(2001) * 5
    )
    kept = drop_observations(panel, 0.4, random_state=0).times
    # Standard deviation of a share of 0.6 over 2000 series: 0.011.
    assert np.bincount(kept) / 2000 == pytest.approx([0.6] * 5, abs=0.05)


def test_the_caller_s_panel_is_untouched():
    panel = Panel(np.arange(8.0).reshape(4, 2), np.arange(4), [0, 4])
    drop_observations(panel, 0.5, random_state=0, how="per_channel")
    assert not np.isnan(panel.values).any()


def test_other_formats_are_accepted():
    assert subsample(np.arange(12.0).reshape(2, 6), 2).lengths.tolist() == [3, 3]
    array = np.arange(12.0).reshape(1, 2, 6)
    assert drop_observations(array, 0.5, random_state=0).lengths.tolist() == [3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rate": 1}, ValueError, "`rate` must be in [0, 1); got 1. It is a share"),
        ({"rate": -0.1}, ValueError, "`rate` must be in [0, 1); got -0.1"),
        ({"rate": np.nan}, ValueError, "`rate` must be in [0, 1); got nan"),
        ({"rate": "30%"}, TypeError, "`rate` must be a number; got '30%'"),
        ({"rate": 0.3, "how": "rows"}, ValueError, "`how` must be one of 'jointly', "),
        ({"rate": 0.3, "pattern": "all"}, ValueError, "`pattern` must be one of 'rand"),
        ({"rate": 0.3, "n_blocks": 0}, ValueError, "`n_blocks` must be at least 1"),
        ({"rate": 0.3, "n_blocks": 1.5}, TypeError, "`n_blocks` must be an integer"),
    ],
)
def test_bad_arguments_of_dropping_are_named(arguments, error, message):
    panel = Panel([[1.0]], [0], [0, 1])
    with pytest.raises(error, match=re.escape(message)):
        drop_observations(panel, **arguments)


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (0, ValueError, "`step` must be at least 1; got 0"),
        (2.0, TypeError, "`step` must be an integer; got 2.0"),
        (True, TypeError, "`step` must be an integer; got True"),
    ],
)
def test_bad_steps_are_named(step, error, message):
    with pytest.raises(error, match=re.escape(message)):
        subsample(Panel([[1.0]], [0], [0, 1]), step)
