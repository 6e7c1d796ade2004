"""What a panel takes of memory, and that nobody notices how it stores its values."""

import copy
import pickle
import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts import Panel, as_panel
from ckts.datasets import drop_observations, subsample, truncate
from ckts.panel import NUMBER, hide_after
from storages import in_both_storages

# Bytes of a measurement as a user holds it: a value and a time. Its series and channel,
# which a user holds too, are not counted.
RAW = 16


def measure(n_measurements=60_000, in_channels=50, n_series=200):
    """Measurements of channels, each with a clock of its own: arguments of a panel."""
    rng = np.random.default_rng(0)
    series = rng.integers(0, n_series, n_measurements)
    times = 100 * rng.random(n_measurements)
    channels = rng.integers(0, in_channels, n_measurements)
    return series, times, channels, rng.normal(size=n_measurements)


def own_clocks(**sizes):
    names = [f"c{number}" for number in range(sizes.get("in_channels", 50))]
    n_series = sizes.get("n_series", 200)
    return Panel.from_measurements(*measure(**sizes), n_series=n_series, channels=names)


def bytes_of(panel):
    arrays = {**vars(panel), **vars(panel.observations)}.values()
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def peak(call, panel):
    """Return the memory that a call takes at its peak, in bytes per measurement."""
    call(panel)  # what is imported or cached first does not count
    tracemalloc.start()
    try:
        call(panel)
        return tracemalloc.get_traced_memory()[1] / panel.observations.n_observed
    finally:
        tracemalloc.stop()


def test_a_panel_of_own_clocks_is_at_most_three_times_the_raw_data():
    panel = own_clocks()
    assert bytes_of(panel) < 3 * RAW * 60_000
    assert bytes_of(panel[::2]) < 3 * RAW * panel[::2].lengths.sum()


def test_a_long_table_is_stored_as_a_list():
    series, times, channels, values = measure()
    frame = pd.DataFrame({"who": series, "when": times, "value": values})
    frame["what"] = channels
    panel = Panel.from_long(
        frame, instance="who", time="when", channel="what", value="value"
    )
    assert bytes_of(panel) < 3 * RAW * 60_000
    wide = frame.pivot(index=["who", "when"], columns="what", values="value")
    assert bytes_of(as_panel(wide)) < 3 * RAW * 60_000


WITHOUT_A_TABLE = {
    "slice": lambda panel: panel[::2],
    "shuffle": lambda panel: panel[np.random.default_rng(0).permutation(len(panel))],
    "keep rows": lambda panel: panel.keep_rows(panel.times < 50),
    "join": lambda panel: Panel.concat([panel[:50], panel[50:]]),
    "pickle": lambda panel: pickle.loads(pickle.dumps(panel)),
    "copy": copy.deepcopy,
    "compare": lambda panel: panel.equals(panel),
    "describe": lambda panel: panel.describe(),
    "print": repr,
    "with times": lambda panel: panel.with_times(2 * panel.times),
    "landmark": lambda panel: hide_after(panel, 50.0, NUMBER),
    "truncate": lambda panel: truncate(panel, 50.0),
    "subsample": lambda panel: subsample(panel, 3),
    "drop": lambda panel: drop_observations(
        panel, 0.5, how="per_channel", random_state=0, pattern="informative"
    ),
    "grow": lambda panel: panel[:1].expanding(),
}


@pytest.mark.parametrize("call", WITHOUT_A_TABLE.values(), ids=WITHOUT_A_TABLE)
def test_no_table_of_the_whole_is_made(call):
    # a table of these 50 channels alone takes 25 times the raw data
    assert peak(call, own_clocks()) < 5 * RAW


def test_a_list_is_mapped_from_disk(tmp_path):
    panel = own_clocks(n_measurements=1000)
    joblib.dump(panel, tmp_path / "panel.joblib")
    again = joblib.load(tmp_path / "panel.joblib", mmap_mode="r")
    assert isinstance(again.observations.data, np.memmap)
    assert again.equals(panel)
    assert again[[3, 1]].equals(panel[[3, 1]])


@st.composite
def panels(draw):
    lengths = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    values = rng.integers(0, 9, (sum(lengths), 3)).astype(draw(st.sampled_from("fd")))
    values[rng.random(values.shape) < 0.6] = np.nan
    times = np.concatenate([np.sort(rng.integers(0, 9, n)) for n in lengths])
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    static = rng.normal(size=(len(lengths), 1))
    return Panel(values, times, indptr, static=static)


def same(first, second):
    assert first.equals(second)
    assert second.equals(first)
    np.testing.assert_array_equal(first.values, second.values)


@given(panels(), st.data())
@settings(deadline=None)
def test_what_a_panel_does_depends_on_no_storage(panel, data):
    both = in_both_storages(panel)
    same(*both)
    series = st.lists(st.integers(0, len(panel) - 1), max_size=5)
    series = data.draw(series)
    same(*(one[series] for one in both))
    same(*(one.expanding() for one in both))
    same(*(one.keep_rows(one.times < 5) for one in both))
    same(*(pickle.loads(pickle.dumps(one)) for one in both))
    same(*(hide_after(one, 3, NUMBER) for one in both))
    same(*(one.with_times(one.times + 1) for one in both))
    same(Panel.concat(both), Panel.concat(both[::-1]))
    assert repr(both[0]) == repr(both[1])
    pd.testing.assert_frame_equal(*(one.to_frame() for one in both))
    for how in ("jointly", "per_channel"):
        for pattern in ("random", "informative"):
            chosen = {"how": how, "pattern": pattern, "random_state": 0}
            same(*(drop_observations(one, 0.4, **chosen) for one in both))


@given(panels())
@settings(deadline=None)
def test_a_description_depends_on_no_storage(panel):
    first, second = (one.describe() for one in in_both_storages(panel))
    assert repr(first) == repr(second)
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())
    np.testing.assert_array_equal(first.asynchrony, second.asynchrony)


@given(panels(), st.sampled_from(["mean", "last", "keep"]))
def test_merging_depends_on_no_storage(panel, duplicates):
    rows = {"n_series": len(panel), "duplicates": duplicates}
    codes, times = panel.series_of_rows, panel.times
    first, second = (
        Panel.from_rows(codes, times, one.observations, **rows)
        for one in in_both_storages(panel)
    )
    same(first, second)
