"""The shipped data are what their sources publish."""

import re

import numpy as np
import pytest

from ckts import Panel
from ckts.datasets import load, load_japanese_vowels, load_pbc, load_pbc_survival
from ckts.panel._times import TimeScale


@pytest.fixture(scope="module")
def survival():
    return load_pbc_survival()


def test_the_counts_are_those_of_the_published_data(survival):
    X, follow_up = survival
    assert len(X) == 312
    assert len(X.times) == 1945
    assert (X.lengths.min(), X.lengths.max()) == (1, 16)
    cholesterol = X.values[:, X.channels.index("cholesterol")]
    assert np.isnan(cholesterol).sum() == 821  # 42 %
    assert np.bincount(follow_up["status"]).tolist() == [143, 29, 140]
    # Randomized: 158 to D-penicillamine, 154 to placebo; 36 of them men, as in the
    # table of the first visits that Fleming and Harrington print.
    assert X.static.sum(axis=0)[1:].tolist() == [312 - 36, 158]


def test_the_values_of_two_patients_are_those_of_the_source(survival):
    X, follow_up = survival
    # The first rows of `pbcseq` as R prints them.
    first = [1, 1, 1, 1, 14.5, 261, 2.6, 1718, 138, 190, 12.2]
    second = [1, 1, 1, 1, 21.3, np.nan, 2.94, 1612, 6.2, 183, 11.2]
    np.testing.assert_array_equal(X[0].values, [first, second])
    assert X[0].times.tolist() == [0, 192]
    assert follow_up[0].tolist() == (2, 400)
    assert follow_up[1].tolist() == (0, 5169)
    assert X[1].static[0] == pytest.approx([56.44627, 1, 1])


def test_sums_of_channels_hold_the_whole_table(survival):
    X, follow_up = survival
    sums = dict(zip(X.channels, np.nansum(X.values, axis=0), strict=True))
    assert sums["bilirubin"] == pytest.approx(7142.7)
    assert sums["cholesterol"] == 360210
    assert sums["platelets"] == 437451
    assert sums["edema"] == 354.5
    assert X.times.sum() == 2227689
    assert follow_up["time"].sum() == 730592


def test_time_is_in_days_and_every_patient_begins_at_zero(survival):
    X, follow_up = survival
    assert X.time_scale == TimeScale("number", "D")
    assert X.times.dtype == np.int64
    assert (X.times[X.indptr[:-1]] == 0).all()
    last = X.times[X.indptr[1:] - 1]
    assert (last < follow_up["time"]).all()


def test_the_default_task_has_the_documented_counts():
    X, y = load_pbc()
    assert (len(X), y.sum()) == (217, 51)
    assert y.dtype == np.int64
    assert X.static_names == ("age", "female", "d_penicillamine")
    assert (X.lengths.min(), X.lengths.max()) == (1, 6)
    assert X.times.max() <= 1095
    assert load_pbc(transplant="censored")[1].sum() == 39


def slow_task(survival, landmark, horizon, transplant):
    """The same task, one patient at a time, in words."""
    X, follow_up = survival
    cases = {}
    for one, (status, day) in zip(X, follow_up.tolist(), strict=True):
        end = landmark + horizon
        event = status == load.DEATH
        event |= status == load.TRANSPLANT and transplant == "event"
        if day <= landmark:
            continue  # not at risk any more
        if day <= end and event:
            cases[one.instances[0]] = (1, one.times[one.times <= landmark].tolist())
        elif day >= end:
            cases[one.instances[0]] = (0, one.times[one.times <= landmark].tolist())
    return cases


@pytest.mark.parametrize("transplant", ["event", "censored"])
@pytest.mark.parametrize(
    ("landmark", "horizon"), [(1095, 1095), (365, 730), (2000, 400)]
)
def test_the_task_equals_its_slow_twin(survival, landmark, horizon, transplant):
    X, y = load_pbc(landmark=landmark, horizon=horizon, transplant=transplant)
    slow = slow_task(survival, landmark, horizon, transplant)
    got = {
        one.instances[0]: (label, one.times.tolist())
        for one, label in zip(X, y.tolist(), strict=True)
    }
    assert got == slow


@pytest.mark.parametrize(
    ("status", "day", "label"),
    [
        (load.DEATH, 100, -1),  # on the day of the landmark: not at risk
        (load.DEATH, 101, 1),
        (load.DEATH, 150, 1),  # the last day of the horizon counts
        (load.DEATH, 151, 0),
        (load.CENSORED, 149, -1),
        (load.CENSORED, 150, 0),  # known to be free of the event all through
        (load.TRANSPLANT, 120, 1),
    ],
)
def test_the_edges_of_the_horizon(status, day, label):
    follow_up = np.array([(status, day)], dtype=[("status", int), ("time", int)])
    assert load._label(follow_up, 100, 50, "event") == [label]


def test_a_transplant_can_end_the_follow_up():
    follow_up = np.array(
        [(load.TRANSPLANT, 120)], dtype=[("status", int), ("time", int)]
    )
    assert load._label(follow_up, 100, 50, "censored") == [-1]
    assert load._label(follow_up, 100, 10, "censored") == [0]


def test_nothing_after_the_landmark_enters(survival, monkeypatch):
    X, follow_up = survival
    expected, y = load_pbc(landmark=730, horizon=1095)
    later = X.times > 730
    rng = np.random.default_rng(0)
    values = np.where(later[:, None], rng.normal(size=X.values.shape), X.values)
    altered = X.with_values(values)
    monkeypatch.setattr(load, "load_pbc_survival", lambda: (altered, follow_up))
    assert load_pbc(landmark=730, horizon=1095)[0].equals(expected)

    kept = np.concatenate([[0], np.cumsum(~later)])[X.indptr]
    removed = Panel(
        X.values[~later],
        X.times[~later],
        kept,
        channels=X.channels,
        instances=X.instances,
        static=X.static,
        static_names=X.static_names,
        time_scale=X.time_scale,
    )
    monkeypatch.setattr(load, "load_pbc_survival", lambda: (removed, follow_up))
    again, y_again = load_pbc(landmark=730, horizon=1095)
    assert again.equals(expected)
    np.testing.assert_array_equal(y_again, y)


def test_follow_up_and_status_reach_the_label_only(survival, monkeypatch):
    X, follow_up = survival
    expected, y = load_pbc()
    # Everybody still at risk at the landmark: same label, another day and status.
    other = follow_up.copy()
    end = 2190
    within = (other["time"] > 1095) & (other["time"] <= end) & (other["status"] > 0)
    other["time"][within] = 1096
    other["status"][within] = load.DEATH
    other["time"][other["time"] > end] = end + 1
    monkeypatch.setattr(load, "load_pbc_survival", lambda: (X, other))
    again, y_again = load_pbc()
    assert again.equals(expected)
    np.testing.assert_array_equal(y_again, y)


def test_the_number_of_visits_hardly_tells_the_label():
    X, y = load_pbc()
    events, free = X.lengths[y == 1], X.lengths[y == 0]
    auroc = np.mean(
        (events[:, None] > free) + 0.5 * (events[:, None] == free)
    )  # Mann-Whitney
    assert 0.4 < auroc < 0.65  # with all visits it is far below: the dead stop coming
    every, _ = load_pbc_survival()
    lengths = every.lengths[np.isin(every.instances, X.instances)]
    leak = lengths[y == 1][:, None], lengths[y == 0]
    assert np.mean((leak[0] > leak[1]) + 0.5 * (leak[0] == leak[1])) < 0.3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"landmark": -1}, ValueError, "`landmark` must be finite and at least 0"),
        ({"landmark": "3 y"}, TypeError, "`landmark` must be a number; got '3 y'"),
        ({"horizon": 0}, ValueError, "`horizon` must be positive and finite; got 0"),
        ({"transplant": "drop"}, ValueError, "`transplant` must be one of 'event', "),
        (
            {"landmark": 5100, "horizon": 10},
            ValueError,
            "must leave patients with and without event; got 5100 and 10, which leave",
        ),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        load_pbc(**arguments)


def test_the_official_split():
    X_train, y_train = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    assert (len(X_train), len(X_test)) == (270, 370)
    # Utterances per speaker as the UCI repository states them.
    assert np.unique(y_train, return_counts=True)[1].tolist() == [30] * 9
    per_speaker = [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert np.unique(y_test, return_counts=True)[1].tolist() == per_speaker
    assert np.unique(y_test).tolist() == list("123456789")


def test_all_is_train_then_test():
    X, y = load_japanese_vowels()
    X_train, y_train = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    assert X[:270].equals(X_train)
    assert X[270:].equals(X_test)
    np.testing.assert_array_equal(y, np.concatenate([y_train, y_test]))
    assert not set(X_train.instances) & set(X_test.instances)


def test_the_facts_of_the_archive():
    X, _ = load_japanese_vowels()
    assert X.in_channels == 12
    assert (X.lengths.min(), X.lengths.max()) == (7, 29)
    assert not np.isnan(X.values).any()
    assert X.values[0, :3].tolist() == [1.860936, -0.207383, 0.261557]
    assert X[:270].values.sum() == pytest.approx(-1057.452303, abs=1e-6)
    assert X[270:].values.sum() == pytest.approx(-2146.51343, abs=1e-6)
    assert X.times.dtype == np.int64
    assert X[3].times.tolist() == list(range(X.lengths[3]))


@pytest.mark.parametrize("split", ["train", "test"])
def test_it_equals_the_text_of_the_archive(split, shared):
    name = f"JapaneseVowels_{split.upper()}.ts"
    text = shared("uea_ts", "JapaneseVowels", name).read_text()
    lines = [line for line in text.splitlines() if line.strip() and line[0] not in "#@"]
    X, y = load_japanese_vowels(split=split)
    assert len(X) == len(lines)
    for one, label, line in zip(X, y, lines, strict=True):
        *channels, speaker = line.split(":")
        values = [[float(x) for x in channel.split(",")] for channel in channels]
        np.testing.assert_array_equal(one.values, np.transpose(values))
        assert label == speaker


def test_an_unknown_split_is_named():
    with pytest.raises(
        ValueError, match="`split` must be one of None, 'train', 'test'"
    ):
        load_japanese_vowels(split="validation")
