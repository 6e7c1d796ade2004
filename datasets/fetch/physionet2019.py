"""PhysioNet 2019: sepsis in intensive care, under three protocols."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckts._checks import check_choice, check_some_of
from ckts.datasets._cache import Cache
from ckts.datasets.readers._text import (
    Source,
    read_tables,
    read_texts,
    read_units,
)
from ckts.datasets.split import paper_split
from ckts.panel import Panel, TimeScale

CHANNELS, STATIC = read_units("physionet2019")
_COLUMNS = (*CHANNELS, *STATIC, "ICULOS", "SepsisLabel")
PROTOCOLS = {
    "label_within_72h": "The first 72 hours, and whether sepsis develops within them: "
    "the task of the paper's code. Stays of at most 2 hours are left out.",
    "label_whole_stay": "The first 72 hours, and whether sepsis develops during the "
    "whole stay: the task of the paper's text. Stays of at most 2 hours are left out.",
    "hourly": "The whole stay, and for every hour whether sepsis begins within six "
    "hours or has begun: the task of the challenge.",
}
HOSPITALS = ("A", "B")
HOURS = 72
SHORTEST = 2  # hours; stays of so many or fewer are left out by the paper's code
SPLITS = ("train", "validation", "test")


def read_physionet2019(source: Source) -> tuple[Panel, np.ndarray]:
    r"""Read records of the PhysioNet challenge 2019: sepsis in intensive care [1]_.

    Parameters
    ----------
    source : path or open file
        A record (``p000001.psv``), or a folder or archive (zip, tar, tar.gz, tar.xz; it
        is not extracted) of records.

    Returns
    -------
    X : Panel of shape (n_records,)
        Sorted by file name, without folder; `X.instances` are the names of the files,
        such as "p000001". Times in hours since the admission to intensive care
        (``ICULOS``), int64; most stays begin at 1, and no hour is missing after
        that. 34 channels. Static features, of the first hour: age, gender, two kinds of
        units, and when the patient came to the hospital.
    y : ndarray of shape (n_rows,)
        ``SepsisLabel`` of every hour, in the order of the rows of `X`: those of record
        ``i`` are ``y[X.indptr[i]:X.indptr[i + 1]]``. 1 from six hours before the onset
        of sepsis on, else 0.

    Raises
    ------
    ValueError
        With the name of the file and the line, for everything that breaks the format.

    References
    ----------
    .. [1] M. A. Reyna et al. (2020). Early prediction of sepsis from clinical data: the
       PhysioNet/Computing in Cardiology Challenge 2019. Critical Care Medicine 48(2),
       210-217.

    Examples
    --------
    >>> X, y = read_physionet2019("training_setA.zip")  # doctest: +SKIP
    """
    texts = sorted(read_texts(source, ".psv"), key=lambda text: text.stem)
    table = read_tables(texts, _COLUMNS, "|")
    cells, wrong = table.parse()
    table.check_cells("have finite numbers or NaN", *np.nonzero(wrong))
    hours, labels = cells[:, -2], cells[:, -1]
    unknown = np.flatnonzero(~np.isin(labels, (0, 1)))
    table.check_cells("have SepsisLabel 0 or 1", unknown, len(_COLUMNS) - 1)
    wrong_hours = hours != np.floor(hours)
    wrong_hours[1:] |= (np.diff(table.series) == 0) & ~(np.diff(hours) > 0)
    rule = "have whole hours that increase"
    table.check_cells(rule, np.flatnonzero(wrong_hours), len(_COLUMNS) - 2)
    indptr = np.concatenate([[0], np.cumsum(table.lengths)])
    filled = table.lengths > 0
    static = np.full((len(texts), len(STATIC)), np.nan)
    static[filled] = cells[indptr[:-1][filled], len(CHANNELS) : -2]
    panel = Panel(
        cells[:, : len(CHANNELS)],
        hours.astype(np.int64),
        indptr,
        channels=tuple(CHANNELS),
        instances=np.array([text.stem for text in texts]),
        static=static,
        static_names=tuple(STATIC),
        time_scale=TimeScale("number", "h"),
    )
    return panel, labels.astype(np.int64)


def fetch_physionet2019(
    *,
    protocol: str = "label_within_72h",
    split: str | None = None,
    hospitals: str | Sequence[str] = HOSPITALS,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch PhysioNet 2019: predict sepsis from the hours of a stay in intensive care.

    40,336 patients of two hospitals [1]_. Papers predict different things from them
    under one name, so that the protocol has to be chosen.

    Parameters
    ----------
    protocol : {"label_within_72h", "label_whole_stay", "hourly"}
        "label_within_72h" is what the code of the CKConv paper does, which it has from
        Kidger et al. [2]_: of the hours up to 72, is any labeled as septic? Stays that
        end after at most 2 hours are left out.

        "label_whole_stay" is what the text of the paper says: the same hours, but the
        label of the entire stay, "which can extend for a month for some patients".

        "hourly" is the task of the challenge: all stays with all hours, and a label for
        each hour. To predict it, a model may use this hour and those before.
    split : {None, "train", "validation", "test"}
        70, 15 and 15 % of the stays, as `paper_split` has them, each with its share of
        septic stays; in the order of the files. None gives all.
    hospitals : {"A", "B"} or sequence of them, default ("A", "B")
        20,336 and 20,000 patients.
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
            As `read_physionet2019` reads it, sorted by the name of the file.
        target : ndarray of shape (n_records,), or (n_rows,) if "hourly"
            1 for sepsis, else 0. Those of stay ``i`` are the hourly labels
            ``target[data.indptr[i]:data.indptr[i + 1]]``.
        hospital : ndarray of shape (n_records,)
            "A" or "B".
        channel_units, static_units : dict of str to str
            By names of channels and static features.
        DESCR, license, citation, version : str
            Texts about the set.

    See Also
    --------
    read_physionet2019 : Reads the records as they are.

    Notes
    -----
    The published code takes the files in the order of the directory, which differs
    from machine to machine, and splits them in that order; we sort them by name, so
    that the parts differ from those of the paper, but never among us. The code puts
    NaN for hours before the first row and 0 for an unknown unit; here the hours are
    the times, and the unknown stays NaN.

    References
    ----------
    .. [1] M. A. Reyna et al. (2020). Early prediction of sepsis from clinical data: the
       PhysioNet/Computing in Cardiology Challenge 2019. Critical Care Medicine 48(2),
       210-217.
    .. [2] P. Kidger, J. Morrill, J. Foster and T. Lyons (2020). Neural controlled
       differential equations for irregular time series. NeurIPS.

    Examples
    --------
    >>> bunch = fetch_physionet2019(protocol="label_whole_stay")  # doctest: +SKIP
    """
    check_choice("protocol", protocol, tuple(PROTOCOLS))
    check_choice("split", split, (None, *SPLITS))
    hospitals = check_some_of("hospitals", hospitals, HOSPITALS)
    names = [f"training_set{hospital}.zip" for hospital in hospitals]
    cache = Cache(data_home, download_if_missing, verbose)
    dataset, paths = cache.fetch("physionet2019", names)
    parts = [read_physionet2019(paths[name]) for name in names]
    everyone = Panel.concat([panel for panel, _ in parts])
    hourly = np.concatenate([labels for _, labels in parts])
    of = np.repeat(hospitals, [len(panel) for panel, _ in parts])
    X, y, septic, kept = apply_protocol(everyone, hourly, protocol)
    of = of[kept]
    if split is not None:
        parts_of = dict(zip(SPLITS, paper_split(X, septic)[:3], strict=True))
        chosen = np.isin(X.instances, parts_of[split].instances)
        y = y[chosen[X.series_of_rows] if protocol == "hourly" else chosen]
        X, septic, of = X[chosen], septic[chosen], of[chosen]
    counts = dict(
        n_records=len(X),
        hospitals=f"hospital{'s' * (len(hospitals) > 1)} {' and '.join(hospitals)}",
        split="" if split is None else f", those of the {split} part",
        protocol=PROTOCOLS[protocol],
        name=protocol,
        n_left_out=np.count_nonzero(~kept),
        n_septic=septic.sum(),
        share=septic.mean(),
        observed=1 - X.observations.missing,
    )
    return dataset.as_bunch(
        X,
        y,
        counts,
        return_X_y=return_X_y,
        hospital=of,
        channel_units=dict(CHANNELS),
        static_units=dict(STATIC),
    )


def apply_protocol(
    X: Panel, hourly: np.ndarray, protocol: str
) -> tuple[Panel, np.ndarray, np.ndarray, np.ndarray]:
    """Make a task of records as `read_physionet2019` returns them.

    Parameters
    ----------
    X : Panel of shape (n_records,)
    hourly : ndarray of shape (n_rows,)
    protocol : {"label_within_72h", "label_whole_stay", "hourly"}

    Returns
    -------
    X : Panel of shape (n_kept,)
    y : ndarray of shape (n_kept,), or (n_rows,) if "hourly"
    septic : ndarray of shape (n_kept,)
        1 for each stay with a label of the task, else 0.
    kept : ndarray of shape (n_records,)
        bool; the records that the protocol does not leave out.
    """
    if protocol == "hourly":
        septic = _any_in_series(X, hourly == 1)
        return X, hourly, septic, np.ones(len(X), dtype=bool)
    first = X.times <= HOURS
    kept = _any_in_series(X, first & (X.times > SHORTEST)) == 1
    counts = first if protocol == "label_within_72h" else True
    septic = _any_in_series(X, (hourly == 1) & counts)[kept]
    return X.keep_rows(first)[kept], septic, septic, kept


def _any_in_series(X: Panel, rows: np.ndarray) -> np.ndarray:
    """Return 1 for each series where any of the rows is true: (n_series,)."""
    hits = np.bincount(X.series_of_rows[rows], minlength=len(X))
    return (hits > 0).astype(np.int64)
