import numpy as np
import pandas as pd
import pytest

from ckts import Panel, ParquetPanel

pytest.importorskip("pyarrow")

ROLES = {"instance": "who", "time": "when", "values": ["x"]}


@pytest.fixture
def path(tmp_path):
    frame = pd.DataFrame(
        {"who": ["b", "b", "a", "c"], "when": [0.0, 1, 0, 0], "x": [1.0, 2, 3, np.inf]}
    )
    frame.to_parquet(tmp_path / "visits.parquet", row_group_size=1, index=False)
    return tmp_path / "visits.parquet"


def test_static_features_of_a_frame_are_those_of_each_series(tmp_path, path):
    frame = pd.read_parquet(path).replace(np.inf, 4.0)
    frame.to_parquet(path, row_group_size=1, index=False)
    static = pd.DataFrame(
        {"age": [50, 60, 70, 80], "sex": ["f", "m", "f", "m"]},
        index=["a", "b", "c", "rowless"],
    )
    whole = Panel.read(path, **ROLES, static=static)
    panel = ParquetPanel(path, **ROLES, static=static)
    assert panel.static_categories == {"sex": ("f", "m")}
    assert panel.lengths.tolist() == [2, 1, 1, 0]
    assert panel.load().equals(whole)
    assert Panel.concat(panel.partitions(1)).equals(whole)
    assert panel[[3, 0]].load().equals(whole[[3, 0]])
    assert panel[[3]].load().equals(whole[[3]])
    with pytest.raises(ValueError, match="have a row for each; got none for 'b'"):
        ParquetPanel(path, **ROLES, static=static.drop("b"))


def test_an_error_in_a_part_tells_which_rows(path, monkeypatch):
    monkeypatch.setattr("ckts.panel.parquet.recipe.HEAD_ROWS", 2)
    panel = ParquetPanel(path, **ROLES)
    assert panel[:2].load().n_series == 2
    with pytest.raises(ValueError, match="got inf in channel 'x' of instance 'c'") as e:
        panel[1:].load()
    assert "from row 2 of 'visits.parquet' on, to row 3 of" in e.value.__notes__[0]
