"""What fetchers share: the form of what they return."""

from __future__ import annotations

from typing import Any

from sklearn.utils import Bunch

from ckts.datasets.catalog import Dataset


def make_bunch(
    dataset: Dataset,
    X: Any,
    y: Any,
    descr: str,
    *,
    return_X_y: bool = False,
    **more: Any,
) -> Any:
    """Return what a fetcher returns: (X, y), or a Bunch that also has the terms.

    Parameters
    ----------
    dataset : Dataset
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series, ...)
    descr : str
        What the series are, their units, what was left out: the first part of `DESCR`.
    return_X_y : bool, default False
    **more : object
        Further fields of the Bunch.
    """
    if return_X_y:
        return X, y
    terms = (
        f"{dataset.title}\n\n{descr.strip()}\n\n"
        f"Version: {dataset.version}\nLicense: {dataset.license}\n"
        f"Citation: {dataset.citation}\nHomepage: {dataset.homepage}\n"
    )
    return Bunch(
        data=X,
        target=y,
        DESCR=terms,
        license=dataset.license,
        citation=dataset.citation,
        version=dataset.version,
        **more,
    )
