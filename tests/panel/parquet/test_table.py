import numpy as np
import pytest

from ckts import Panel, ParquetPanel

pyarrow = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402

from ckts.panel.parquet.table import ParquetTable, RowReader  # noqa: E402

ROLES = {"instance": "who", "time": "when"}


def visits(*names, kind=None):
    """A table of three rows for each name."""
    n = 3 * len(names)
    return pyarrow.table(
        {
            "who": pyarrow.array(np.repeat(names, 3), kind),
            "when": np.tile([0.0, 1.0, 2.5], len(names)),
            "x": np.arange(n, dtype=float),
        }
    )


def test_files_of_a_folder_are_one_table_in_natural_order(tmp_path):
    for number in (10, 2, 1):
        parquet.write_table(visits(number), tmp_path / f"part.{number}.parquet")
    parquet.write_table(visits(5)[:0], tmp_path / "part.3.parquet")  # empty
    (tmp_path / "_metadata").write_text("no table")
    (tmp_path / ".part.4.parquet").write_text("no table")
    (tmp_path / "notes.txt").write_text("no table")
    panel = ParquetPanel(tmp_path, **ROLES, values=["x"])
    assert panel.instances.tolist() == [1, 2, 10]
    expected = [
        Panel.read(tmp_path / f"part.{n}.parquet", **ROLES, values=["x"])
        for n in (1, 2, 10)
    ]
    assert panel.load().equals(Panel.concat(expected))


def test_series_may_go_on_in_the_next_row_group_and_file(tmp_path):
    whole = visits("ann", "bob", "eve")
    parquet.write_table(whole[:5], tmp_path / "a.parquet", row_group_size=2)
    parquet.write_table(whole[5:], tmp_path / "b.parquet", row_group_size=2)
    parquet.write_table(whole, tmp_path / "all.pq")
    expected = Panel.read(tmp_path / "all.pq", **ROLES, values=["x"])
    (tmp_path / "all.pq").unlink()
    panel = ParquetPanel(tmp_path, **ROLES, values=["x"])
    assert panel.lengths.tolist() == [3, 3, 3]
    assert panel.load().equals(expected)


def test_names_of_folders_are_columns(tmp_path):
    for year, names in ((2023, ("ann", "bob")), (2024, ("eve",))):
        (tmp_path / f"year={year}").mkdir()
        parquet.write_table(visits(*names), tmp_path / f"year={year}" / "a.parquet")
    panel = ParquetPanel(tmp_path, **ROLES, values=["x"], static=["year"])
    assert panel.static_names == ("year",)
    assert panel.load().static.ravel().tolist() == [2023, 2023, 2024]


def test_each_row_group_is_read_once(tmp_path, monkeypatch):
    path = tmp_path / "visits.parquet"
    parquet.write_table(visits(*range(8)), path, row_group_size=4)
    panel = ParquetPanel(path, **ROLES, values=["x"])
    read = ParquetTable._read
    groups = []

    def count(self, handle, number, own, columns):
        groups.append(own)
        return read(self, handle, number, own, columns)

    monkeypatch.setattr(ParquetTable, "_read", count)
    assert len(list(panel.partitions(7))) == 4
    assert groups == [0, 1, 2, 3, 4, 5]
    groups.clear()
    panel[[7, 0, 7]].load()
    assert groups == [0, 5]


def test_rows_are_those_of_the_ranges(tmp_path):
    path = tmp_path / "visits.parquet"
    parquet.write_table(visits(*range(5)), path, row_group_size=4)
    reader = RowReader(ParquetTable.open(path), ["x"])
    for _ in range(2):  # with and without a row group that is kept
        found = reader.rows(np.array([1, 6, 13]), np.array([3, 9, 15]))
        assert found.column("x").to_pylist() == [1, 2, 6, 7, 8, 13, 14]


def test_what_is_no_table_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="which does not exist"):
        ParquetPanel(tmp_path / "gone", **ROLES)
    with pytest.raises(ValueError, match=r"got none in the folder .* Check the path"):
        ParquetPanel(tmp_path, **ROLES)
    (tmp_path / "text.parquet").write_text("who,when\n")
    with pytest.raises(ValueError, match=r"`path` must be a Parquet file; got"):
        ParquetPanel(tmp_path, **ROLES)
    parquet.write_table(visits("ann")[:0], tmp_path / "text.parquet")
    with pytest.raises(ValueError, match="`path` must hold a row of data"):
        ParquetPanel(tmp_path, **ROLES)
    with pytest.raises(TypeError, match=r"`path` must be the path of a file; got 3"):
        ParquetPanel(3, **ROLES)


def test_files_that_differ_are_named(tmp_path):
    parquet.write_table(visits("ann"), tmp_path / "a.parquet")
    parquet.write_table(visits("bob").drop(["x"]), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"'x' with double in 'a.parquet' and no such"):
        ParquetPanel(tmp_path, **ROLES)
    parquet.write_table(visits(7), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"'who' with string in 'a.parquet' and int64"):
        ParquetPanel(tmp_path, **ROLES)


def test_a_missing_column_is_named(tmp_path):
    parquet.write_table(visits("ann"), tmp_path / "a.parquet")
    for roles in ({"instance": "id", "time": "when"}, {"instance": "who", "time": "t"}):
        with pytest.raises(ValueError, match=r"must name one column of 'a.parquet'"):
            ParquetPanel(tmp_path / "a.parquet", **roles)
    with pytest.raises(ValueError, match="`values` must name one column"):
        ParquetPanel(tmp_path / "a.parquet", **ROLES, values=["y"])


def test_a_file_that_changes_is_noticed(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(visits("ann", "bob"), path)
    panel = ParquetPanel(path, **ROLES, values=["x"])
    parquet.write_table(visits("ann"), path)
    with pytest.raises(ValueError, match="must not change while it is in use"):
        panel.load()


@pytest.mark.parametrize("change", ["sorted anew", "damaged", "removed"])
def test_rows_of_a_file_that_is_another_are_not_taken_for_those_of_a_series(
    tmp_path, change
):
    path = tmp_path / "a.parquet"
    parquet.write_table(visits("ann", "bob"), path)
    panel = ParquetPanel(path, **ROLES, values=["x"])
    if change == "sorted anew":
        parquet.write_table(visits("bob", "ann"), path)
    elif change == "damaged":
        path.write_bytes(path.read_bytes()[:50])
    else:
        path.unlink()
    with pytest.raises(ValueError, match="which was written again, or removed"):
        panel[:1].load()
