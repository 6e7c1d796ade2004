"""Containers of other libraries: made plain, or refused by name with a way out."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ckts.panel._masks import unmask

PAIRS = "Write series as tuples: `[(times, values), ...]`."
_WAYS_OUT = {
    "awkward Array": f"{PAIRS} At equal steps: `[(range(len(x)), x.to_numpy()) for x "
    "in X]`.",
    "polars LazyFrame": "Use `X.collect()`.",
    "polars Series": PAIRS,
    "xarray DataArray": "Use `X.to_dataset(dim=channel).to_dataframe(dim_order="
    "[instance, time])`, with the names of its dimensions.",
    "xarray Dataset": "Use `X.to_dataframe(dim_order=[instance, time])`, with the "
    "names of its dimensions.",
}


def as_known(X: Any) -> Any:
    """Make tables of pandas and arrays of numpy, or refuse what is neither by name.

    Parameters
    ----------
    X : object
        Anything but a Panel.

    Returns
    -------
    object
        Itself, if no other library has to do with it.

    Raises
    ------
    TypeError
        For sparse arrays and for containers of awkward and xarray, which numpy would
        read without what they say of times and lengths.
    """
    check_dense(X)
    if kind_of(X) in _WAYS_OUT:
        raise TypeError(
            "`X` must be a Panel, a DataFrame, an array or a list of series; got "
            f"{kind_of(X)}. {_WAYS_OUT[kind_of(X)]}"
        )
    X = unmask(to_pandas(X, "X"))
    return as_array(X) if hasattr(X, "__array__") and not is_pandas(X) else X


def as_array(X: Any, where: str = "") -> np.ndarray:
    """Make an array of what says that it can be one, such as a tensor."""
    check_dense(X, where)
    try:
        return np.asarray(X)
    # gradients, another device, bfloat16, lengths that differ
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"`X` must be what numpy can read; got a {kind_of(X)}{where}: "
            f"{str(error).rstrip('.')}. A tensor is read as "
            "`X.detach().cpu().double().numpy()`."
        ) from error


def check_known(member: Any) -> None:
    """Refuse a member of a list that is neither a tuple nor numbers."""
    check_dense(member, " in a list")
    if kind_of(member) in _WAYS_OUT:
        way_out = PAIRS
    elif hasattr(member, "to_pandas"):
        way_out = (
            'Use `[frame.to_pandas().set_index("time") for frame in X]`, with the name '
            "of the column that holds the times."
        )
    else:
        return
    raise TypeError(
        "`X` must be a list of tuples, or of DataFrames or Series of pandas; got "
        f"{kind_of(member)} in it. {way_out}"
    )


def to_pandas(table: Any, argument: str) -> Any:
    """Convert tables that offer it, such as those of polars and arrow."""
    if not hasattr(table, "to_pandas"):
        return table
    try:
        return table.to_pandas()
    except ImportError as error:  # polars goes by way of pyarrow
        raise TypeError(
            f"`{argument}` must be a table that turns into one of pandas; got "
            f"{kind_of(table)}: {error}. Install what is missing, or use "
            f"`pandas.DataFrame({argument}.to_dict(as_series=False))`."
        ) from error


def is_pandas(item: object) -> bool:
    """Whether something is a DataFrame or a Series of pandas; does not import it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(item, pandas.DataFrame | pandas.Series)


def kind_of(item: object) -> str:
    """Name a type for a message, with its library unless everybody knows it."""
    library = type(item).__module__.partition(".")[0]
    known = library in ("builtins", "numpy", "pandas")
    return ("" if known else f"{library} ") + type(item).__name__


def check_dense(X: Any, where: str = "") -> None:
    """Refuse sparse arrays of scipy, pydata and torch."""
    sparse_tensor = str(getattr(X, "layout", "")).startswith("torch.sparse")
    if hasattr(X, "tocsr") or sparse_tensor:
        names = ("toarray", "todense", "to_dense")
        dense = next(name for name in names if hasattr(X, name))
        raise TypeError(
            f"`X` must be dense; got a sparse {type(X).__name__}{where}. Use "
            f"`X.{dense}()`."
        )
