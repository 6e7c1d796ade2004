"""Semicolons and decimal commas are found; what was read before is read as before."""

import pytest

from ckts.panel import Panel, read_head
from ckts.panel._dialects import Dialect, find_dialect

ROLES = {"instance": "id", "time": "day"}


@pytest.mark.parametrize(
    ("lines", "usual", "dialect"),
    [
        (["id,day,x", "1,0,2.5"], ",", Dialect(",")),
        (["id;day;x", "1;0;2,5"], ",", Dialect(";", ",")),
        (["id;day;x", "1;0;2.5"], ",", Dialect(";")),
        (["id|day|x", "1|0|2"], ",", Dialect("|")),
        (["id\tday\tx", "1\t0\t-2,5e3"], "\t", Dialect("\t", ",")),
        # a comma in one of the names: the usual separator is believed
        (["id,x;y"], ",", Dialect(",")),
        # one number with a point: commas are something else
        (["id;day;x", "1;0;2,5", "1;1;2.5"], ",", Dialect(";")),
        (['"a;b"', "1"], ",", Dialect(",")),
        (["\n", "id;day\n"], ",", Dialect(";")),
        ([], ",", Dialect(",")),
    ],
)
def test_the_header_and_the_numbers_tell_how_a_table_is_written(lines, usual, dialect):
    assert find_dialect(lines, usual) == dialect


def test_a_table_with_semicolons_is_the_one_with_commas(tmp_path):
    usual, german = tmp_path / "a.csv", tmp_path / "b.csv"
    usual.write_text("id,day,x\n1,0.5,0.1\n1,1.5,\n2,0,2e-3\n")
    german.write_text("id;day;x\n1;0,5;0,1\n1;1,5;\n2;0;2e-3\n")
    assert Panel.read(german, **ROLES).equals(Panel.read(usual, **ROLES))


def test_the_head_tells_names_and_dialect_without_the_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;day;x\n1;0;2,5\n")
    assert read_head(path) == (["id", "day", "x"], Dialect(";", ","))


def test_the_head_of_parquet_has_names_only(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pytest.importorskip("pandas").DataFrame({"id": [1], "day": [0.5]})
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_head(tmp_path / "a.parquet") == (["id", "day"], None)


def test_an_empty_file_has_no_head(tmp_path):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(ValueError, match="`path` must hold a table; got an empty file"):
        read_head(tmp_path / "a.csv")
