"""What `.ts` and `.arff` share: a header, then a case per line."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.datasets.readers._cases import (
    Cases,
    read_cases,
    read_series,
    read_targets,
)
from ckts.datasets.readers._text import Text


def split(line, number):
    channels = line.split(b":")
    return channels, channels.pop()


def test_the_header_ends_at_data_and_skips_comments():
    entries = []
    text = Text("a.ts", b"% note\n\n@Relation x\n @DATA \n1:a\n")
    cases = read_cases(text, "%", lambda *entry: entries.append(entry), split)
    assert entries == [("@Relation x", 3), ("@DATA", 4)]
    assert cases.lines == [5]


@pytest.mark.parametrize("blank", ["\u00a0", "\u2003", "\x1c"])
def test_a_line_of_any_white_space_is_blank(blank):
    entries = []
    text = Text("a.ts", f"{blank}\n@data\n1:a\n".encode())
    read_cases(text, "#", lambda *entry: entries.append(entry), split)
    assert entries == [("@data", 2)]


def test_every_case_knows_its_line():
    text = Text("a.ts", b"@data\n\n1,2:3:a\n# note\n4::b\n")
    cases = read_cases(text, "#", lambda *entry: None, split)
    assert (cases.lines, cases.labels) == ([3, 5], [b"a", b"b"])
    assert cases.pieces == [b"1,2", b"3", b"4", b""]
    message = "`source` must rule; got it in a.ts, line 5. Way out."
    assert str(cases.error("rule", "it", 1, "Way out.")) == message


def slow_twin(series):
    """Pad the channels of each series, one row at a time."""
    rows = []
    for channels in series:
        for row in range(max(map(len, channels))):
            rows.append([c[row] if row < len(c) else np.nan for c in channels])
    return rows


@given(
    st.integers(1, 3).flatmap(
        lambda n_channels: st.lists(
            st.lists(
                st.lists(st.floats(-1e6, 1e6), max_size=4),
                min_size=n_channels,
                max_size=n_channels,
            ),
            min_size=1,
            max_size=4,
        )
    )
)
def test_channels_of_any_length_are_padded_like_one_by_one(series):
    pieces = [",".join(map(repr, c)).encode() for channels in series for c in channels]
    lines = list(range(len(series)))
    X = read_series(Cases(Text("a.ts", b""), lines, pieces, [b""] * len(series)))
    expected = np.reshape(slow_twin(series), (-1, len(series[0])))
    np.testing.assert_array_equal(X.values, expected)
    assert X.lengths.tolist() == [max(map(len, channels)) for channels in series]
    assert all(one.times.tolist() == list(range(len(one.times))) for one in X)


@pytest.mark.parametrize(
    ("labels", "got", "line"),
    [
        ([b"1", b"2,3", b"x"], "'2,3'", 6),
        ([b"1", b"x", b"2,3"], "'x'", 6),
        ([b"1,", b"2"], "'1,'", 5),
        ([b"1", b"", b"3"], "''", 6),
    ],
)
def test_the_first_label_that_is_no_number_is_shown(labels, got, line):
    lines = [5, 6, 7][: len(labels)]
    cases = Cases(Text("a.ts", b""), lines, [b"1"] * len(labels), labels)
    message = (
        f"have a number to predict at the line's end; got {got} in a.ts, line {line}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        read_targets(cases, None)
