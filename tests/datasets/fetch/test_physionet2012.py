"""Records of the challenge 2012: their text, and the tasks made of them."""

import csv
import io
import math
import tarfile
from itertools import islice

import numpy as np
import pytest

from ckts.datasets import fetch_physionet2012, read_physionet2012
from ckts.panel._times import TimeScale
from http_server import tar_of

HEADING = "Time,Parameter,Value\n"
STATIC = "00:00,RecordID,7\n00:00,Age,54\n00:00,Gender,-1\n00:00,Height,170.5\n"
STATIC += "00:00,ICUType,4\n00:00,Weight,-1\n"
OUTCOMES = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n"


def read(rows, **options):
    return read_physionet2012(io.StringIO(HEADING + STATIC + rows), **options)


def column(X, name):
    return X.values[:, X.channels.index(name)].tolist()


class TestSetA:
    def test_it_has_the_published_size(self, set_a):
        X, outcomes = set_a
        assert len(X) == len(outcomes) == 4000
        assert outcomes["In-hospital_death"].sum() == 554
        assert (X.in_channels, X.static.shape) == (37, (4000, 5))
        assert not np.isnan(X.values).all(axis=0).any()  # each parameter occurs

    def test_times_are_minutes_of_two_days(self, set_a):
        X, _ = set_a
        assert X.time_scale == TimeScale("number", "min")
        assert (X.times.min(), X.times.max()) == (0, 48 * 60)
        assert np.mean(X.times % 60 != 0) > 0.5  # nothing is rounded to hours

    def test_records_without_measurements_are_kept(self, set_a):
        X, _ = set_a
        assert X.instances[X.lengths == 0].tolist() == [140501, 140936, 141264]

    def test_static_features_and_their_gaps(self, set_a):
        X, _ = set_a
        assert X.static_names == ("Age", "Gender", "Height", "ICUType", "Weight")
        # As counted in the text: lines of 00:00 whose value is -1.
        assert np.isnan(X.static).sum(axis=0).tolist() == [0, 3, 1894, 0, 326]

    def test_records_equal_what_the_csv_module_reads(self, set_a, shared):
        X, outcomes = set_a
        archive = shared("physionet2012", "set-a.tar.xz")
        with tarfile.open(archive) as members:
            for i, member in enumerate(
                islice(filter(tarfile.TarInfo.isfile, members), 30)
            ):
                text = members.extractfile(member).read().decode()
                assert_equals_text(X[i], text)
        known = shared("physionet2012", "Outcomes-a.txt").read_text().splitlines()
        for line, row in zip(known[1:], outcomes.itertuples(), strict=True):
            assert tuple(map(int, line.split(","))) == tuple(row)


def assert_equals_text(record, text):
    """Hold a record to the rows of its text, one by one."""
    expected, static = {}, {}
    for time, name, value in list(csv.reader(io.StringIO(text)))[1:]:
        hours, minutes = time.split(":")
        if time == "00:00" and name not in static and name in KNOWN_AT_0:
            static[name] = float(value)
        elif name:
            place = (60 * int(hours) + int(minutes), name)
            expected.setdefault(place, []).append(float(value))
    found = {}
    for row, channel in np.argwhere(~np.isnan(record.values)).tolist():
        place = (int(record.times[row]), record.channels[channel])
        found.setdefault(place, []).append(float(record.values[row, channel]))
    assert found == expected
    assert record.instances.tolist() == [static.pop("RecordID")]
    known = [math.nan if static[n] == -1 else static[n] for n in record.static_names]
    np.testing.assert_array_equal(record.static[0], known)


KNOWN_AT_0 = {"RecordID", "Age", "Gender", "Height", "ICUType", "Weight"}


def test_weight_is_static_at_first_and_a_series_later():
    X, _ = read("00:00,Weight,81\n00:07,Weight,82\n00:07,HR,60\n")
    assert X.times.tolist() == [0, 7]
    assert column(X, "Weight") == [81, 82]
    np.testing.assert_array_equal(X.static, [[54, np.nan, 170.5, 4, np.nan]])
    assert X.instances.tolist() == [7]


def test_rows_without_a_name_are_dropped_and_unknown_ones_raise():
    X, _ = read("00:07,,5\n00:08,HR,60\n")
    assert X.times.tolist() == [8]
    with pytest.raises(
        ValueError, match=r"one of 37 parameters; got 'Hr' in .* line 8"
    ):
        read("00:07,Hr,5\n")
    with pytest.raises(ValueError, match=r"37 parameters; got 'Age' .* line 8"):
        read("00:07,Age,55\n")


def test_a_misspelt_record_number_is_shown_with_its_line():
    rows = io.StringIO(HEADING + STATIC.replace("RecordID", "ecordID"))
    with pytest.raises(ValueError, match=r"37 parameters; got 'ecordID' .* line 2"):
        read_physionet2012(rows)


@pytest.mark.parametrize("number", ["7.5", str(2**53), str(2**64), "-1e300"])
def test_a_record_number_that_does_not_fit_is_shown_with_its_line(number):
    rows = io.StringIO(HEADING + STATIC.replace("ID,7", f"ID,{number}"))
    rule = "have a whole number of at most 15 digits as RecordID; got "
    with pytest.raises(ValueError, match=rf"{rule}'{number}' in .*, line 2"):
        read_physionet2012(rows)


def test_a_record_without_measurements_is_a_series_without_rows():
    X, _ = read("")
    assert X.lengths.tolist() == [0]
    assert X.in_channels == 37


def test_duplicates_are_kept_unless_told_otherwise():
    rows = "00:05,MAP,60\n00:05,HR,80\n00:05,MAP,70\n00:04,HR,81\n"
    X, _ = read(rows)
    assert X.times.tolist() == [4, 5, 5]
    np.testing.assert_array_equal(column(X, "MAP"), [np.nan, 60, 70])
    np.testing.assert_array_equal(column(X, "HR"), [81, 80, np.nan])
    mean, last = (read(rows, duplicates=how)[0] for how in ("mean", "last"))
    np.testing.assert_array_equal(column(mean, "MAP"), [np.nan, 65])
    np.testing.assert_array_equal(column(last, "MAP"), [np.nan, 70])
    with pytest.raises(
        ValueError, match=r"each parameter once in a minute; got MAP twice .* line 10"
    ):
        read(rows, duplicates="error")


def test_records_of_an_archive_are_sorted_and_outcomes_follow(tmp_path):
    path = tmp_path / "set-a.tar.gz"
    records = {
        "set-a/9.txt": HEADING + STATIC.replace("ID,7", "ID,9") + "00:01,HR,9\n",
        "set-a/7.txt": (HEADING + STATIC + "00:01,HR,7\n").replace("\n", "\r\n"),
        "set-a/Outcomes-a.txt": OUTCOMES,
    }
    path.write_bytes(tar_of(records))
    outcomes = OUTCOMES + "9,1,2,3,-1,0\n7,4,5,6,7,1\n8,0,0,0,0,0\n"
    X, y = read_physionet2012(path, io.StringIO(outcomes))
    assert X.instances.tolist() == y.index.tolist() == [7, 9]
    assert column(X, "HR") == [7, 9]
    assert y["In-hospital_death"].tolist() == [1, 0]
    assert y.loc[7].tolist() == [4, 5, 6, 7, 1]
    with pytest.raises(ValueError, match=r"`outcomes` must have .*; got none for 7 in"):
        read_physionet2012(path, io.StringIO(OUTCOMES + "9,1,2,3,-1,0\n"))
    with pytest.raises(ValueError, match=r"15 digits; got 'x' in column SOFA .* 2"):
        read_physionet2012(path, io.StringIO(OUTCOMES + "9,1,x,3,-1,0\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "have the heading 'Time,Parameter,Value'; got '' in .*, line 1"),
        ("<html>\n", "have the heading .*; got '<html>' in the open file, line 1"),
        (HEADING, "have a RecordID at 00:00; got none in the open file"),
        (HEADING + "00:00,HR\n", "have 3 cells in every line; got 2 .* line 2"),
        (
            HEADING + STATIC + "00:07,HR,5\n00:0",
            "have 3 cells in every line; got 1 .* line 9",
        ),
        (
            HEADING + STATIC + "a,b\nc,d,e,f\n",
            "have 3 cells in every line; got 2 .* line 8",
        ),
        (
            HEADING + STATIC + "\n00:07,HR,5\n",
            "have 3 cells in every line; got 1 .* line 8",
        ),
        (HEADING + STATIC + "0:7,HR,5\n", "have times HH:MM; got '0:7' .* line 8"),
        (HEADING + STATIC + "00:60,HR,5\n", "have times HH:MM; got '00:60' .* line 8"),
        (
            HEADING + STATIC + "00:07,HR,x\n",
            "have finite numbers as values; got 'x' .* line 8",
        ),
        (
            HEADING + STATIC + "00:07,HR,inf\n",
            "have finite numbers.*; got 'inf' .* line 8",
        ),
        (
            HEADING + STATIC + "00:07,HR,\n",
            "have finite numbers as values; got '' .* line 8",
        ),
    ],
)
def test_what_is_wrong_is_shown_with_its_line(text, message):
    with pytest.raises(ValueError, match=f"`source` must {message}"):
        read_physionet2012(io.StringIO(text))


def test_the_file_among_many_is_named(tmp_path):
    (tmp_path / "7.txt").write_text(HEADING + STATIC)
    (tmp_path / "8.txt").write_text(HEADING + STATIC + "00:07,HR,5\n00:08,HR,x\n")
    with pytest.raises(
        ValueError, match=r"got 'x' in column Value in 8\.txt, line 9\. Repair"
    ):
        read_physionet2012(tmp_path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "have a line for every record; got none for 7 in the open file"),
        ("7,1,2,3,-1,0\n7,1,2,3,-1,1\n", "have one line for a record; got two for 7"),
        (
            f"7,1,2,3,-1,0\n{2**64},1,2,3,-1,0\n",
            f"have whole numbers of .* got '{2**64}' in column RecordID .* line 3",
        ),
        ("7,1.5,2,3,-1,0\n", "have whole numbers of .* got '1.5' in column SAPS-I"),
        ("7,1,2,3,-1,0\n8\n", "have 6 cells in every line; got 1 in .* line 3"),
    ],
)
def test_wrong_outcomes_are_named(rows, message):
    with pytest.raises(ValueError, match=f"`outcomes` must {message}"):
        read("", outcomes=io.StringIO(OUTCOMES + rows))


def test_outcomes_stand_in_one_file(tmp_path):
    with pytest.raises(ValueError, match=r"`outcomes` must hold \.txt files"):
        read("", outcomes=tmp_path)
    for name in ("Outcomes-a.txt", "Outcomes-b.txt"):
        (tmp_path / name).write_text(OUTCOMES + "7,1,2,3,-1,0\n")
    with pytest.raises(ValueError, match=r"`outcomes` must be one file; got 2 in"):
        read("", outcomes=tmp_path)


def test_a_record_that_is_there_twice_raises(tmp_path):
    path = tmp_path / "records.tar.gz"
    record = HEADING + STATIC
    path.write_bytes(tar_of({"set-a/7.txt": record, "copy/7.txt": record}))
    with pytest.raises(ValueError, match=r"one file for a record; got copy/7.txt and"):
        read_physionet2012(path)


def test_outcomes_alone_are_no_records(tmp_path):
    (tmp_path / "Outcomes-a.txt").write_text(OUTCOMES)
    with pytest.raises(
        ValueError, match=r"must hold records; got Outcomes-\*.txt only"
    ):
        read_physionet2012(tmp_path)


def record(number, *rows):
    """Write a record as the challenge does: six lines of description, then the rows."""
    known = {"RecordID": number, "Age": 50, "Gender": 1, "Height": -1, "ICUType": 3}
    lines = [f"00:00,{name},{value}" for name, value in {**known, "Weight": 80}.items()]
    return "\n".join(["Time,Parameter,Value", *lines, *rows]) + "\n"


@pytest.fixture
def mirror(publish):
    """The real layout, with two records in each set; the archives are not sorted."""
    files = {}
    for number, letter in enumerate("abc"):
        first, second = 100 * number + 1, 100 * number + 2
        files[f"set-{letter}.tar.gz"] = tar_of(
            {
                f"set-{letter}/{second}.txt": record(second),
                f"set-{letter}/{first}.txt": record(
                    first, "00:07,HR,60", "00:07,,5", f"47:59,HR,{number}"
                ),
            }
        )
        deaths = f"{first},1,2,3,-1,0\n{second},4,5,6,7,1\n"
        files[f"Outcomes-{letter}.txt"] = (OUTCOMES + deaths).encode()
    return publish("physionet2012", files)


def test_all_sets_are_read_in_order(mirror):
    bunch = fetch_physionet2012()
    X = bunch.data
    assert X.instances.tolist() == [1, 2, 101, 102, 201, 202]
    assert bunch.subset.tolist() == ["a", "a", "b", "b", "c", "c"]
    assert bunch.target.tolist() == [0, 1] * 3
    assert bunch.outcomes.index.tolist() == X.instances.tolist()
    assert bunch.outcomes["Survival"].tolist() == [-1, 7] * 3
    assert X[2].times.tolist() == [7, 47 * 60 + 59]
    assert X.values[:, X.channels.index("HR")].tolist() == [60, 0, 60, 1, 60, 2]
    assert set(bunch.channel_units) == set(X.channels)
    assert set(bunch.static_units) == set(X.static_names)


def test_records_without_measurements_are_kept_and_listed(mirror):
    bunch = fetch_physionet2012()
    assert bunch.empty_records.tolist() == [2, 102, 202]
    text = " ".join(bunch.DESCR.split())
    assert "6 stays in intensive care, sets a, b, c" in text
    assert "3 died" in text or "(3 did)" in text
    assert "3 records without any measurement, valid and kept: 2, 102, 202." in text
    assert "ODC-By" in bunch.license
    assert "Silva" in bunch.citation


def test_one_set_requests_its_files_only(mirror, server):
    X, y = fetch_physionet2012(subset="b", return_X_y=True)
    assert X.instances.tolist() == [101, 102]
    assert y.tolist() == [0, 1]
    assert sorted(set(server.paths())) == ["Outcomes-b.txt", "set-b.tar.gz"]
    again, _ = fetch_physionet2012(
        subset=("b",), download_if_missing=False, return_X_y=True
    )
    assert again.equals(X)
    with pytest.raises(FileNotFoundError):
        fetch_physionet2012(subset="a", download_if_missing=False)


def test_the_order_of_the_sets_is_that_of_the_argument(mirror):
    bunch = fetch_physionet2012(subset=("c", "a"))
    assert bunch.subset.tolist() == ["c", "c", "a", "a"]
    assert bunch.data.instances.tolist() == [201, 202, 1, 2]


@pytest.mark.parametrize(
    ("subset", "message"),
    [
        ("d", "`subset` must be one of 'a', 'b', 'c'; got 'd'"),
        (("a", "x"), "`subset` must be one of 'a', 'b', 'c'; got 'x'"),
        ((), r"`subset` must name each choice once and at least one; got \(\)"),
        (("a", "a"), "`subset` must name each choice once"),
    ],
)
def test_sets_that_do_not_exist_are_named(subset, message):
    with pytest.raises(ValueError, match=message):
        fetch_physionet2012(subset=subset)


@pytest.mark.parametrize("subset", [3, None])
def test_what_is_no_sequence_is_named(subset):
    with pytest.raises(TypeError, match="`subset` must be a string or a sequence of"):
        fetch_physionet2012(subset=subset)


def test_an_empty_set_is_described(publish):
    publish(
        "physionet2012",
        {
            "set-a.tar.gz": tar_of({"set-a/5.txt": record(5)}),
            "Outcomes-a.txt": (OUTCOMES + "5,1,2,3,-1,0\n").encode(),
        },
    )
    bunch = fetch_physionet2012(subset="a")
    assert "1 record without any measurement" in bunch.DESCR
    assert np.isnan(bunch.data.static[0, 2])
