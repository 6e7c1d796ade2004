"""PhysioNet 2012: two days in intensive care, and who died in hospital."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckts._checks import check_some_of
from ckts.datasets._cache import Cache
from ckts.datasets.readers.physionet2012 import CHANNELS, STATIC, read_physionet2012
from ckts.panel import Panel

SETS = ("a", "b", "c")


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
        DESCR, license, citation, version : str

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
