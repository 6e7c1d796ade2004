"""``ckts describe``: what a table holds."""

import pytest

from clinic import COLUMNS, ROLES


def test_the_description_is_that_of_the_library(run, visits, folder):
    from ckts import Panel

    status, out, error = run("describe", "visits.csv", *ROLES)
    assert (status, error) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"40 instances of 'patient', {len(visits):,} rows"
    assert "label: 'died', a classification: no (30), yes (10)" in lines
    assert "groups: 13 of 'ward'" in lines
    panel = Panel.read(
        folder / "visits.csv",
        instance="patient",
        time="date",
        values=["bilirubin", "albumin", "edema"],
        static=["age"],
    )
    y = visits.drop_duplicates("patient")["died"]
    assert str(panel.describe(y)) in out
    assert "mild, none, severe" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "dead"], "`--label` must name a column of 'visits.csv'; got 'de"),
        (["--static", "agee"], "got 'agee'. Did you mean 'age'?"),
        (
            ["--label", "bilirubin", "--channels", "albumin"],
            "in 'bilirubin' of instance 'p00'",
        ),
        (["--label", "age", "--static", "age"], "a column without another role"),
        ([], "Leave out outcomes by `--ignore age ward died`"),
    ],
)
def test_wrong_columns_are_told_in_one_line(arguments, message, run, visits):
    status, out, error = run("describe", "visits.csv", *COLUMNS, *arguments)
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert message in error


def test_no_label_is_needed(run, visits):
    ignored = ("--ignore", "died", "ward", "age")
    status, out, _ = run("describe", "visits.csv", *COLUMNS, *ignored)
    assert status == 0
    assert "label:" not in out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", "", "got an empty file"),
        ("head.csv", "patient,date,x\n", "must hold a row of data"),
        ("a.txt", "patient,date,x\n", "`FILE` must end in .csv"),
        ("a.parquet", "no parquet", "must be a Parquet file"),
        ("a.csv.gz", "not packed", "must be a table of text in UTF-8"),
        ("d.csv", "patient,date,x\na,03/31/2024,1\n", "`--date-format"),
        ("m.csv", "patient,date,x\na,2024-03-31,1\na,31.3.2024,1\n", "ISO 8601"),
        ("t.csv", "patient,date,x\na,0,1\na,0,2\n", "`--duplicates mean`"),
        ("n.csv", "patient,date,x\n,0,1\na,0,2\n", "`--instance` must not be missing"),
        ("l.csv", "patient,date,label\na,0,1\n", "looks like a label"),
    ],
)
def test_files_that_cannot_be_read_are_told(name, content, message, run, folder):
    (folder / name).write_text(content)
    status, out, error = run("describe", name, *COLUMNS)
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert message in error


def test_a_folder_is_no_file(run, folder):
    status, _, error = run("describe", folder, *COLUMNS)
    assert status == 1
    assert "`FILE` must be a file; got the folder" in error


def test_a_channel_without_any_value_is_described(run, visits, folder):
    visits.assign(albumin=float("nan")).to_csv("visits.csv", index=False)
    status, out, _ = run("describe", "visits.csv", *ROLES)
    assert status == 0
    assert "albumin      100 %" in out
