import numpy as np
import pytest

from ckts import ParquetPanel

pyarrow = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402

ROLES = {"instance": "who", "time": "when", "values": ["x"]}


@pytest.fixture
def write(tmp_path):
    def write(who, when=None, group=2):
        path = tmp_path / "visits.parquet"
        when = np.arange(len(who)) if when is None else when
        table = pyarrow.table({"who": who, "when": when, "x": np.ones(len(who))})
        parquet.write_table(table, path, row_group_size=group)
        return path

    return write


def test_lengths_are_those_of_runs_through_row_groups(write):
    who = ["b"] * 5 + ["a"] + ["c"] * 4
    panel = ParquetPanel(write(who, group=3), **ROLES)
    assert panel.ids.tolist() == ["b", "a", "c"]
    assert panel.lengths.tolist() == [5, 1, 4]
    assert panel.n_rows == 10


@pytest.mark.parametrize("group", [1, 2, 9])
def test_an_instance_that_comes_again_is_named_with_both_places(write, group):
    path = write([1, 1, 2, 1, 3], group=group)
    places = r"got 1 from row 0 of 'visits.parquet' on and again from row 3 of"
    with pytest.raises(ValueError, match=rf"{places}.*Sort the table by instance"):
        ParquetPanel(path, **ROLES)


def test_a_missing_instance_is_named(write):
    for who in (["a", "a", None, "b"], [1.0, 1.0, np.nan, 2.0]):
        with pytest.raises(ValueError, match=r"`instance` must not be missing;.*w 2"):
            ParquetPanel(write(who), **ROLES)


def test_text_times_of_two_kinds_are_named_though_each_part_has_one(write):
    zoned = ["2024-01-01T10:00Z", "2024-01-02T10:00Z", "2024-01-01", "2024-01-02"]
    with pytest.raises(ValueError, match="`time` must hold text of one kind"):
        ParquetPanel(write(["a", "a", "b", "b"], zoned), **ROLES)
    durations = ["1 days", "2 days", "2024-01-01", "2024-01-02"]
    with pytest.raises(ValueError, match="or durations; got '1 days' and '2024-01-01'"):
        ParquetPanel(write(["a", "a", "b", "b"], durations), **ROLES)
