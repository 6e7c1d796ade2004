"""Text files of the UEA, UCR and TSER archives: `.ts`."""

from __future__ import annotations

import warnings

import numpy as np

from ckts.datasets._checks import check_choice
from ckts.datasets.readers._cases import (
    Cases,
    check_channels,
    read_numbers,
    read_targets,
)
from ckts.datasets.readers._rows import count_rows
from ckts.datasets.readers._splits import Part, join_parts, read_split
from ckts.datasets.readers._texts import Source, Text
from ckts.datasets.readers._ts_header import Header, read_header
from ckts.datasets.readers._ts_stamps import read_stamped, split_channels
from ckts.panel import NUMBER, Panel


def read_ts(
    source: Source, *, split: str | None = None, duplicates: str = "error"
) -> tuple[Panel, np.ndarray | None]:
    r"""Read a data set of the UEA, UCR or TSER archive from `.ts` text.

    A line is a series: the values of a channel between commas, the channels between
    colons, at last the class or the number to predict. Series may differ in length.
    "?" and "NaN" are values that were not observed.

    Parameters
    ----------
    source : path or open file
        A `.ts` file, or a folder or archive (zip, tar, tar.gz, tar.xz; it is not
        extracted) with the two files ``NAME_TRAIN.ts`` and ``NAME_TEST.ts`` of one data
        set, or with one file of any name.
    split : {None, "train", "test"}
        Which of the two to read. None reads both, the training set first.
    duplicates : {"error", "mean", "last", "keep"}
        What becomes of a channel with two values at one time: refuse, average, take
        the last, or keep both in two rows of the same time.

    Returns
    -------
    X : Panel of shape (n_series,)
        Without time stamps in the file, the times are 0, 1, ...; a channel that is
        shorter than the longest of its series is not observed at the end. With time
        stamps, (time,value), they are kept: whole numbers as int64, other numbers as
        float64, dates as datetime (UTC if they have no zone); a row is a time at which
        any channel has a value. `X.instances` are 0, 1, ... in the order of the lines.
    y : ndarray of shape (n_series,) or None
        Classes as strings, in the spelling of the header; numbers (``@targetLabel``)
        as float64, NaN where unknown; None if the header states neither.

    Raises
    ------
    ValueError
        With the name of the file and the line, for everything that breaks the format:
        a value that is no finite number, series of different numbers of channels, a
        class that the header does not have, lengths that differ in spite of
        ``@equalLength true``, no ``@data``.

    Warns
    -----
    UserWarning
        If the header states another number of channels than all series have.

    Examples
    --------
    >>> import io
    >>> text = io.StringIO(
    ...     "@timeStamps true\n@classLabel true up down\n@data\n"
    ...     "(0.5,1),(2,3):(2,7):up\n(1,4):(1.5,?):down\n"
    ... )
    >>> X, y = read_ts(text)
    >>> y
    array(['up', 'down'], dtype='<U4')
    >>> X[0].times, X[0].values
    (array([0.5, 2. ]), array([[ 1., nan],
           [ 3.,  7.]]))
    """
    check_choice("duplicates", duplicates, ("error", "mean", "last", "keep"))
    texts = read_split(source, ".ts", split)
    return join_parts([parse_ts(text, duplicates) for text in texts])


def parse_ts(text: Text, duplicates: str = "error") -> Part:
    """Read one text as `read_ts` does."""
    lines = text.content.splitlines()
    header, n_header = read_header(text, lines)
    cases = _split_cases(text, header, lines, n_header)
    _check_header(header, cases)
    y = read_targets(cases, header.classes) if header.has_label else None
    if header.flags.get("timestamps"):
        rows, scale = read_stamped(cases, duplicates)
    else:
        numbers, counts = read_numbers(cases)
        if header.flags.get("equallength"):
            _check_lengths(cases, counts.max(axis=1))
        rows, scale = count_rows(numbers, counts), NUMBER
    rows.values.setflags(write=False)  # ours alone: the panel need not copy it
    return Panel(rows.values, rows.times, rows.indptr, time_scale=scale), y


def _split_cases(text: Text, header: Header, lines: list[bytes], start: int) -> Cases:
    """Split the lines behind the header into channels and labels."""
    numbers, pieces, labels, sizes = [], [], [], []
    split = split_channels if header.flags.get("timestamps") else _split_colons
    for number, raw in enumerate(lines[start:], start + 1):
        line = raw.strip()
        if not line or line[:1] == b"#":
            continue
        channels = split(line)
        label = channels.pop() if header.has_label else b""
        numbers.append(number)
        pieces += channels
        labels.append(label)
        sizes.append(len(channels))
    check_channels(text, numbers, sizes)
    return Cases(text, numbers, pieces, labels)


def _split_colons(line: bytes) -> list[bytes]:
    return line.split(b":")


def _check_header(header: Header, cases: Cases) -> None:
    found = cases.n_channels
    if header.flags.get("univariate") and found != 1:
        rule = "have one channel where the header states @univariate true"
        way_out = "Correct the header if the series are right."
        raise cases.text.error(rule, str(found), cases.lines[0], way_out)
    if header.n_channels not in (None, found):
        warnings.warn(
            f"the header of {cases.text.name} states {header.n_channels} channels, but "
            f"all series have {found}: {found} are read",
            stacklevel=4,
        )


def _check_lengths(cases: Cases, lengths: np.ndarray) -> None:
    wrong = np.flatnonzero(lengths != lengths[0])
    if len(wrong):
        raise cases.text.error(
            f"have series of {lengths[0]} values, like the first, where the header "
            "states @equalLength true",
            str(lengths[wrong[0]]),
            cases.lines[wrong[0]],
            "Correct the header if the series are right.",
        )
