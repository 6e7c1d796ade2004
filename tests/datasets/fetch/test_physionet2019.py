"""Records of the challenge 2019: their text, and the tasks made of them."""

import csv
import io
import tarfile
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts import Panel
from ckts.datasets import fetch_physionet2019, read_physionet2019
from ckts.datasets.fetch.physionet2019 import (
    CHANNELS,
    PROTOCOLS,
    STATIC,
    apply_protocol,
)
from ckts.panel._times import TimeScale
from http_server import zip_of

SPLITS = ("train", "validation", "test")
COLUMNS = (*CHANNELS, *STATIC, "ICULOS", "SepsisLabel")
HEADING = "|".join(COLUMNS) + "\n"


def hour(iculos, label=0, **values):
    """Write a line; what is not given was not measured."""
    cells = {**dict.fromkeys(COLUMNS, "NaN"), "ICULOS": iculos, "SepsisLabel": label}
    return "|".join(str(cell) for cell in {**cells, **values}.values()) + "\n"


class TestSetB:
    def test_it_has_the_size_of_the_raw_files(self, sepsis):
        X, y = sepsis
        assert (len(X), X.in_channels, X.static.shape) == (10_000, 34, (10_000, 5))
        assert X.values.shape == (378_417, 34)
        assert y.shape == (378_417,)
        assert X.time_scale == TimeScale("number", "h")

    def test_files_are_sorted(self, sepsis):
        X, _ = sepsis
        assert X.instances.tolist() == sorted(X.instances)
        assert (X.instances[0], X.instances[-1]) == ("p100001", "p110000")

    def test_septic_stays_are_counted_one_by_one(self, sepsis):
        X, y = sepsis
        parts = np.split(y, X.indptr[1:-1])
        clocks = np.split(X.times, X.indptr[1:-1])
        assert sum(part.any() for part in parts) == 550
        within = zip(parts, clocks, strict=True)
        assert sum(part[clock <= 72].any() for part, clock in within) == 408

    @pytest.mark.parametrize(
        ("protocol", "n_septic"), [("label_within_72h", 408), ("label_whole_stay", 550)]
    )
    def test_the_protocols_of_the_paper(self, sepsis, protocol, n_septic):
        X, y, septic, kept = apply_protocol(*sepsis, protocol)
        assert len(X) == len(y) == kept.sum() == 10_000  # all are longer than 2 hours
        assert y.sum() == septic.sum() == n_septic
        assert X.times.max() == 72

    def test_records_equal_what_the_csv_module_reads(self, sepsis, shared):
        X, y = sepsis
        archive = shared("physionet2019", "training_setB_first10000.tar.xz")
        with tarfile.open(archive) as members:
            for i, member in enumerate(islice(members, 30)):
                text = members.extractfile(member).read().decode()
                rows = list(csv.reader(io.StringIO(text), delimiter="|"))[1:]
                cells = np.array(rows, dtype=float)
                rows = slice(*X.indptr[i : i + 2])
                assert X.instances[i] == member.name.removesuffix(".psv")
                np.testing.assert_array_equal(X.values[rows], cells[:, :34])
                np.testing.assert_array_equal(X.static[i], cells[0, 34:39])
                np.testing.assert_array_equal(X.times[rows], cells[:, 39])
                np.testing.assert_array_equal(y[rows], cells[:, 40])


def test_hours_static_features_and_labels(tmp_path):
    path = tmp_path / "training_setA.zip"
    records = {
        "training/p2.psv": HEADING + hour(3, HR=80.5, Age=61, Unit1=1) + hour(4, 1),
        "training/p1.psv": (HEADING + hour(1, Temp=-0.5)).replace("\n", "\r\n"),
        "training/p3.psv": HEADING,
    }
    path.write_bytes(zip_of(records))
    X, y = read_physionet2019(path)
    assert X.instances.tolist() == ["p1", "p2", "p3"]
    assert X.times.tolist() == [1, 3, 4]
    assert X.lengths.tolist() == [1, 2, 0]
    assert y.tolist() == [0, 0, 1]
    assert np.nansum(X.values) == 80
    nan = np.nan
    np.testing.assert_array_equal(X.static[1], [61, nan, 1, nan, nan])
    assert np.isnan(X.static[2]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"have the heading 'HR\|.*; got '' in the open file, line 1"),
        (HEADING[3:], "have the heading .*; got 'O2Sat.*, line 1"),
        (HEADING + hour(1) + "NaN|NaN", "have 41 cells in every line; got 2 .* line 3"),
        (HEADING + hour(1)[4:] + "NaN|" + hour(2), "41 cells in .*; got 40 .* line 2"),
        (HEADING + hour(1) + hour(2, HR="x"), "got 'x' in column HR in .*, line 3"),
        (HEADING + hour(1, HR="inf"), "got 'inf' in column HR in .*, line 2"),
        (HEADING + hour(1, HR=""), "got '' in column HR in .*, line 2"),
        (
            HEADING + hour(1, 2),
            "SepsisLabel 0 or 1; got '2' in .*, line 2",
        ),
        (HEADING + hour(1, "NaN"), "have SepsisLabel 0 or 1; got 'NaN' .*, line 2"),
        (HEADING + hour(1.5), "have whole hours that increase; got '1.5' .*, line 2"),
        (
            HEADING + hour("NaN"),
            "have whole hours that increase; got 'NaN' .*, line 2",
        ),
        (HEADING + hour(2) + hour(2), "whole hours that increase; got '2' .*, line 3"),
    ],
)
def test_what_is_wrong_is_shown_with_its_line(text, message):
    with pytest.raises(ValueError, match=f"`source` must .*{message}"):
        read_physionet2019(io.StringIO(text))


def stay(hours, onset=None):
    """Write a stay; the label is 1 from hour `onset` on."""
    lines = ["|".join(COLUMNS)]
    for hour in hours:
        known = {"HR": 60 + hour % 7, "Age": 70, "Gender": 1, "HospAdmTime": -0.5}
        label = int(onset is not None and hour >= onset)
        cells = {**known, "ICULOS": hour, "SepsisLabel": label}
        lines.append("|".join(str(cells.get(column, "NaN")) for column in COLUMNS))
    return "\n".join(lines) + "\n"


STAYS = {
    "p000001": stay(range(1, 9)),
    "p000002": stay(range(1, 81), onset=70),  # within 72 hours
    "p000003": stay(range(1, 101), onset=73),  # later
    "p000004": stay(range(1, 3), onset=1),  # two hours: the paper's code drops it
    "p000005": stay(range(3, 4)),  # one row, but three hours
    "p000006": stay(range(75, 80), onset=75),  # nothing of it is within 72 hours
}


@pytest.fixture
def mirror(publish):
    """The real layout: hospital A in `training/`, B in `training_setB/`, not sorted."""
    shuffled = sorted(STAYS.items(), key=lambda item: item[0][-1] in "25")
    second = {f"training_setB/p10000{i}.psv": stay(range(1, 5)) for i in (2, 1)}
    return publish(
        "physionet2019",
        {
            "training_setA.zip": zip_of({f"training/{k}.psv": v for k, v in shuffled}),
            "training_setB.zip": zip_of(second),
        },
    )


def names(bunch):
    return [int(name[1:]) for name in bunch.data.instances]


def test_the_label_within_72_hours_is_that_of_the_papers_code(mirror):
    bunch = fetch_physionet2019(hospitals="A")
    assert names(bunch) == [1, 2, 3, 5]
    assert bunch.target.tolist() == [0, 1, 0, 0]
    assert bunch.data.lengths.tolist() == [8, 72, 72, 1]
    assert "2 left out, 1 with sepsis (25.00%)" in bunch.DESCR


def test_the_label_of_the_whole_stay_is_that_of_the_papers_text(mirror):
    bunch = fetch_physionet2019(protocol="label_whole_stay", hospitals="A")
    assert names(bunch) == [1, 2, 3, 5]
    assert bunch.target.tolist() == [0, 1, 1, 0]
    assert bunch.data.lengths.tolist() == [8, 72, 72, 1]  # the hours are the same


def test_hourly_labels_stand_beside_all_hours_of_all_stays(mirror):
    bunch = fetch_physionet2019(protocol="hourly", hospitals="A")
    X = bunch.data
    assert names(bunch) == [1, 2, 3, 4, 5, 6]
    assert X.lengths.tolist() == [8, 80, 100, 2, 1, 5]
    labels = np.split(bunch.target, X.indptr[1:-1])
    assert [int(label.sum()) for label in labels] == [0, 11, 28, 2, 0, 5]
    assert X[1].times[labels[1] == 1].tolist() == list(range(70, 81))


def test_both_hospitals_are_read_and_named(mirror):
    bunch = fetch_physionet2019()
    assert bunch.hospital.tolist() == ["A"] * 4 + ["B"] * 2
    assert names(bunch)[4:] == [100001, 100002]
    assert "hospitals A and B" in bunch.DESCR
    X, y = fetch_physionet2019(return_X_y=True, download_if_missing=False)
    assert X.equals(bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_static_features_and_units(mirror):
    bunch = fetch_physionet2019(hospitals="B")
    np.testing.assert_array_equal(bunch.data.static[0], [70, 1, np.nan, np.nan, -0.5])
    assert set(bunch.channel_units) == set(bunch.data.channels)
    assert set(bunch.static_units) == set(bunch.data.static_names)
    assert bunch.license == "CC BY 4.0"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_parts_are_stratified_apart_and_the_same_every_time(publish, protocol):
    stays = {
        f"training/p{i:06}.psv": stay(range(1, 5), onset=4 if i % 4 == 0 else None)
        for i in range(1, 81)
    }
    files = list(stays.items())
    publish("physionet2019", {"training_setA.zip": zip_of(dict(files))})
    options = {"protocol": protocol, "hospitals": "A"}
    parts = {s: fetch_physionet2019(split=s, **options) for s in (None, *SPLITS)}
    sizes = [len(part.data) for part in parts.values()]
    assert sizes == [80, 56, 12, 12]
    chosen = [set(parts[split].data.instances) for split in SPLITS]
    assert len(set.union(*chosen)) == 80
    for split, n_septic in zip(SPLITS, (14, 3, 3), strict=True):
        part = parts[split]
        assert part.target.sum() == n_septic
        assert part.data.instances.tolist() == sorted(part.data.instances)
        septic = [int(name[1:]) % 4 == 0 for name in part.data.instances]
        if protocol == "hourly":
            assert part.target.reshape(-1, 4)[:, 3].tolist() == septic
        else:
            assert part.target.tolist() == septic
        assert f"those of the {split} part" in part.DESCR
    publish("physionet2019", {"training_setA.zip": zip_of(dict(files[::-1]))})
    again = fetch_physionet2019(split="test", **options)
    assert again.data.equals(parts["test"].data)


def slow_twin(hours, labels):
    """The loop of the published code over one stay: (kept, label), or None for both."""
    n_steps, label, previous = 0, 0, 0
    for hour, septic in zip(hours, labels, strict=True):
        if hour > 72:
            break
        n_steps += hour - previous  # hours without a row are filled in
        previous = hour
        label = max(label, septic)
    return n_steps > 2, label


@given(
    st.lists(
        st.lists(st.integers(1, 90), max_size=6, unique=True).map(sorted), min_size=1
    ),
    st.randoms(use_true_random=False),
)
def test_the_task_equals_the_loop_of_the_published_code(stays, rng):
    hours = [hour for stay in stays for hour in stay]
    labels = np.array([rng.randint(0, 1) for _ in hours], dtype=np.int64)
    indptr = np.cumsum([0, *map(len, stays)])
    X = Panel(np.zeros((len(hours), 1)), np.array(hours, dtype=np.int64), indptr)
    task, y, _, kept = apply_protocol(X, labels, "label_within_72h")
    parts = np.split(labels, indptr[1:-1])
    expected = [slow_twin(*pair) for pair in zip(stays, parts, strict=True)]
    assert kept.tolist() == [keep for keep, _ in expected]
    assert y.tolist() == [label for keep, label in expected if keep]
    assert task.instances.tolist() == np.flatnonzero(kept).tolist()
    _, whole, _, same = apply_protocol(X, labels, "label_whole_stay")
    assert same.tolist() == kept.tolist()
    maxima = [int(part.max(initial=0)) for part in parts]
    assert whole.tolist() == [m for m, keep in zip(maxima, kept, strict=True) if keep]


def test_unknown_choices_are_named():
    with pytest.raises(ValueError, match="`protocol` must be one of 'label_"):
        fetch_physionet2019(protocol="paper")
    with pytest.raises(ValueError, match="`split` must be one of None, 'train'"):
        fetch_physionet2019(split="all")
    with pytest.raises(ValueError, match=r"`hospitals` must be one .* got 'C'"):
        fetch_physionet2019(hospitals="C")
