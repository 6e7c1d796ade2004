import numpy as np
import pytest

from ckts import Panel, ParquetPanel

pyarrow = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402

ROLES = {"instance": "who", "time": "when"}
LONG = {**ROLES, "channel": "what", "value": "value"}


def write(tmp_path, columns, group=3):
    path = tmp_path / "visits.parquet"
    parquet.write_table(pyarrow.table(columns), path, row_group_size=group)
    return path


def measurements(value):
    return {
        "who": [1, 1, 1, 2, 2, 3],
        "when": [0, 0, 1, 0, 5, 2],
        "what": ["hr", "temp", "hr", "hr", "hr", "spo2"],
        "value": value,
    }


def test_parts_of_a_row_per_measurement_have_all_channels(tmp_path):
    path = write(tmp_path, measurements(np.arange(6.0)))
    panel, whole = ParquetPanel(path, **LONG), Panel.read(path, **LONG)
    assert panel.channels == whole.channels == ("hr", "spo2", "temp")
    assert Panel.concat(panel.partitions(1)).equals(whole)
    assert panel.lengths.tolist() == [3, 2, 1]  # rows of the table


def test_labels_among_measurements_are_refused(tmp_path):
    path = write(tmp_path, measurements(["1", "2", "3", "low", "5", "6"]))
    with pytest.raises(ValueError, match="`value` must be numbers in a ParquetPanel"):
        ParquetPanel(path, **LONG)
    path = write(tmp_path, measurements(np.arange(6.0)))
    with pytest.raises(ValueError, match=r"got `categorical` of \['hr'\]"):
        ParquetPanel(path, **LONG, categorical=["hr"])


def test_one_column_without_values_decides_the_type_of_all(tmp_path):
    columns = {"who": [1, 2], "when": [0, 0]}
    columns["x"] = pyarrow.array([1.5, 2.5], pyarrow.float32())
    columns["y"] = pyarrow.array([1, None], pyarrow.int16())
    path = write(tmp_path, columns, group=1)
    panel = ParquetPanel(path, **ROLES, values=["x", "y"])
    whole = Panel.read(path, **ROLES, values=["x", "y"])
    assert whole.values.dtype == panel[0].load().values.dtype == np.float64


def test_a_label_that_nobody_named_is_refused_as_in_memory(tmp_path):
    columns = {"who": [1, 1], "when": [0, 1], "x": [1.0, 2.0], "label": [0, 0]}
    with pytest.raises(ValueError, match=r"looks like a label .*\['label'\]"):
        ParquetPanel(write(tmp_path, columns), **ROLES)
    panel = ParquetPanel(write(tmp_path, columns), **ROLES, values="x")
    assert panel.channels == ("x",)
