"""Predictions as frames: of long tables of pandas, and of Dask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ckts._checks import check_choice
from ckts.panel import Panel, ParquetPanel, check_roles

METHODS = (
    *("predict", "predict_proba", "predict_log_proba", "decision_function"),
    "transform",
)


def predict_frame(
    frame: pd.DataFrame,
    model: Any,
    *,
    instance: str,
    time: str,
    method: str = "predict",
    **columns: Any,
) -> pd.DataFrame:
    """Predict the series of a long table.

    Of partitions of a Dask frame, of groups, or of batches of a stream; each must hold
    whole series. `predict_dask` sees to that.

    Parameters
    ----------
    frame : DataFrame
        A long table, as `Panel.from_long` takes it.
    model : estimator
        A fitted one, of ckts or a pipeline of such.
    instance, time : str
        The columns, or levels of the index, that say whose row it is, and when.
    method : {"predict", "predict_proba", "predict_log_proba", "decision_function", \
"transform"}
        What is called.
    **columns
        The other arguments of `Panel.from_long`.

    Returns
    -------
    DataFrame of shape (n_series, n_outputs)
        Indexed by instance. Columns are "prediction", the classes as text, or the names
        of features; several outputs without names are numbered.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError, ValueError
        If it is no such model, or has no such method.

    Examples
    --------
    >>> from ckts import CKRocketClassifier, predict_frame
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(60, random_state=0)
    >>> model = CKRocketClassifier(n_kernels=500, random_state=0).fit(X, y)
    >>> roles = {"instance": "instance", "time": "time", "channel": "channel"}
    >>> visits = X[:2].to_long()
    >>> predict_frame(visits, model, **roles, value="value").columns.tolist()
    ['prediction']
    """
    _check_frame(frame)
    predict = _method_of(model, method)
    panel = Panel.from_long(frame, instance=instance, time=time, **columns)
    found = predict(panel)
    if isinstance(found, list):  # of several outputs
        found = np.hstack(found)
    index = pd.Index(panel.instances, name=instance, tupleize_cols=False)
    if isinstance(found, pd.DataFrame):
        return found.set_axis(index)
    table = np.asarray(found).reshape(len(panel), -1)
    names = _names(model, method, table.shape[1])
    return pd.DataFrame(table, index=index, columns=names)


def predict_dask(
    frame: Any,
    model: Any,
    *,
    instance: str,
    time: str,
    method: str = "predict",
    **columns: Any,
) -> Any:
    """Predict the series of a Dask frame, partition by partition.

    The rows of a series must be in one partition, as `frame.set_index(instance)` puts
    them; in which order they are does not matter. Where the frame does not say so by
    known divisions, the instances of all partitions are computed first. The first
    partition with rows is read to learn the columns of the result.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        A long table.
    model, instance, time, method, **columns
        See `predict_frame`.

    Returns
    -------
    dask.dataframe.DataFrame
        Of what `predict_frame` returns; nothing is predicted before it is computed.

    Raises
    ------
    ValueError
        If rows of a series are in several partitions.
    """
    if not hasattr(frame, "map_partitions"):
        raise TypeError(
            "`frame` must be a DataFrame of Dask; got a "
            f"{type(frame).__name__}. Use `predict_frame` for one of pandas."
        )
    _method_of(model, method)  # before anything is read
    check_roles(instance, time, columns)
    from dask.delayed import delayed

    _check_whole(frame, instance)  # known divisions may end within a series
    roles = {"instance": instance, "time": time, "method": method, **columns}
    head = frame.head(1000, npartitions=-1)
    meta = predict_frame(head, model, **roles).iloc[:0]
    shared = delayed(model, traverse=False)  # sent once, not with each partition
    return frame.map_partitions(_predict_part, shared, meta, roles, meta=meta)


def _check_frame(frame: Any) -> None:
    """Raise for what has a better way to be predicted."""
    if hasattr(frame, "map_partitions"):
        raise TypeError(
            "`frame` must be a table in memory; got a DataFrame of Dask. Use "
            "`predict_dask`."
        )
    if isinstance(frame, Panel | ParquetPanel):
        raise TypeError(
            f"`frame` must be a long table; got a {type(frame).__name__}. Use "
            "`model.predict(X)`, which takes it."
        )


def _method_of(model: Any, method: str) -> Callable[[Panel], Any]:
    """Return a method of a fitted model; raise if there is none."""
    check_choice("method", method, METHODS)
    has = [name for name in METHODS if hasattr(model, name)]
    if isinstance(model, type) or not has or not hasattr(model, "fit"):
        kind = "class" if isinstance(model, type) else type(model).__name__
        raise TypeError(
            f"`model` must be a fitted estimator; got a {kind}. Fit one, or load it by "
            "`ckts.load`."
        )
    check_is_fitted(model)
    if method not in has:
        raise ValueError(
            f"`method` must be one that a {type(model).__name__} has, "
            f"{', '.join(map(repr, has))}; got {method!r}. Choose another, or train a "
            "model of the other kind."
        )
    return getattr(model, method)


def _predict_part(frame, model, meta, roles):
    """Predict a partition, which may be empty."""
    return predict_frame(frame, model, **roles) if len(frame) else meta


def _check_whole(frame: Any, instance: str) -> None:
    """Raise if rows of an instance are in several partitions."""
    from dask.base import compute

    # of no column at all, Dask cannot join frames
    own = instance if instance in frame.columns else frame.columns[0]
    parts = frame[[own]].map_partitions(
        _distinct, instance, meta=pd.DataFrame({"id": pd.Series(dtype=object)})
    )
    ids = [part["id"] for part in compute(*parts.to_delayed())]
    places = np.repeat(np.arange(len(ids)), [len(one) for one in ids])
    joined = pd.concat(ids, ignore_index=True)
    again = joined.duplicated().to_numpy()
    if again.any():
        one = joined.iloc[int(np.argmax(again))]
        among = places[(joined == one).to_numpy()].tolist()
        raise ValueError(
            f"`frame` must hold all rows of an instance in one partition; got {one!r} "
            f"in partitions {among}. Use `frame.set_index({instance!r})`, or "
            f"`frame.shuffle({instance!r})`."
        )


def _distinct(frame, instance):
    """Return the instances of a partition, each once."""
    ids = frame[instance] if instance in frame.columns else frame.index
    return pd.DataFrame({"id": pd.Series(np.asarray(ids.unique()), dtype=object)})


def _names(model: Any, method: str, width: int) -> list[str]:
    """Name the columns of a result."""
    if method == "transform" and hasattr(model, "get_feature_names_out"):
        return [str(name) for name in model.get_feature_names_out()]
    classes = getattr(model, "classes_", ())
    if method != "predict" and width > 1 and len(classes) == width:
        return [str(name) for name in classes]
    stem = "prediction" if method == "predict" else method
    return [stem] if width == 1 else [f"{stem}_{place}" for place in range(width)]
