import numpy as np
import pytest

from ckts import Panel, ParquetPanel
from ckts.datasets import make_bursty_visits

parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def panel():
    X, _ = make_bursty_visits(20, random_state=0)
    static = np.stack([np.arange(20.0), np.arange(20) % 2], axis=1)
    return X.with_static(static, ["age", "sex"], {"sex": ("f", "m")})


def test_what_is_written_is_read(panel, tmp_path):
    path = tmp_path / "visits.parquet"
    panel.to_parquet(path)
    roles = {"instance": "instance", "time": "time", "static": ["age", "sex"]}
    assert Panel.read(path, **roles).equals(panel)
    assert ParquetPanel(path, **roles).load().equals(panel)


def test_row_groups_hold_whole_series(panel, tmp_path):
    path = tmp_path / "visits.parquet"
    panel.to_parquet(path, rows_per_group=100)
    with parquet.ParquetFile(path) as file:
        groups = [file.read_row_group(i) for i in range(file.num_row_groups)]
    names = [set(group.column("instance").to_pylist()) for group in groups]
    assert sum(map(len, names)) == len(panel)
    assert all(len(g) <= 100 or len(n) == 1 for g, n in zip(groups, names, strict=True))


def test_a_file_that_fails_leaves_the_old_one(panel, tmp_path, monkeypatch):
    path = tmp_path / "visits.parquet"
    path.write_text("old")

    def fail(*args, **options):
        raise OSError("the disk is full")

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", fail)
    with pytest.raises(OSError, match="the disk is full"):
        panel.to_parquet(path)
    assert [one.name for one in tmp_path.iterdir()] == ["visits.parquet"]
    assert path.read_text() == "old"


def test_what_a_table_cannot_tell_apart_is_named(tmp_path):
    path = tmp_path / "visits.parquet"
    series = Panel([[1.0], [2.0]], [0, 1], [0, 1, 2])
    with pytest.raises(ValueError, match=r"to be columns; got \['time'\]"):
        series.with_values(series.values, ["time"]).to_parquet(path)
    with pytest.raises(ValueError, match=r"got none in instance 1. Leave such"):
        Panel([[1.0]], [0], [0, 1, 1]).to_parquet(path)
    with pytest.raises(ValueError, match="`instances` must be unique"):
        series.with_instances(["a", "a"]).to_parquet(path)
    with pytest.raises(ValueError, match="`rows_per_group` must be at least 1"):
        series.to_parquet(path, rows_per_group=0)
    assert not path.exists()
