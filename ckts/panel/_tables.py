"""Tables of other libraries, such as polars and arrow, as DataFrames of pandas."""

from __future__ import annotations

from typing import Any

from ckts.panel._arrays import is_pandas, kind_of


def is_foreign_table(item: object) -> bool:
    """Whether something is a table of another library than pandas, or a lazy one."""
    columns = hasattr(item, "to_pandas") and hasattr(item, "columns")
    return not is_pandas(item) and (_is_lazy(item) or columns)


def to_pandas(table: Any, argument: str) -> Any:
    """Convert a table of another library; anything else is returned.

    Parameters
    ----------
    table : object
        A lazy table is collected.
    argument : str
        Its name, for messages.

    Returns
    -------
    DataFrame or object
    """
    if _is_lazy(table):
        table = table.collect()
    if is_pandas(table) or not hasattr(table, "to_pandas"):
        return table
    try:
        frame = table.to_pandas()
    except (ImportError, ValueError) as error:  # polars converts through pyarrow
        if not hasattr(table, "get_columns"):
            raise TypeError(
                f"`{argument}` must be a table that turns into one of pandas; got "
                f"{kind_of(table)}: {error}. Install what is missing, or convert it."
            ) from error
        return _by_columns(table)
    return _with_sorted_categories(table, frame)


def _is_lazy(item):
    """Whether something is a query whose result is a table.

    By name: other things that collect, such as frames of Spark, give rows as tuples.
    """
    return kind_of(item) == "polars LazyFrame"


def _by_columns(table):
    """Convert a table of polars without pyarrow."""
    import pandas as pd

    def column(series):
        if str(series.dtype).startswith("Categorical"):
            return pd.Categorical(series.to_list())
        if str(series.dtype).endswith("Int128"):  # which neither numpy nor arrow has
            return pd.Series(series.to_list(), dtype=object)
        if not str(series.dtype).startswith("Enum"):
            return series.to_numpy()
        categories = series.dtype.categories.to_list()
        return pd.Categorical(series.to_list(), categories, ordered=True)

    return pd.DataFrame({one.name: column(one) for one in table.get_columns()})


def _with_sorted_categories(table, frame):
    """Sort polars' categories, whose order is that of the rows; Enums stay."""
    import pandas as pd

    for series in getattr(table, "get_columns", list)():
        if str(series.dtype).startswith("Categorical"):
            frame[series.name] = pd.Categorical(series.to_list())
    return frame
