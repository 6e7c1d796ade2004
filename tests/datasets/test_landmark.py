import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts import Panel, as_panel
from ckts.datasets import load_pbc, load_pbc_survival, truncate
from ckts.panel._times import TimeScale

DAY = pd.Timedelta(1, "D")


def panel_of(times, **scale):
    return Panel(np.arange(6.0)[:, None], times, [0, 3, 3, 6], **scale)


NUMBERS = panel_of([0.0, 1.0, 2.5, 10.0, 10.0, 13.0])
DAYS = panel_of([0, 1, 2, 10, 10, 13], time_scale=TimeScale("number", "D"))
DATES = panel_of(pd.to_datetime("2024-01-01") + np.array([0, 1, 2, 10, 10, 13]) * DAY)
SPANS = panel_of(np.array([0, 1, 2, 10, 10, 13]) * DAY)


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=5),
    st.integers(0, 20),
    st.sampled_from(["first", "origin"]),
)
def test_it_keeps_what_a_loop_keeps(steps, landmark, since):
    times = [np.cumsum(one) for one in steps]
    panel = Panel(
        np.zeros((sum(map(len, steps)), 1)),
        np.concatenate(times).astype(int),
        np.cumsum([0, *map(len, steps)]),
    )
    found = truncate(panel, landmark, since=since)
    for one, all_of_it in zip(found, times, strict=True):
        start = all_of_it[0] if since == "first" and len(all_of_it) else 0
        assert one.times.tolist() == [t for t in all_of_it if t - start <= landmark]


@pytest.mark.parametrize(
    ("panel", "landmark", "since"),
    [
        (NUMBERS, 2, "first"),
        (NUMBERS, [2, 0, 1.5], "first"),
        (DAYS, 2, "first"),
        (DAYS, pd.Timedelta(2, "D"), "first"),
        (DATES, 2 * DAY, "first"),
        (DATES, [2 * DAY] * 3, "first"),
        (DATES, pd.Timestamp("2024-01-11"), "origin"),
        (DATES, np.datetime64("2024-01-11"), "origin"),
        (SPANS, 2 * DAY, "first"),
        (SPANS, 10 * DAY, "origin"),
    ],
)
def test_landmarks_of_any_kind_are_read(panel, landmark, since):
    found = truncate(panel, landmark, since=since)
    last = 2 if panel is NUMBERS else 3
    assert found.values.ravel().tolist() == [*range(last), 3, 4]
    assert found.time_scale == panel.time_scale
    assert len(found) == 3


def test_everything_else_stays():
    panel = NUMBERS.with_static([[1.0], [2.0], [3.0]]).with_instances(list("abc"))
    found = truncate(panel, 100)
    assert found.equals(panel)
    assert truncate([([0, 5], [1.0, 2.0])], 3).times.tolist() == [0]


def test_the_pbc_task_is_the_survival_data_at_its_landmark():
    everyone, follow_up = load_pbc_survival()
    task, _ = load_pbc()
    cropped = truncate(everyone, 1095)
    at_risk = np.isin(everyone.instances, task.instances)
    assert cropped[at_risk].equals(task)
    assert (follow_up["time"][at_risk] > 1095).all()


@pytest.mark.parametrize(
    ("panel", "landmark", "since", "error", "message"),
    [
        (NUMBERS, "2", "first", TypeError, "`landmark` must be a time since the first"),
        (NUMBERS, DAY, "first", ValueError, "fits times of kind number; got Timedelta"),
        (NUMBERS, -1, "first", ValueError, "not negative, that fits times of kind nu"),
        (NUMBERS, np.nan, "first", ValueError, "got nan. Write e.g. `landmark=30.0`"),
        (DATES, 30, "first", ValueError, "got 30. Write e.g. `landmark=pd.Timedelta(3"),
        (DATES, DAY, "origin", ValueError, "Write e.g. `landmark=pd.Timestamp('2024"),
        (
            DAYS,
            pd.Timestamp(0),
            "origin",
            ValueError,
            "must be a stamp that fits ti",
        ),
        (
            NUMBERS,
            [1, 2],
            "first",
            ValueError,
            "`landmark` must be one, or one per s",
        ),
        (NUMBERS, 1, "last", ValueError, "`since` must be one of 'first', 'origin'"),
    ],
)
def test_landmarks_that_do_not_fit_are_named(panel, landmark, since, error, message):
    with pytest.raises(error, match=re.escape(message)):
        truncate(panel, landmark, since=since)


def test_the_ways_out_work():
    assert truncate(NUMBERS, 30.0).equals(NUMBERS)
    assert truncate(DATES, pd.Timedelta(30, "D")).equals(DATES)
    assert truncate(DATES, pd.Timestamp("2024-01-31"), since="origin").equals(DATES)
    assert truncate(as_panel(SPANS), pd.Timedelta(30, "D"), since="origin").equals(
        SPANS
    )


@pytest.mark.parametrize("since", ["first", "origin"])
@pytest.mark.parametrize("landmark", [0.1, 0.3, 0.6, 0.7, 0.8])
def test_rounding_of_stamps_does_not_decide(landmark, since):
    panel = as_panel([(0.1 * np.arange(10), np.arange(10.0))])
    expected = round(landmark * 10) + 1
    assert truncate(panel, landmark, since=since).lengths == expected
    late = as_panel([(1.7e9 + 0.1 * np.arange(10), np.arange(10.0))])
    assert truncate(late, landmark).lengths == expected
    assert truncate(panel, np.nextafter(0.05, 1)).lengths == 1


def test_integer_stamps_are_exact():
    panel = as_panel([([0, 2**60, 2**60 + 1], np.arange(3.0))])
    assert truncate(panel, 2**60).lengths == 2


def test_what_is_kept_does_not_depend_on_what_comes_later():
    times = np.array([0.0, 1.0 + 1e-9])
    short = as_panel([(times, np.arange(2.0))])
    long = as_panel([(np.r_[times, 1e9], np.arange(3.0))])
    assert truncate(short, 1.0).lengths == truncate(long, 1.0).lengths == 1
