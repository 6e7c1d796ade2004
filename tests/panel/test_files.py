"""Long tables in files: the used columns, read in pieces that decide nothing."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel, _files
from ckts.panel._files import parse_text

FRAME = pd.DataFrame(
    {
        "note": ["first", "", "third", "fourth"],
        "who": ["ann", "bob", "bob", "ann"],
        "hour": [0.1, 2.5, 1 / 3, 7.0],
        "x": [1 / 3, np.nan, 2.0, 1e-300],
        "y": [1.0, 2.0, 3.0, 4.0],
        "age": [50.0, 60.0, 60.0, 50.0],
    }
)
NAMES = {"instance": "who", "time": "hour"}
ROLES = {**NAMES, "values": ["y", "x"], "static": ["age"], "time_unit": "h"}


@pytest.fixture(params=[1, 3, 100_000])
def chunks(request, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", request.param)


def write(tmp_path, text, name="visits.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


SUFFIXES = [".csv", ".csv.gz", ".csv.zip", ".csv.bz2", ".CSV.xz", ".tsv", ".tsv.gz"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_are_read_as_the_tables_that_they_hold(suffix, tmp_path, chunks):
    path = tmp_path / f"visits{suffix}"
    FRAME.to_csv(path, index=False, sep="\t" if ".tsv" in suffix else ",")
    expected = Panel.from_long(FRAME, **ROLES)
    assert Panel.read(path, **ROLES).equals(expected)
    assert Panel.read(str(path), **ROLES).equals(expected)


@pytest.mark.parametrize("suffix", [".parquet", ".pq"])
@pytest.mark.parametrize("rows", [1, 3, 100])
def test_parquet_is_read_group_by_group(suffix, rows, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"visits{suffix}"
    FRAME.to_parquet(path, row_group_size=rows)
    assert Panel.read(path, **ROLES).equals(Panel.from_long(FRAME, **ROLES))


def test_categories_and_clocks_of_parquet_are_kept(tmp_path):
    pytest.importorskip("pyarrow")
    frame = FRAME.assign(
        who=pd.Categorical(FRAME["who"], ["eve", "bob", "ann"], ordered=True),
        hour=pd.to_datetime(FRAME["hour"], unit="h").dt.tz_localize("Europe/Paris"),
    )
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=1)
    panel = Panel.read(tmp_path / "a.parquet", **NAMES, values=["x"])
    assert panel.instances.tolist() == ["eve", "bob", "ann"]
    assert panel.equals(Panel.from_long(frame, **NAMES, values=["x"]))
    # levels of an index are columns of the file
    frame.set_index(["who", "hour"]).to_parquet(tmp_path / "b.parquet")
    assert Panel.read(tmp_path / "b.parquet", **NAMES, values=["x"]).equals(panel)


def test_measurements_are_read(tmp_path, chunks):
    path = write(tmp_path, "who,hour,what,value\na,0,hr,60\nb,1,bp,120\na,0,bp,110\n")
    panel = Panel.read(path, **NAMES, channel="what", value="value")
    assert panel.equals(
        Panel.from_long(pd.read_csv(path), **NAMES, channel="what", value="value")
    )
    assert panel.channels == ("bp", "hr")


def test_all_columns_are_channels_unless_they_are_named(tmp_path):
    frame = FRAME.drop(columns="note")
    frame.to_csv(tmp_path / "a.csv", index=False)
    panel = Panel.read(tmp_path / "a.csv", **NAMES, static=["age"])
    assert panel.channels == ("x", "y")
    static = pd.DataFrame({"age": [1.0, 2.0]}, index=["ann", "bob"])
    panel = Panel.read(tmp_path / "a.csv", **NAMES, values="x", static=static)
    assert panel.static.tolist() == [[1], [2]]
    for names in (("x", "y"), pd.Index(["x", "y"]), np.array(["x", "y"])):
        found = Panel.read(tmp_path / "a.csv", **NAMES, values=names)
        assert found.channels == ("x", "y")


def test_only_the_used_columns_stay_in_memory(tmp_path, monkeypatch):
    n = 20_000
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n, 30))).add_prefix("unused_").round(3)
    frame.insert(0, "who", rng.integers(0, 50, n))
    frame.insert(1, "hour", rng.uniform(0, 9, n))
    frame["x"] = rng.normal(size=n)
    frame.to_csv(tmp_path / "wide.csv", index=False)
    monkeypatch.setattr(_files, "CHUNK_ROWS", 2000)
    tracemalloc.start()
    panel = Panel.read(tmp_path / "wide.csv", **NAMES, values=["x"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(panel.times) == n
    assert peak < (tmp_path / "wide.csv").stat().st_size  # 3.3 MB; values are 0.5 MB


# Chunks of one row see numbers where the whole column is text.
@pytest.mark.parametrize("ids", [["1", "a"], ["1", "2.5"], ["True", "1"]])
def test_no_chunk_decides_the_type_of_names(ids, tmp_path, monkeypatch):
    rows = [f"{one},{hour},{hour}\n" for hour, one in enumerate(ids * 2)]
    path = write(tmp_path, "who,hour,x\n" + "".join(rows))
    expected = Panel.from_long(pd.read_csv(path), **NAMES)
    monkeypatch.setattr(_files, "CHUNK_ROWS", 1)
    panel = Panel.read(path, **NAMES)
    assert panel.equals(expected)
    assert len(panel) == 2


def test_an_empty_field_at_the_end_of_rows_moves_nothing(tmp_path, chunks):
    path = write(tmp_path, "who,hour,x\na,0,1,\na,1,2,\n")
    assert Panel.read(path, **NAMES).values.tolist() == [[1], [2]]


def test_large_numbers_of_series_stay_apart(tmp_path, chunks):
    ids = [2**53, 2**53 + 1, 2**63 + 1, 2**63 + 2]
    path = write(tmp_path, "who,hour,x\n" + "".join(f"{i},0,1\n" for i in ids))
    assert Panel.read(path, **NAMES).instances.tolist() == ids


def test_numbers_are_those_that_the_text_says(tmp_path):
    rng = np.random.default_rng(0)
    times = rng.uniform(size=1000).cumsum()
    values = rng.uniform(size=1000) * 10.0 ** rng.integers(-300, 300, 1000)
    pairs = zip(times.tolist(), values.tolist(), strict=True)
    rows = [f"a,{time!r},{value!r}\n" for time, value in pairs]
    panel = Panel.read(write(tmp_path, "who,hour,x\n" + "".join(rows)), **NAMES)
    np.testing.assert_array_equal(panel.times, times)
    np.testing.assert_array_equal(panel.values[:, 0], values)


@pytest.mark.parametrize(
    ("texts", "date_format", "expected"),
    [
        (["2020-01-02", "2020-01-01 10:00"], None, ["2020-01-02", "2020-01-01 10:00"]),
        (
            ["2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00"],
            None,
            ["2024-03-31 00:30", "2024-03-31 01:30"],
        ),
        (["2020-01-01T00:00Z"], None, ["2020-01-01"]),
        (["03/02/2020", "10/01/2020"], "%d/%m/%Y", ["2020-02-03", "2020-01-10"]),
        (["20200203"], "%Y%m%d", ["2020-02-03"]),
        (["2020-01-01 01:00 +0100"], "%Y-%m-%d %H:%M %z", ["2020-01-01"]),
    ],
)
def test_dates_are_parsed_as_they_are_written(
    texts, date_format, expected, tmp_path, chunks
):
    path = write(tmp_path, "who,hour,x\n" + "".join(f"{t},{t},1\n" for t in texts))
    panel = Panel.read(path, **NAMES, date_format=date_format)
    stamps = pd.to_datetime(expected, format="ISO8601").as_unit("ns")
    assert panel.times.tolist() == stamps.asi8.tolist()
    assert panel.time_scale.kind == "datetime"


def test_the_index_of_a_frame_is_no_channel(tmp_path):
    pytest.importorskip("pyarrow")
    frame = FRAME.drop(columns="note").iloc[[3, 0, 1]]
    frame.to_parquet(tmp_path / "a.parquet")
    panel = Panel.read(tmp_path / "a.parquet", **NAMES, static=["age"])
    assert panel.channels == ("x", "y")


@pytest.mark.parametrize("dates", [["03.02.2020"], [20200203]])
def test_dates_in_parquet_are_parsed_as_they_are_written(dates, tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"who": ["a"], "hour": dates, "x": [1.0]})
    frame.to_parquet(tmp_path / "a.parquet")
    date_format = "%d.%m.%Y" if isinstance(dates[0], str) else "%Y%m%d"
    panel = Panel.read(tmp_path / "a.parquet", **NAMES, date_format=date_format)
    assert panel.times.tolist() == [pd.Timestamp("2020-02-03").value]


@pytest.mark.parametrize(
    "nanoseconds",
    [
        [0, 90_250_000_000, -3 * 86_400 * 10**9],
        [1, 5000, 10**9],  # of which pandas 3.0.6 makes 1, 5 and 10**6
        [-1, 0, 1, 5000],
    ],
)
def test_durations_are_parsed_as_pandas_writes_them(nanoseconds, tmp_path, chunks):
    times = pd.to_timedelta(nanoseconds, unit="ns")
    frame = pd.DataFrame({"who": range(len(times)), "hour": times, "x": 1.0})
    frame.to_csv(tmp_path / "a.csv", index=False)
    panel = Panel.read(tmp_path / "a.csv", **NAMES)
    assert panel.equals(Panel.from_long(frame, **NAMES))


@pytest.mark.parametrize(
    ("texts", "date_format", "message"),
    [
        (["31/01/2020"], None, r"as ISO 8601 says; got e\.g\. '31/01.*date_format="),
        (["12:30"], None, r"as ISO 8601 says; got e\.g\. '12:30'"),
        (["2020-01-01"], "%d/%m/%Y", r"as '%d/%m/%Y' says; got e\.g\. '2020-01-01'"),
        (
            ["2020-01-01", "2020-01-01T00:00+01:00"],
            None,
            r"a time zone, or none; got '2020-01-01T00:00\+01:00' and '2020-01-01'",
        ),
    ],
)
def test_text_that_is_no_time_raises(texts, date_format, message, tmp_path):
    path = write(tmp_path, "who,hour,x\n" + "".join(f"a,{t},1\n" for t in texts))
    with pytest.raises(ValueError, match=message):
        Panel.read(path, **NAMES, date_format=date_format)


@pytest.mark.parametrize(
    "hours", [["1.5", "2020-01-01"], ["2020-01-01", "2020-01-01T10:00Z"]]
)
def test_kinds_of_times_that_differ_between_chunks_raise(hours, tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", 1)
    path = write(tmp_path, "who,hour,x\n" + "".join(f"a,{h},1\n" for h in hours))
    with pytest.raises(ValueError, match="`times` must be of one kind"):
        Panel.read(path, **NAMES)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"instance": "patient"},
            r"`instance` must name one column of 'a\.\w+'; got 'pat",
        ),
        (
            {"time": "day"},
            r"`time` must name .*The columns are \['note', 'who', 'hour',",
        ),
        ({"values": ["x", "z"]}, r"`values` must name one column of .*; got 'z'"),
        ({"static": ["sex"]}, r"`static` must name one column of .*; got 'sex'"),
        ({"channel": "what", "value": "x"}, r"`channel` must name .*; got 'what'"),
    ],
)
def test_columns_that_are_not_there_are_named(name, changes, message, tmp_path):
    if name == "a.parquet":
        pytest.importorskip("pyarrow")
        FRAME.to_parquet(tmp_path / name)
    else:
        FRAME.to_csv(tmp_path / name, index=False)
    with pytest.raises(ValueError, match=message):
        Panel.read(tmp_path / name, **{**NAMES, **changes})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", r"`path` must hold a table; got an empty file, '.*a\.csv'"),
        ("a.csv", "who,hour,x\n", r"`path` must hold a row of data; got none in"),
        ("a.csv", "who,hour,x\na,0,1,5\n", r"got more, '5', in row 0.*decimal commas"),
        ("a.csv", "who,hour,x\na,0,1\na,1,2,5,0\n", r"got more, '5', in row 1 of '.*a"),
        ("a.csv", "who,hour,x,x\na,0,1,2\n", r"`values` must name one .*; got 'x'"),
        ("a.xlsx", "x", r"must end in \.csv, \.tsv, \.parquet, \.pq, or .*'a\.xlsx'"),
        ("visits", "x", r"must end in .*got 'visits'\. Rename it, or read it by"),
        ("a.gz", "x", r"must end in .*got 'a\.gz'"),
        ("a.parquet.gz", "x", r"must end in .*got 'a\.parquet\.gz'"),
    ],
)
def test_files_that_hold_no_table_raise(name, text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        Panel.read(write(tmp_path, text, name), **NAMES, values=["x"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "who,höur,x\na,0,1\n".encode("latin1")),
        ("a.csv", "who,hour,x\na,0,1\nä,1,2\n".encode("latin1")),
        ("a.csv", b'who,hour,x\na,0,"1\n'),  # a quote that never ends
        ("a.csv.gz", b"who,hour,x\n"),
        ("a.csv.gz", gzip.compress(b"who,hour,x\na,0,1\n" * 99, mtime=0)[:-20]),
        ("a.csv.zip", b"who,hour,x\n"),
        ("a.csv.xz", b"who,hour,x\n"),
    ],
)
def test_files_that_are_broken_raise(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        ValueError, match=r"`path` must be a table of text in UTF-8; go"
    ):
        Panel.read(tmp_path / name, **NAMES)


def test_archives_of_several_files_raise(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("a.csv", "who,hour,x\na,0,1\n")
        archive.writestr("b.csv", "who,hour,x\na,0,1\n")
    with pytest.raises(ValueError, match=r"one file; got \['a\.csv', 'b\.csv'\]"):
        Panel.read(tmp_path / "a.csv.zip", **NAMES)


def test_repeated_names_and_numbers_of_rows_are_no_channels(tmp_path):
    path = write(tmp_path, "who,hour,x,x\na,0,1,2\n")
    with pytest.raises(ValueError, match=r"columns share a name; got \['x'\] more"):
        Panel.read(path, **NAMES)
    FRAME[["who", "hour", "x"]].to_csv(path)
    with pytest.raises(ValueError, match=r"row number; got \['Unnamed: 0'\]"):
        Panel.read(path, **NAMES)


def test_names_may_be_quoted_and_marked(tmp_path):
    text = '\ufeff\n"who","hour","x, in m"\n"a, b",0,1\n'
    panel = Panel.read(write(tmp_path, text), **NAMES)
    assert panel.channels == ("x, in m",)
    assert panel.instances.tolist() == ["a, b"]


@pytest.mark.parametrize("text", ["", "who,hour,x\na,0,1\n"])
def test_files_that_are_no_parquet_raise(text, tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.raises(
        ValueError, match=r"`path` must be a Parquet file; got '.*a\.par"
    ):
        Panel.read(write(tmp_path, text, "a.parquet"), **NAMES)


def test_parquet_without_rows_raises(tmp_path):
    pytest.importorskip("pyarrow")
    FRAME[:0].to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"`path` must hold a row of data"):
        Panel.read(tmp_path / "a.parquet", **NAMES)


def test_folders_and_missing_files_raise(tmp_path):
    with pytest.raises(
        ValueError, match=r"must be a file; got the folder.*Panel\.conc"
    ):
        Panel.read(tmp_path, **NAMES)
    with pytest.raises(FileNotFoundError, match=r"got '.*gone\.csv', which does not"):
        Panel.read(tmp_path / "gone.csv", **NAMES)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ImportError, match=r"Parquet needs pyarrow.*pip install pyarrow"
    ):
        Panel.read(write(tmp_path, "x", "a.parquet"), **NAMES)


def test_text_that_is_missing_stays_missing():
    for texts in (["1 days", None], ["2020-01-01", None]):
        parsed = parse_text(pd.Series(texts, index=[5, 7]))
        assert parsed.isna().tolist() == [False, True]
        assert parsed.index.tolist() == [5, 7]


def test_times_that_are_no_text_stay_as_they_are():
    for times in (
        pd.Series([1.5]),
        pd.Series([pd.Timestamp("2020")]),
        pd.Series([None]),
    ):
        assert parse_text(times) is times
