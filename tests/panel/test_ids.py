"""Names of series in CSV files: no two become one, and none is rewritten."""

from __future__ import annotations

import pandas as pd
import pytest

from ckts.panel import Panel, _files
from ckts.panel._ids import join_ids

NAMES = {"instance": "who", "time": "hour"}


@pytest.mark.parametrize(
    "ids",
    [
        ["007", "7"],
        ["007", "012"],
        ["1E2", "100"],
        ["1E3", "2E5"],
        ["1.50", "1.5"],
        ["9007199254740993.0", "9007199254740992.0"],
        ["-00", "0"],
    ],
)
@pytest.mark.parametrize("n_rows", [1, 100_000])
def test_names_that_numbers_would_change_stay_text(ids, n_rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", n_rows)
    path = tmp_path / "visits.csv"
    path.write_text("who,hour,x\n" + "".join(f"{one},0,1\n{one},1,2\n" for one in ids))
    panel = Panel.read(path, **NAMES)
    assert panel.instances.tolist() == ids
    assert panel.lengths.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["7", "12", "7"], [7, 12, 7]),
        (["-7", "0"], [-7, 0]),
        (["1.5", "2"], [1.5, 2.0]),
        ([" 7", "8"], [7, 8]),
        ([" 7", "7"], [" 7", "7"]),
        (["7", "a"], ["7", "a"]),
    ],
)
def test_plain_numbers_are_numbers(texts, expected):
    parts = [pd.Series([one], dtype="category") for one in texts]
    assert join_ids(parts).tolist() == expected


def test_a_missing_word_is_missing_among_numbers_only():
    among_numbers = join_ids([pd.Series(["7", "NA", None], dtype="category")])
    assert among_numbers.isna().tolist() == [False, True, True]
    among_text = join_ids([pd.Series(["a", "NA", None], dtype="category")])
    assert among_text.tolist()[:2] == ["a", "NA"]
    assert among_text.isna().tolist() == [False, False, True]
