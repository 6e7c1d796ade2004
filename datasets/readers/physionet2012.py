"""Records of the PhysioNet challenge 2012: texts of stays in intensive care."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ckts.datasets._checks import check_choice
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._rows import Measurements, Rows, find_repeat, gather_rows
from ckts.datasets.readers._text import (
    Source,
    Table,
    as_text,
    parse_cells,
    read_tables,
    read_text,
    read_texts,
    shorten,
)
from ckts.panel import Panel, TimeScale

# Parameter -> its unit, as the challenge states them.
CHANNELS = {
    "Albumin": "g/dL",
    "ALP": "IU/L",
    "ALT": "IU/L",
    "AST": "IU/L",
    "Bilirubin": "mg/dL",
    "BUN": "mg/dL",
    "Cholesterol": "mg/dL",
    "Creatinine": "mg/dL",
    "DiasABP": "mmHg",
    "FiO2": "0-1",
    "GCS": "3-15",
    "Glucose": "mg/dL",
    "HCO3": "mmol/L",
    "HCT": "%",
    "HR": "1/min",
    "K": "mEq/L",
    "Lactate": "mmol/L",
    "Mg": "mmol/L",
    "MAP": "mmHg",
    "MechVent": "0/1",
    "Na": "mEq/L",
    "NIDiasABP": "mmHg",
    "NIMAP": "mmHg",
    "NISysABP": "mmHg",
    "PaCO2": "mmHg",
    "PaO2": "mmHg",
    "pH": "0-14",
    "Platelets": "1000/µL",
    "RespRate": "1/min",
    "SaO2": "%",
    "SysABP": "mmHg",
    "Temp": "°C",
    "TroponinI": "µg/L",
    "TroponinT": "µg/L",
    "Urine": "mL",
    "WBC": "1000/µL",
    "Weight": "kg",
}
STATIC = {
    "Age": "years",
    "Gender": "0 female, 1 male",
    "Height": "cm",
    "ICUType": "1 coronary, 2 cardiac surgery, 3 medical, 4 surgical",
    "Weight": "kg",
}
OUTCOMES = ("SAPS-I", "SOFA", "Length_of_stay", "Survival", "In-hospital_death")
_COLUMNS = ("Time", "Parameter", "Value")
_CLOCK = re.compile(r"(\d{2,}):([0-5]\d)")


def read_physionet2012(
    source: Source, outcomes: Source | None = None, *, duplicates: str = "keep"
) -> tuple[Panel, pd.DataFrame | None]:
    r"""Read records of the PhysioNet challenge 2012: two days in intensive care [1]_.

    Nothing is rounded or filled in: the time stamps are the minutes of the text.

    Parameters
    ----------
    source : path or open file
        A record (``132539.txt``), or a folder or archive (zip, tar, tar.gz, tar.xz; it
        is not extracted) of records. ``Outcomes-*.txt`` among them are left out.
    outcomes : path or open file, optional
        ``Outcomes-a.txt``, or that of another set.
    duplicates : {"keep", "mean", "last", "error"}
        What becomes of a parameter with several values in one minute (0.2 % of them,
        mostly blood pressure and urine): all are kept, in rows of the same time; or
        the mean, the last, or none at all.

    Returns
    -------
    X : Panel of shape (n_records,)
        Sorted by file name; `X.instances` are the record numbers. Times in minutes
        since admission, int64. 37 channels. Static features: age, gender, height, type
        of the unit, and weight, the first that is given at 00:00; -1 is "unknown" and
        becomes NaN. Weight is a channel too, without that first value. Rows without the
        name of a parameter are dropped; records without any measurement are kept.
    y : DataFrame of shape (n_records, 5) or None
        SAPS-I, SOFA, Length_of_stay (days), Survival (days; -1 if no death is known)
        and In-hospital_death of the records, indexed by record number. -1 is unknown.

    Raises
    ------
    ValueError
        With the name of the file and the line, for everything that breaks the format,
        and for a record without outcome.

    References
    ----------
    .. [1] I. Silva, G. Moody, D. J. Scott, L. A. Celi and R. G. Mark (2012). Predicting
       in-hospital mortality of ICU patients: the PhysioNet/Computing in Cardiology
       Challenge 2012. Computing in Cardiology 39, 245-248.

    Examples
    --------
    >>> import io
    >>> record = io.StringIO(
    ...     "Time,Parameter,Value\n00:00,RecordID,132539\n00:00,Age,54\n"
    ...     "00:07,HR,73\n00:07,Temp,35.1\n00:37,HR,77\n"
    ... )
    >>> X, _ = read_physionet2012(record)
    >>> X.instances, X.in_channels, X.static[0, 0].item()
    (array([132539]), 37, 54.0)
    >>> X.times, X.values[:, X.channels.index("HR")]
    (array([ 7, 37]), array([73., 77.]))
    """
    check_choice("duplicates", duplicates, ("keep", "mean", "last", "error"))
    texts = [
        text
        for text in read_texts(source, ".txt")
        if not text.stem.lower().startswith("outcomes")
    ]
    if not texts:
        raise ValueError(
            "`source` must hold records; got Outcomes-*.txt only. Pass that file as "
            "`outcomes`."
        )
    X = _make_panel(read_tables(texts, _COLUMNS, ","), duplicates)
    return X, None if outcomes is None else _read_outcomes(outcomes, X.instances)


def _make_panel(table: Table, duplicates: str) -> Panel:
    rows = _parse_columns(table)
    series = np.repeat(np.arange(len(table.texts)), table.lengths)
    first = {name: _find_first(rows, series, name) for name in ("RecordID", *STATIC)}
    measured = np.asarray(rows.names != "")
    measured[np.concatenate(list(first.values()))] = False
    static = np.full((len(table.texts), len(STATIC)), np.nan)
    for column, name in enumerate(STATIC):
        static[series[first[name]], column] = rows.values[first[name]]
    gathered = _gather(table, rows, series, np.flatnonzero(measured), duplicates)
    gathered.values.setflags(write=False)  # ours alone: the panel need not copy it
    return Panel(
        gathered.values,
        gathered.times,
        gathered.indptr,
        channels=tuple(CHANNELS),
        instances=_read_numbers_of_records(table, rows, series, first["RecordID"]),
        static=np.where(static == -1, np.nan, static),
        static_names=tuple(STATIC),
        time_scale=TimeScale("number", "min"),
    )


def _gather(
    table: Table, rows: _Rows, series: np.ndarray, measured: np.ndarray, duplicates: str
) -> Rows:
    """Make one row of all that was measured in a record in one minute.

    ``measured``, of shape (n_measured,), says which rows of the table are meant.
    """
    channels = _find_channels(table, rows.names, measured)
    found = Measurements(
        series[measured], rows.minutes[measured], channels, rows.values[measured]
    )
    if duplicates == "error" and (again := find_repeat(found)) is not None:
        row = int(measured[again])
        raise table.error(
            "have each parameter once in a minute",
            f"{rows.names[row]} twice",
            row,
            'Pass `duplicates="keep"`, "mean" or "last".',
        )
    how = "keep" if duplicates == "error" else duplicates
    return gather_rows(found, len(table.texts), len(CHANNELS), how)


@dataclass(frozen=True)
class _Rows:
    """The columns of the table: minutes, names and values of shape (n_rows,)."""

    minutes: np.ndarray
    names: pd.Categorical
    values: np.ndarray


def _parse_columns(table: Table) -> _Rows:
    """Parse each spelling once: the same minutes, names and values come again."""
    frame = pd.read_csv(
        io.BytesIO(table.body or b",,"),
        header=None,
        names=list(_COLUMNS),
        dtype="category",
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
    ).iloc[: table.lengths.sum()]
    minutes = _decode(frame["Time"], _parse_clock)
    _refuse(table, frame["Time"], minutes < 0, "have times HH:MM")
    values = _decode(frame["Value"], _parse_values)
    _refuse(
        table, frame["Value"], ~np.isfinite(values), "have finite numbers as values"
    )
    return _Rows(minutes, frame["Parameter"].array, values)


def _decode(column: pd.Series, parse: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    """Parse the categories of a column (n_rows,), and put them in its rows."""
    categories = [str(category) for category in column.cat.categories]
    return parse(categories)[column.cat.codes.to_numpy()]


def _parse_clock(clocks: list[str]) -> np.ndarray:
    """Turn HH:MM into minutes; -1 is none."""
    matches = [_CLOCK.fullmatch(clock) for clock in clocks]
    return np.array([60 * int(m[1]) + int(m[2]) if m else -1 for m in matches], int)


def _parse_values(values: list[str]) -> np.ndarray:
    """Parse numbers; NaN is none."""
    numbers, wrong = parse_numbers(",".join(values).encode(), b",")
    numbers[wrong] = np.nan
    return numbers


def _refuse(table: Table, column: pd.Series, wrong: np.ndarray, rule: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise table.error(rule, shorten(str(column.iloc[row])), row)


def _find_first(rows: _Rows, series: np.ndarray, name: str) -> np.ndarray:
    """Return the first rows of each series that give a parameter at 00:00."""
    found = np.flatnonzero((rows.names == name) & (rows.minutes == 0))
    return found[np.unique(series[found], return_index=True)[1]]


def _find_channels(
    table: Table, names: pd.Categorical, measured: np.ndarray
) -> np.ndarray:
    """Return the channels of some rows, of shape (n_measured,)."""
    known = {name: number for number, name in enumerate(CHANNELS)}
    of_category = np.array([known.get(name, -1) for name in names.categories], int)
    channels = of_category[names.codes[measured]]
    if np.any(channels < 0):
        row = int(measured[np.argmax(channels < 0)])
        rule = f"have one of {len(CHANNELS)} parameters"
        raise table.error(rule, shorten(names[row]), row)
    return channels


def _read_numbers_of_records(
    table: Table, rows: _Rows, series: np.ndarray, first: np.ndarray
) -> np.ndarray:
    """Return the record numbers, of shape (n_records,)."""
    without = np.setdiff1d(np.arange(len(table.texts)), series[first])
    if len(without):
        rule = "have a RecordID at 00:00"
        raise table.texts[without[0]].error(rule, "none", None, "Fetch it again.")
    return rows.values[first].astype(np.int64)


def _read_outcomes(source: Source, records: np.ndarray) -> pd.DataFrame:
    """Read the outcomes of some records, in their order."""
    text = read_text(source, ".txt", "outcomes")
    columns = ("RecordID", *OUTCOMES)
    table = read_tables([text], columns, ",")
    cells, wrong = parse_cells(table, len(columns), ",")
    wrong = np.append(wrong, np.flatnonzero(~np.isfinite(cells)))
    if len(wrong):
        row = int(wrong[0]) // len(columns)
        raise table.error("have numbers", shorten(as_text(table.line(row))), row)
    known = cells.astype(np.int64)
    frame = pd.DataFrame(known[:, 1:], columns=list(OUTCOMES), index=known[:, 0])
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        rule, way_out = "have one line for a record", "Remove the other lines."
        raise text.error(rule, f"two for {twice}", None, way_out)
    missing = np.setdiff1d(records, frame.index)
    if len(missing):
        rule, way_out = "have a line for every record", "Give that of the same set."
        raise text.error(rule, f"none for {missing[0]}", None, way_out)
    return frame.loc[records].rename_axis("RecordID")
