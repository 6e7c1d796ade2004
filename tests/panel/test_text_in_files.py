"""Text in CSV files: names that look missing, labels, and what is no number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel, _files

NAMES = {"instance": "who", "time": "hour"}


def write(tmp_path, text):
    path = tmp_path / "visits.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("rows", [1, 100_000])
def test_names_that_look_missing_are_names_where_the_others_are_text(
    rows, tmp_path, monkeypatch
):
    monkeypatch.setattr(_files, "CHUNK_ROWS", rows)
    path = write(tmp_path, "who,hour,x\nNA,0,1\nNA,1,NA\nbob,0,2\nNone,3,4\n")
    panel = Panel.read(path, **NAMES)
    assert panel.instances.tolist() == ["NA", "bob", "None"]
    np.testing.assert_array_equal(panel.values.ravel(), [1, np.nan, 2, 4])
    for missing in ("NA", ""):
        text = f"who,hour,x\n{missing},0,1\n7,1,2\n"
        with pytest.raises(ValueError, match=r"`instance` must not be missing.*row 0"):
            Panel.read(write(tmp_path, text), **NAMES)
    with pytest.raises(ValueError, match=r"`instance` must not be missing.*row 1"):
        Panel.read(write(tmp_path, "who,hour,x\na,0,1\n,1,2\n"), **NAMES)


# Chunks of one row see numbers where a later one is text.
def test_the_text_that_is_no_number_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", 1)
    path = write(tmp_path, "who,hour,x,y\na,0,1.5,7\na,1,2.5,8\na,2,<5,9\n")
    with pytest.raises(TypeError, match="must be numeric; got '<5' in column 'x'"):
        Panel.read(path, **NAMES)


@pytest.mark.parametrize("n_rows", [1, 100_000])
def test_labels_are_read_as_they_are_written(n_rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", n_rows)
    rows = ["a,0,NA,007,1", "a,1,b,007,2", "b,0,a,12,3"]
    path = write(tmp_path, "\n".join(["who,hour,drug,zip,x", *rows]))
    panel = Panel.read(path, **NAMES, static=["zip"], categorical="zip")
    assert panel.static_categories == {"zip": ("007", "12")}
    assert panel.categories == {"drug": ("a", "b")}
    expected = [[np.nan, 1], [1, 2], [0, 3]]
    np.testing.assert_array_equal(panel.values, expected)


@pytest.mark.parametrize("n_rows", [1, 100_000])
def test_labels_that_look_missing_are_labels_where_the_column_is_named(
    n_rows, tmp_path, monkeypatch
):
    monkeypatch.setattr(_files, "CHUNK_ROWS", n_rows)
    rows = ["a,0,None,NA,NA", "a,1,,NA,2", "b,0,null,b,3"]
    path = write(tmp_path, "\n".join(["who,hour,drug,ward,x", *rows]))
    named = {"static": ["ward"], "categorical": ["drug", "ward"]}
    panel = Panel.read(path, **NAMES, **named)
    assert panel.categories == {"drug": ("None", "null")}
    assert panel.static_categories == {"ward": ("NA", "b")}
    expected = [[0, np.nan], [np.nan, 2], [1, 3]]
    np.testing.assert_array_equal(panel.values, expected)
    frame = pd.DataFrame({"who": list("aab"), "hour": [0, 1, 0], "x": [np.nan, 2, 3]})
    frame["drug"], frame["ward"] = ["None", None, "null"], ["NA", "NA", "b"]
    columns = ["who", "hour", "drug", "ward", "x"]
    assert Panel.from_long(frame[columns], **NAMES, **named).equals(panel)
