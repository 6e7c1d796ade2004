"""CharacterTrajectories: which letter a pen wrote."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from ckts._checks import check_choice
from ckts.datasets._archives import read_members
from ckts.datasets._cache import Cache
from ckts.datasets._steps import panel_of_steps
from ckts.datasets.fetch.uea import bunch_of_texts, fetch_member
from ckts.panel import Panel

VERSIONS = ("2023", "2018", "uci")
CHANNELS = ("x_velocity", "y_velocity", "pen_force")
_NAME = "CharacterTrajectories"
_MATRICES = "mixoutALL_shifted.mat"


def fetch_character_trajectories(
    *,
    version: str = "2023",
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch CharacterTrajectories: 2858 handwritten letters, 20 classes, 3 channels.

    Three texts of it are public, so the version has a name.

    Parameters
    ----------
    version : {"2023", "2018", "uci"}
        * "2023": the UEA archive since 21 November 2023, trimmed, in full precision
        * "2018": the UEA archive of 2018, trimmed and rounded, which the CKCNN paper
          used. It is published with the 29 other sets in one archive only, which is
          large.
        * "uci": the original at UCI, trimmed here; without a split.

        The archive's text of 1 November 2023, padded by zeros, was withdrawn.
    split : {None, "train", "test"}
        The official split, 1422/1436. None gives both, the training set first. The
        paper joins and splits again: see `paper_split`.
    data_home, download_if_missing, verbose, return_X_y
        As for `fetch_uea`.

    Returns
    -------
    Bunch, or (X, y) if `return_X_y`
        data : Panel of shape (n_series,)
            3 channels; nothing is missing, lengths 60 to 182.
        target : ndarray of shape (n_series,)
            "1" to "20" as in the UEA archive; letters in the version "uci".

    Raises
    ------
    ValueError, FileNotFoundError, OSError
        As for `fetch_uea`.

    References
    ----------
    .. [1] B. H. Williams, M. Toussaint and A. J. Storkey (2006). Extracting motion
       primitives from natural handwriting data. ICANN. UCI Machine Learning Repository,
       doi 10.24432/C58G7V.

    Examples
    --------
    >>> X, y = fetch_character_trajectories(
    ...     version="uci", return_X_y=True
    ... )  # doctest: +SKIP
    """
    check_choice("version", version, VERSIONS)
    check_choice("split", split, (None, "train", "test"))
    cache = Cache(data_home, download_if_missing, verbose)
    if version == "2023":
        return fetch_member("uea", _NAME, split, return_X_y, cache)
    if version == "2018":
        dataset, paths = cache.fetch("uea_archive_2018")
        return bunch_of_texts(dataset, paths, _NAME, split, return_X_y)
    if split is not None:
        raise ValueError(
            "`split` must be None for the version 'uci', which has none; got "
            f"{split!r}. Use version='2023', or `paper_split`."
        )
    dataset, paths = cache.fetch("character_trajectories")
    (path,) = paths.values()
    X, y, counts = _read_uci(path)
    return dataset.as_bunch(X, y, counts, return_X_y=return_X_y)


def _read_uci(path: Path) -> tuple[Panel, np.ndarray, dict[str, int]]:
    from scipy.io import loadmat

    ((_, content),) = read_members(path, lambda name: name.endswith(_MATRICES))
    # Each record of the struct is reached by name; cells become arrays of objects.
    source = loadmat(io.BytesIO(content), squeeze_me=True, struct_as_record=False)
    padded = [np.asarray(matrix, np.float64).T for matrix in source["mixout"]]
    series = [_trim(matrix) for matrix in padded]
    lengths = [len(values) for values in series]
    panel = panel_of_steps(np.concatenate(series), lengths, CHANNELS)
    letters = np.array([str(letter) for letter in source["consts"].key])
    total = sum(len(matrix) for matrix in padded)
    trimmed = total - sum(lengths)
    counts = {"n_series": len(series), "trimmed": trimmed, "total": total}
    return panel, letters[source["consts"].charlabels.astype(int) - 1], counts


def _trim(values: np.ndarray) -> np.ndarray:
    """Cut the steps at both ends at which all channels are zero."""
    (moving,) = np.nonzero(values.any(axis=1))
    return values[moving[0] : moving[-1] + 1] if len(moving) else values[:0]
