"""Whether the length of a record tells its target."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm, spearmanr
from sklearn.metrics import roc_auc_score

from ckts import Panel
from ckts.datasets import load_pbc, load_pbc_survival, make_contaminated, make_speed

RNG = np.random.default_rng(0)


def panel_of(lengths, starts=0.0, step=1.0):
    """Series of so many rows, `step` apart."""
    lengths = np.asarray(lengths)
    starts = np.broadcast_to(starts, lengths.shape)
    times = [a + step * np.arange(n) for a, n in zip(starts, lengths, strict=True)]
    n_rows = int(lengths.sum())
    return Panel(np.zeros((n_rows, 1)), np.concatenate(times), np.cumsum([0, *lengths]))


def effects(panel, y):
    return {one.measure: one for one in panel.describe(y).length_effects}


def share_of_pairs(length, positive):
    """The AUROC by its definition, pair by pair."""
    pairs = [
        (a > b) + 0.5 * (a == b) for a in length[positive] for b in length[~positive]
    ]
    return np.mean(pairs) if pairs else np.nan


@given(
    st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=12),
)
def test_auroc_is_the_share_of_pairs(drawn):
    lengths, y = map(np.array, zip(*drawn, strict=True))
    found = effects(panel_of(lengths), y)["rows"]
    expected = share_of_pairs(lengths, y)
    assert found.score == pytest.approx(expected, nan_ok=True)


def test_auroc_and_its_error_are_those_of_the_libraries():
    lengths = RNG.integers(1, 9, 60)
    y = RNG.random(60) < lengths / 12
    found = effects(panel_of(lengths), y)["rows"]
    assert found.score == pytest.approx(roc_auc_score(y, lengths))
    test = mannwhitneyu(
        lengths[y], lengths[~y], method="asymptotic", use_continuity=False
    )
    z = abs(found.score - 0.5) / found.error
    # Two-sided p value of the normal approximation.
    assert 2 * norm.sf(z) == pytest.approx(test.pvalue)


def test_the_rank_correlation_is_that_of_the_library():
    lengths = RNG.integers(1, 9, 60)
    y = lengths + RNG.normal(size=60)
    found = effects(panel_of(lengths), y)["rows"]
    assert found.label is None
    assert found.effect == found.score == pytest.approx(spearmanr(lengths, y)[0])


def test_rows_span_and_end_are_told_apart():
    n = 40
    y = np.arange(n) % 2
    starts = np.where(y, -10.0, RNG.normal(size=n))
    rows = effects(panel_of(RNG.integers(3, 6, n) + 3 * y), y)["rows"]
    assert rows.score == 1
    found = effects(panel_of(np.full(n, 4), starts), y)
    assert [one.noteworthy for one in found.values()] == [False, False, True]
    assert found["end"].score == 0
    assert found["end"].effect == -1
    assert found["rows"].score == found["span"].score == 0.5
    slow = Panel(
        np.zeros((3 * n, 1)),
        (np.tile([0, 1, 2], (n, 1)) * (1 + y)[:, None]).ravel(),
        3 * np.arange(n + 1),
    )
    found = effects(slow, y)
    assert (found["rows"].score, found["span"].score) == (0.5, 1)


def test_of_many_classes_the_one_told_best_counts():
    y = np.repeat(list("abcd"), 30)
    lengths = RNG.integers(5, 20, 120)
    lengths[y == "c"] = RNG.integers(1, 5, 30)
    found = effects(panel_of(lengths), y)["rows"]
    assert (found.label, found.score, found.noteworthy) == ("c", 0, True)
    # One series of a class is beyond all others by chance.
    rare = np.append(y, "rare")
    found = effects(panel_of(np.append(lengths, 50)), rare)["rows"]
    assert found.label == "c"


def test_series_without_rows_have_no_span():
    y = np.repeat([0, 1], 20)
    lengths = np.append(np.zeros(20, int), RNG.integers(1, 4, 20))
    found = effects(panel_of(lengths), y)
    assert found["rows"].score == 1
    assert np.isnan([found["span"].score, found["end"].score]).all()
    assert not found["span"].noteworthy


@pytest.mark.parametrize("y", [np.zeros(5), ["a"] * 5, [0.5] * 5, [1, 1, 1, 1, 2]])
def test_nothing_to_compare_is_no_alarm(y):
    panel = panel_of([1, 2, 3, 4, 5])
    found = panel.describe(y)
    assert not any(one.noteworthy for one in found.length_effects)
    assert repr(found) == repr(panel.describe())


@pytest.mark.parametrize(
    "draw",
    [
        lambda g: g.integers(0, 2, 80),
        lambda g: g.integers(0, 10, 80),
        lambda g: g.normal(size=80),
        lambda g: g.random(80) < 0.05,
    ],
)
def test_noise_alarms_hardly_ever(draw):
    # 500 panels at one in a thousand: more than 5 happen once in 5,000 runs.
    alarms = 0
    for seed in range(500):
        g = np.random.default_rng(seed)
        panel = panel_of(g.integers(1, 30, 80), g.normal(size=80))
        alarms += any(one.noteworthy for one in panel.describe(draw(g)).length_effects)
    assert alarms <= 5


def test_whole_numbers_are_classes_up_to_thirty():
    lengths = np.arange(1, 41)
    assert effects(panel_of(lengths), lengths)["rows"].label is None
    assert effects(panel_of(lengths), lengths % 30)["rows"].label is not None
    assert effects(panel_of(lengths), lengths.astype(str))["rows"].label is not None
    assert effects(panel_of(lengths), (lengths % 2).astype(float))["rows"].label == 1
    assert effects(panel_of(lengths), lengths % 3 + 0.5)["rows"].label is None


@pytest.mark.parametrize(
    "y",
    [
        np.array(["x", "y"] * 5, dtype=object),
        pd.Series(["x", "y"] * 5, index=range(10, 20)),
        pd.Categorical(["x", "y"] * 5),
        pd.Series(["x", "y"] * 5, dtype="string"),
        ["x", "y"] * 5,
    ],
)
def test_targets_of_any_kind_are_read(y):
    assert effects(panel_of([1, 2] * 5), y)["rows"].label == "y"


@pytest.mark.parametrize("dtype", [">f8", ">i4"])
def test_targets_of_another_byte_order_are_read(dtype):
    panel = Panel(
        np.zeros((820, 1)), np.arange(820), np.r_[0, np.cumsum(np.arange(1, 41))]
    )
    y = np.arange(40).astype(dtype)
    native = panel.describe(y.astype(dtype[1:]))
    assert panel.describe(y).length_effects == native.length_effects


def test_the_clock_of_the_speed_task_is_seen_and_its_rows_are_not():
    X, y = make_speed(100, random_state=0)
    found = effects(X, y)
    assert found["span"].score == 0
    assert not found["rows"].noteworthy


def test_records_that_end_at_the_event_are_told_and_landmarks_help():
    X, follow_up = load_pbc_survival()
    found = effects(X, follow_up["status"] == 2)
    assert found["span"].noteworthy
    assert found["span"].score == pytest.approx(0.36, abs=0.005)
    X, y = load_pbc()
    # docs/decisions/pbc-landmark-task.md: 0.54 for the number of visits.
    assert effects(X, y)["rows"].score == pytest.approx(0.46, abs=0.005)
    assert not any(one.noteworthy for one in effects(X, y).values())


def test_what_is_noteworthy_is_printed_with_its_error():
    lengths = np.append(np.full(50, 20), np.arange(1, 51) % 25)
    y = np.repeat(["alive", "dead"], 50)
    last = repr(panel_of(lengths).describe(y)).splitlines()[-1]
    # 40 of 50 are shorter, 2 as long, 8 longer, for rows; without the two empty series
    # 38, 2 and 8 of 48 for spans.
    assert last == (
        "length   predicts y = 'dead': AUROC 0.82 of the rows, 0.81 of the span "
        "(shorter; chance 0.50, standard error 0.05)"
    )
    numbers = repr(panel_of(lengths).describe(-1.5 * lengths)).splitlines()[-1]
    assert numbers.startswith("length   predicts y: rank correlation -1.00 of the ")


def test_without_target_or_without_leak_there_is_no_line():
    X, y = make_contaminated(random_state=0)
    assert X.describe().length_effects == ()
    assert repr(X.describe(y)) == repr(X.describe())


FOLLOW_UP = np.zeros(3, dtype=[("status", int), ("time", float)])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1], "`y` must have one class or number per series, shape (3,); got shape"),
        (np.zeros(2), "got shape (2,). Give one per series, in their order."),
        (1.0, "got shape (). Give one per series, in their order."),
        (pd.DataFrame(np.zeros((3, 2))), "take one: `y.iloc[:, 0]`."),
        (np.zeros((3, 2)), "got shape (3, 2). Of several targets take one: `y[:, 0]`"),
        (FOLLOW_UP, "got the fields ('status', 'time'). Take one of them: `y['status'"),
        ([0, np.nan, 1], "`y` must be known for every series; got none for series 1."),
        (
            ["a", None, "b"],
            "got none for series 1. Leave those out: `X[known].describe",
        ),
        ([pd.NA, 1, 2], "got none for series 0"),
        (np.ma.masked_equal([0, 1, 2], 2), "got none for series 2"),
    ],
)
def test_a_target_that_does_not_fit_is_named(y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        panel_of([1, 2, 3]).describe(y)


def test_a_target_that_names_the_series_in_another_order_raises():
    panel = panel_of([1, 2, 3]).with_instances(["a", "b", "c"])
    y = pd.Series([0, 1, 1], index=["c", "b", "a"])
    with pytest.raises(ValueError, match="`y` must be in the order of the series"):
        panel.describe(y)
    assert panel.describe(y.loc[panel.instances]) == panel.describe([1, 1, 0])


def test_the_ways_out_work():
    panel = panel_of([1, 2, 3])
    panel.describe(pd.DataFrame(np.zeros((3, 2))).iloc[:, 0])
    panel.describe(np.zeros((3, 2))[:, 0])
    panel.describe(FOLLOW_UP["status"])
    y = np.array([0, np.nan, 1])
    known = ~np.isnan(y)
    panel[known].describe(y[known])


def test_the_page_shows_what_is_printed():
    page = Path(__file__).parents[2] / "docs" / "guide" / "length-leakage.md"
    X, follow_up = load_pbc_survival()
    last = repr(X.describe(follow_up["status"] == 2)).splitlines()[-1]
    assert f"\n{last}\n```" in page.read_text("utf-8")
