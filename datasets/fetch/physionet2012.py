"""PhysioNet 2012: two days in intensive care, and who died in hospital."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts._checks import check_choice, check_some_of
from ckts.datasets._cache import Cache
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._text import (
    Source,
    Table,
    read_tables,
    read_text,
    read_texts,
    read_units,
)
from ckts.panel import Panel, TimeScale

if TYPE_CHECKING:
    import pandas as pd

CHANNELS, STATIC = read_units("physionet2012")
SETS = ("a", "b", "c")
OUTCOMES = ("SAPS-I", "SOFA", "Length_of_stay", "Survival", "In-hospital_death")
_AT_ADMISSION = ("RecordID", *STATIC)
_COLUMNS = ("Time", "Parameter", "Value")
_CLOCK = r"^([0-9]{2,}):([0-5][0-9])$"


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
    at_admission = rows[(rows["minute"] == 0) & rows["name"].isin(_AT_ADMISSION)]
    first = at_admission[~at_admission.duplicated(["series", "name"])]
    measured = rows.drop(first.index)
    measured = measured[measured["name"] != ""]
    channels = measured["name"].cat.set_categories(list(CHANNELS)).cat.codes
    rule = f"have one of {len(CHANNELS)} parameters"
    table.check_cells(rule, measured.index[channels < 0], 1)
    known = first.pivot(index="series", columns="name", values="value")
    known = known.reindex(index=range(len(table.texts)), columns=list(_AT_ADMISSION))
    if known["RecordID"].isna().any():
        text = table.texts[int(np.argmax(known["RecordID"].isna()))]
        raise text.error("have a RecordID at 00:00", "none")
    if duplicates == "error":
        _raise_if_repeated(table, measured)
    return Panel.from_measurements(
        measured["series"].to_numpy(),
        measured["minute"].to_numpy(),
        channels.to_numpy(),
        measured["value"].to_numpy(),
        n_series=len(table.texts),
        channels=tuple(CHANNELS),
        duplicates="keep" if duplicates == "error" else duplicates,
        instances=known["RecordID"].to_numpy(np.int64),
        static=known[list(STATIC)].replace(-1, np.nan).to_numpy(),
        static_names=tuple(STATIC),
        time_scale=TimeScale("number", "min"),
    )


def _raise_if_repeated(table: Table, measured: pd.DataFrame) -> None:
    again = measured.duplicated(["series", "minute", "name"])
    if again.any():
        row = int(again.idxmax())
        raise table.error(
            "have each parameter once in a minute",
            f"{measured['name'][row]} twice",
            row,
            'Pass `duplicates="keep"`, "mean" or "last".',
        )


def _parse_columns(table: Table) -> pd.DataFrame:
    """Read series, minute, name and value; each spelling is parsed once."""
    import pandas as pd

    frame = pd.read_csv(
        io.BytesIO(table.body or b",,"),
        header=None,
        names=["time", "name", "value"],
        dtype="category",
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        lineterminator="\n",
        skip_blank_lines=False,
    ).iloc[: table.lengths.sum()]
    clock = frame["time"].cat.categories.str.extract(_CLOCK).astype(float)
    minutes = (60 * clock[0] + clock[1]).to_numpy()[frame["time"].cat.codes]
    table.check_cells("have times HH:MM", np.flatnonzero(np.isnan(minutes)), 0)
    spelled = ",".join(frame["value"].cat.categories)
    numbers, wrong = parse_numbers(spelled.encode(), b",")
    numbers[wrong] = np.nan
    values = numbers[frame["value"].cat.codes]
    infinite = np.flatnonzero(~np.isfinite(values))
    table.check_cells("have finite numbers as values", infinite, 2)
    broken = np.flatnonzero((frame["name"] == "RecordID") & ~_is_whole(values))
    rule = "have a whole number of at most 15 digits as RecordID"
    table.check_cells(rule, broken, 2)
    return frame.assign(
        series=table.series,
        minute=minutes.astype(np.int64),
        value=values,
    )


def _is_whole(numbers: np.ndarray) -> np.ndarray:
    """Return where int64 holds the number; float64 has at least 15 digits exactly."""
    return (numbers == np.trunc(numbers)) & (abs(numbers) < 1e15)


def _read_outcomes(source: Source, records: np.ndarray) -> pd.DataFrame:
    """Read the outcomes of some records, in their order."""
    import pandas as pd

    text = read_text(source, ".txt", "outcomes")
    table = read_tables([text], ("RecordID", *OUTCOMES), ",")
    cells, wrong = table.parse()
    rule = "have whole numbers of at most 15 digits"
    table.check_cells(rule, *np.nonzero(wrong | ~_is_whole(cells)))
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


def fetch_physionet2012(
    *,
    subset: str | Sequence[str] = SETS,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch PhysioNet 2012: from two days in intensive care, predict death in hospital.

    Three sets of 4000 patients each [1]_; in the challenge, set a was there to train,
    set b to test in the open, and set c to test in the end. They have 554, 568 and 585
    deaths.

    Parameters
    ----------
    subset : {"a", "b", "c"} or sequence of them, default ("a", "b", "c")
        The sets, read in this order. 7 MB each to download.
    data_home : path, optional
        The cache; by default `CKTS_DATA` or the folder of the operating system.
    download_if_missing : bool, default True
        If False, raise an error where a file is not in the cache.
    verbose : bool, default False
        Draw progress bars.
    return_X_y : bool, default False
        Return (data, target) only.

    Returns
    -------
    Bunch
        data : Panel of shape (n_records,)
            As `read_physionet2012` reads it; `data.instances` are the record numbers.
        target : ndarray of shape (n_records,)
            1 if the patient died in hospital, else 0.
        outcomes : DataFrame of shape (n_records, 5)
            Severity scores, length of stay, survival; -1 is unknown.
        subset : ndarray of shape (n_records,)
            The set of each record.
        empty_records : ndarray
            The numbers of the records without any measurement.
        channel_units, static_units : dict of str to str
            By names of channels and static features.
        DESCR, license, citation, version : str
            Texts about the set.

    See Also
    --------
    read_physionet2012 : Reads the records, with other choices.

    References
    ----------
    .. [1] I. Silva, G. Moody, D. J. Scott, L. A. Celi and R. G. Mark (2012). Predicting
       in-hospital mortality of ICU patients: the PhysioNet/Computing in Cardiology
       Challenge 2012. Computing in Cardiology 39, 245-248.

    Examples
    --------
    >>> X, y = fetch_physionet2012(subset="a", return_X_y=True)  # doctest: +SKIP
    """
    import pandas as pd

    subset = check_some_of("subset", subset, SETS)
    names = [name for s in subset for name in (f"set-{s}.tar.gz", f"Outcomes-{s}.txt")]
    cache = Cache(data_home, download_if_missing, verbose)
    dataset, paths = cache.fetch("physionet2012", names)
    parts = [
        read_physionet2012(paths[f"set-{s}.tar.gz"], paths[f"Outcomes-{s}.txt"])
        for s in subset
    ]
    X = Panel.concat([panel for panel, _ in parts])
    outcomes = pd.concat([outcomes for _, outcomes in parts])
    y = outcomes["In-hospital_death"].to_numpy()
    empty = X.instances[X.lengths == 0]
    counts = dict(
        n_records=len(X),
        sets=f"set{'s' * (len(subset) > 1)} {', '.join(subset)}",
        n_deaths=y.sum(),
        observed=1 - X.observations.missing if len(X.times) else 0.0,
        n_empty=f"{len(empty)} record{'s' * (len(empty) != 1)}",
        empty=", ".join(map(str, empty)) or "none",
    )
    return dataset.as_bunch(
        X,
        y,
        counts,
        return_X_y=return_X_y,
        outcomes=outcomes,
        subset=np.repeat(subset, [len(panel) for panel, _ in parts]),
        empty_records=empty,
        channel_units=dict(CHANNELS),
        static_units=dict(STATIC),
    )
