import pytest

from ckts import Panel, ParquetPanel

pyarrow = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402

ROLES = {"instance": "who", "time": "when"}


def write(tmp_path, column):
    path = tmp_path / "visits.parquet"
    n = len(column)
    table = pyarrow.table({"who": list(range(n)), "when": [0.0] * n, "x": column})
    parquet.write_table(table, path, row_group_size=1)
    return path


def test_a_part_has_the_labels_of_all(tmp_path):
    path = write(tmp_path, ["low", "high", None])
    panel = ParquetPanel(path, **ROLES, values=["x"])
    assert panel.categories == {"x": ("high", "low")}
    assert panel[0].load().values.tolist() == [[1.0]]
    assert panel[1].load().values.tolist() == [[0.0]]


def test_categories_keep_their_order(tmp_path):
    column = pyarrow.DictionaryArray.from_arrays([1, 0, 1], ["z", "a"])
    path = write(tmp_path, column)
    panel = ParquetPanel(path, **ROLES, values=["x"])
    assert panel.categories == {"x": ("z", "a")}
    assert panel.load().equals(Panel.read(path, **ROLES, values=["x"]))


def test_text_that_is_a_number_in_another_part_is_no_label(tmp_path):
    path = write(tmp_path, ["low", "<5", "high"])
    with pytest.raises(TypeError, match=r"must be numeric; got .* in column 'x'"):
        ParquetPanel(path, **ROLES, values=["x"])
    named = ParquetPanel(path, **ROLES, values=["x"], categorical="x")
    assert named.categories == {"x": ("<5", "high", "low")}
