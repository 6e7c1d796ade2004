"""What notebooks show of a panel, read as a browser reads it."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from ckts import Panel
from ckts.datasets import load_pbc_survival


class Reader(HTMLParser):
    """Collects the cells of tables, all tags, and the path of the picture."""

    def __init__(self):
        super().__init__()
        self.rows, self.tags, self.path, self.text = [], [], "", []
        self.in_cell = False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True
        if tag == "path":
            self.path = dict(attrs)["d"]

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        self.text.append(data)
        if self.in_cell:
            self.rows[-1][-1] += data


def read(panel):
    reader = Reader()
    reader.feed(panel._repr_html_())
    return reader


def test_facts_are_those_of_the_description():
    panel = load_pbc_survival()[0]
    rows = {row[0]: row[1:] for row in read(panel).rows}
    described = dict(line.split(None, 1) for line in str(panel.describe()).split("\n"))
    assert rows["series"] == [described["series"]]
    assert rows["span"] == [described["span"]]
    assert [described["gaps"].split(",")[0]] != rows["gaps"]  # with the variation
    assert described["gaps"].startswith(rows["gaps"][0])
    assert rows["static"] == ["age, female, d_penicillamine"]
    assert rows["time"] == ["number[D]"]


def test_channels_have_their_share_and_range():
    frame = pd.DataFrame({"who": [1, 1, 2, 2], "t": [0, 1, 0, 2]})
    frame["pulse"] = [60.0, 12345, np.nan, np.nan]
    frame["sex"] = ["f", None, "m", "f"]
    panel = Panel.from_long(frame, instance="who", time="t")
    panel = panel.with_values(
        np.column_stack([panel.values, np.full(4, np.nan)]), [*panel.channels, "none"]
    )
    rows = read(panel).rows
    assert ["pulse", "50 %", "60 to 12,345"] in rows
    assert ["sex", "75 %", "f, m"] in rows
    assert ["none", "0 %", "never observed"] in rows


def test_only_some_of_many_channels_are_shown():
    panel = Panel(np.zeros((3, 300)), [0, 1, 2], [0, 3])
    reader = read(panel)
    assert sum(row[0].startswith("channel_") for row in reader.rows) == 12
    assert "and 288 more channels" in reader.text
    assert len(panel._repr_html_()) < 10_000


def test_names_are_no_code():
    evil = '<script>alert(1)</script>"&'
    panel = Panel(
        [[1.0]],
        [0.0],
        [0, 1],
        channels=[evil],
        static=[[0.0]],
        static_names=[f"{evil}2"],
        categories={evil: ("a", "<img src=x>")},
    )
    reader = read(panel)
    assert not {"script", "img"} & set(reader.tags)
    assert any(row[0] == evil for row in reader.rows)
    assert ["static", f"{evil}2"] in reader.rows


def test_marks_stand_where_rows_are_and_are_as_tall_as_what_is_observed():
    values = np.array([[1.0, 1], [1, np.nan], [np.nan, np.nan], [1, 1], [1, 1]])
    panel = Panel(values, [5, 6, 9, 7, 9], [0, 3, 5])
    marks = re.findall(r"M(\d+) (\d+)v-([\d.]+)", read(panel).path)
    # 320 pixels for the 4 units of the longest series, lanes of 12 pixels
    assert marks == [
        ("1", "10", "8"),
        ("81", "10", "4"),
        ("319", "10", "0.8"),
        ("1", "22", "8"),
        ("160", "22", "8"),
    ]


def test_many_rows_are_a_small_picture():
    panel = Panel(np.zeros((50_000, 1)), np.arange(50_000), [0, 50_000])
    assert len(panel._repr_html_()) < 10_000


def test_panels_without_rows_have_no_picture():
    panel = Panel(np.empty((0, 1)), [], [0, 0, 0])
    for one, n_series in [(panel, 2), (panel[:0], 0)]:
        reader = read(one)
        assert ["series", f"{n_series}, without rows"] in reader.rows
        assert "svg" not in reader.tags
        assert ["channel_0", "0 %", "never observed"] in reader.rows
