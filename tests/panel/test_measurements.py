"""Panels of single measurements: `Panel.from_measurements`."""

import numpy as np
import pytest

from ckts.panel import Panel


def test_measurements_of_one_time_share_a_row():
    panel = Panel.from_measurements(
        *([1, 0, 1, 1], [5, 2, 5, 3], [0, 1, 1, 0], [1.0, 2.0, 3.0, 4.0]),
        n_series=3,
        channels=["a", "b"],
    )
    assert panel.lengths.tolist() == [1, 2, 0]
    assert panel.times.tolist() == [2, 3, 5]
    nan = np.nan
    np.testing.assert_array_equal(panel.values, [[nan, 2], [4, nan], [1, 3]])


@pytest.mark.parametrize(("how", "value"), [("mean", 3.0), ("last", 4.0)])
def test_measurements_that_come_twice_are_merged(how, value):
    twice = ([0, 0], [1, 1], [0, 0], [2.0, 4.0])
    names = {"n_series": 1, "channels": ["pulse"]}
    merged = Panel.from_measurements(*twice, **names, duplicates=how)
    assert merged.values.tolist() == [[value]]
    with pytest.raises(ValueError, match="2 values of 'pulse' at time 1"):
        Panel.from_measurements(*twice, **names)


GOOD = {
    "instance_codes": [0, 1, 0],
    "times": [0.0, 1.0, 2.0],
    "channel_codes": [0, 0, 1],
    "values": [1.0, 2.0, 3.0],
    "n_series": 2,
    "channels": ["a", "b"],
}
MASKED = np.ma.masked_array([0, 1, 0], mask=[False, True, False])
BROKEN = {
    "a channel before the first": (
        {"channel_codes": [0, -1, 0]},
        *(ValueError, r"must be 0 to len\(channels\) - 1 = 1; got -1 to 0\. Count"),
    ),
    "a channel after the last": (
        {"channel_codes": [0, 5, 0]},
        *(ValueError, r"must be 0 to len\(channels\) - 1 = 1; got 0 to 5.*factorize"),
    ),
    "half a channel": (
        {"channel_codes": [0, 0.5, 0]},
        *(TypeError, r"`channel_codes` must hold whole numbers; got 0\.5.*factorize"),
    ),
    "the name of a channel": (
        {"channel_codes": ["a", "b", "a"]},
        *(TypeError, r"`channel_codes` must hold whole numbers; got 'a'"),
    ),
    "a missing series": (
        {"instance_codes": [0, np.nan, 0]},
        *(TypeError, r"`instance_codes` must hold whole numbers; got nan"),
    ),
    "a masked series": (
        {"instance_codes": MASKED},
        *(ValueError, r"`instance_codes` must not be masked.*position 1.*compressed"),
    ),
    "a masked channel": (
        {"channel_codes": MASKED},
        *(ValueError, r"`channel_codes` must not be masked.*position 1.*compressed"),
    ),
    "few series": (
        {"instance_codes": [0, 1]},
        *(ValueError, r"`instance_codes` must have one number per time \(3\); got"),
    ),
    "few channels": (
        {"channel_codes": [0]},
        *(ValueError, r"`channel_codes` must have one number per time \(3\); got"),
    ),
    "few values": (
        {"values": [1.0]},
        *(ValueError, r"`values` must be 1-D with one value per time \(3\); got"),
    ),
    "a table": (
        {"values": np.ones((3, 2))},
        *(ValueError, r"got shape \(3, 2\)\. A table is for `Panel\.from_rows`"),
    ),
    "no names": (
        {"channels": []},
        *(
            ValueError,
            r"`channels` must name at least one channel; got none\. Name all",
        ),
    ),
    "no series": ({"n_series": 0}, ValueError, "must hold at least one series"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_wrong_measurements_raise(name):
    changes, error, message = BROKEN[name]
    with pytest.raises(error, match=message):
        Panel.from_measurements(**{**GOOD, **changes})


def test_codes_may_be_whole_numbers_of_any_type():
    expected = Panel.from_measurements(**GOOD)
    for dtype in (float, object, np.uint8, bool):
        codes = np.array([0, 1, 0]).astype(dtype)
        got = Panel.from_measurements(**{**GOOD, "instance_codes": codes})
        assert got.equals(expected)


def test_a_panel_may_have_no_measurements():
    nothing = {name: one[:0] for name, one in GOOD.items() if name != "n_series"}
    nothing["channels"] = GOOD["channels"]
    panel = Panel.from_measurements(**{**GOOD, **nothing})
    assert panel.lengths.tolist() == [0, 0]
    assert panel.channels == ("a", "b")
    assert panel.equals(Panel(np.ones((0, 2)), [], [0, 0, 0], channels=["a", "b"]))
    with pytest.raises(ValueError, match="`channels` must name at least one"):
        Panel.from_measurements(**{**GOOD, **nothing, "channels": []})
