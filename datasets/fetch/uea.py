"""Sets of the UEA, UCR and TSER archives, by download."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ckts._checks import check_choice
from ckts.datasets._archives import read_members
from ckts.datasets._cache import Cache
from ckts.datasets.catalog import Dataset
from ckts.datasets.readers._text import Text, join_parts
from ckts.datasets.readers.ts import parse_ts, read_ts


def fetch_uea(
    name: str,
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch a classification set of the UEA, UCR or a later archive of the same house.

    Downloaded once from Zenodo and compared with the digest that Zenodo publishes. If
    Zenodo fails, the archive's website is tried; its text may differ, so it is cached
    under another version.

    Parameters
    ----------
    name : str
        Such as "PLAID" or "BasicMotions": the 30 sets of the UEA archive
        (multivariate), the 128 of the UCR archive (univariate) and 120 later ones.
        `ckts datasets --all` lists them.
    split : {None, "train", "test"}
        The official split. None gives both, the training set first.
    data_home : path, optional
        The cache; by default the environment variable `CKTS_DATA`, and without it the
        folder for caches of the operating system.
    download_if_missing : bool, default True
        If False, or where `CKTS_OFFLINE` is set, nothing is downloaded.
    verbose : bool, default False
        Draw progress bars.
    return_X_y : bool, default False
        Return (X, y) instead of a Bunch.

    Returns
    -------
    Bunch
        data : Panel of shape (n_series,)
            As `read_ts` reads it; `X.instances` are the numbers 0, 1, ... of the
            series, training set first, whatever the split.
        target : ndarray of shape (n_series,)
            The classes, as strings.
        DESCR, license, citation, version : str
            `version` says where it came from.
    (X, y) : tuple if `return_X_y`

    Raises
    ------
    ValueError
        If there is no set of that name.
    FileNotFoundError
        If it is not in the cache and must not be downloaded.
    OSError
        If no mirror gives it, or the disk is full.

    References
    ----------
    .. [1] A. Bagnall et al. (2018). The UEA multivariate time series classification
       archive, 2018. arXiv:1811.00075.
    .. [2] H. A. Dau et al. (2019). The UCR time series archive. IEEE/CAA Journal of
       Automatica Sinica 6(6), 1293-1305.

    Examples
    --------
    >>> X, y = fetch_uea("PLAID", split="train", return_X_y=True)  # doctest: +SKIP
    """
    cache = Cache(data_home, download_if_missing, verbose)
    return fetch_member("uea", name, split, return_X_y, cache)


def fetch_tser(
    name: str,
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch a set of the archive for time series extrinsic regression (TSER).

    Parameters
    ----------
    name : str
        One of 63, such as "AppliancesEnergy"; `ckts datasets --all` lists them.
    split, data_home, download_if_missing, verbose, return_X_y
        As for `fetch_uea`.

    Returns
    -------
    Bunch, or (X, y) if `return_X_y`
        As `fetch_uea`; the target is a float64 ndarray of shape (n_series,).

    References
    ----------
    .. [1] C. W. Tan, C. Bergmeir, F. Petitjean and G. I. Webb (2021). Time series
       extrinsic regression. Data Mining and Knowledge Discovery 35, 1032-1060.

    Examples
    --------
    >>> X, y = fetch_tser("Covid3Month", return_X_y=True)  # doctest: +SKIP
    """
    cache = Cache(data_home, download_if_missing, verbose)
    return fetch_member("tser", name, split, return_X_y, cache)


def fetch_member(
    family: str, name: str, split: str | None, return_X_y: bool, cache: Cache
) -> Any:
    """Fetch a set of a family of the catalog, "uea" or "tser"."""
    check_choice("split", split, (None, "train", "test"))
    short = str(name).removeprefix(f"{family}/")  # the full name may be given, too
    dataset, paths = cache.fetch(f"{family}/{short}")
    return bunch_of_texts(dataset, paths, short, split, return_X_y)


def bunch_of_texts(
    dataset: Dataset,
    paths: Mapping[str, Path],
    short: str,
    split: str | None,
    return_X_y: bool,
) -> Any:
    """Read the training and the test text of a set; return one or both.

    Parameters
    ----------
    dataset : Dataset
    paths : mapping of str to Path
        The two `.ts` files, or one archive that has them, perhaps among others.
    short : str
        Name of the set.
    split : {None, "train", "test"}
    return_X_y : bool

    Returns
    -------
    Bunch, or (X, y) if `return_X_y`
        The training set first; `X.instances` are 0, 1, ... whatever the split.
    """
    names = [f"{short}_{part}.ts" for part in ("TRAIN", "TEST")]
    if set(names) <= set(paths):
        train, test = (read_ts(paths[name]) for name in names)
    else:
        (archive,) = paths.values()
        train, test = (parse_ts(text) for text in _find_texts(archive, names))
    X, y = join_parts([train, test])
    if y is None:
        raise ValueError(
            f"`name` must be a set with classes or numbers to predict; got {short}, "
            "whose text states none. Read it with `read_ts`."
        )
    n_train = len(train[0])
    parts = {None: slice(None), "train": slice(n_train), "test": slice(n_train, None)}
    X, y = X[parts[split]], y[parts[split]]
    lengths = np.diff(X.indptr)
    counts = dict(
        n_series=len(X),
        n_channels=X.in_channels,
        lengths=f"{lengths.min()} to {lengths.max()}",
        missing=X.observations.missing,
        split=f"the {split} set" if split else f"the first {n_train} to train",
    )
    return dataset.as_bunch(X, y, counts, return_X_y=return_X_y)


def _find_texts(archive: Path, names: Sequence[str]) -> list[Text]:
    """Read the texts of some names, in any folder of an archive."""
    members = read_members(archive, lambda name: PurePosixPath(name).name in names)
    texts = {PurePosixPath(name).name: content for name, content in members}
    if missing := [name for name in names if name not in texts]:
        raise ValueError(
            f"`archive` must have {' and '.join(names)}; {archive} lacks "
            f"{missing[0]}. Inspect it, and report it to us."
        )
    return [Text(name, texts[name]) for name in names]
