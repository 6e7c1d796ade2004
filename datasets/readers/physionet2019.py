"""Records of the PhysioNet challenge 2019: the hours of a stay, in a `.psv` file."""

import numpy as np

from ckts.datasets.readers._text import (
    Source,
    Table,
    read_tables,
    read_texts,
    read_units,
)
from ckts.panel import Panel, TimeScale

CHANNELS, STATIC = read_units("physionet2019")
_COLUMNS = (*CHANNELS, *STATIC, "ICULOS", "SepsisLabel")


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
    table.check_cells(wrong, "have finite numbers or NaN")
    wrong[:, -1] = ~np.isin(cells[:, -1], (0, 1))
    table.check_cells(wrong, "have SepsisLabel 0 or 1")
    hours = cells[:, -2]
    _check_hours(table, hours)
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
    return panel, cells[:, -1].astype(np.int64)


def _check_hours(table: Table, hours: np.ndarray) -> None:
    """Raise unless hours (n_rows,) are whole and increase within each record."""
    wrong = hours != np.floor(hours)
    wrong[1:] |= (np.diff(table.series) == 0) & ~(np.diff(hours) > 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        rule = "have whole hours that increase in column ICULOS"
        raise table.error(rule, f"{hours[row]:g}", row)
