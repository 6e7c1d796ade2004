"""Names of series in CSV files: numbers only where nothing of the text is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Text that pandas reads as missing, as its documentation lists it.
MISSING = [
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
    *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
]
_PLAIN = r"-?(?:0|[1-9]\d*)(?:\.\d+)?"


def join_ids(parts: list[pd.Series]) -> pd.Series:
    """Join names that were read as categories of text, and make numbers of plain ones.

    "007" and "1E3" stay text, as "7" and "1000" may be others. Where all that is not
    missing is a number, "NA" is missing, too; elsewhere it is a name.

    Parameters
    ----------
    parts : list of Series of shape (n_rows_of_part,)
        Categories of text, missing where a cell is empty.

    Returns
    -------
    Series of shape (n_rows,)

    Examples
    --------
    >>> import pandas as pd
    >>> join_ids([pd.Series(["7", "12"], dtype="category")]).tolist()
    [7, 12]
    >>> join_ids([pd.Series(["007", "12"], dtype="category")]).tolist()
    ['007', '12']
    """
    import pandas as pd
    from pandas.api.types import union_categoricals

    # a part without any name has no text, but objects, as its categories
    texts = [one.cat.rename_categories(one.cat.categories.astype(str)) for one in parts]
    ids = union_categoricals(texts)
    names = pd.Series(ids.categories)
    known = names[~names.isin(MISSING)]
    plain = known.astype(str).str.strip()
    if len(known) and plain.str.fullmatch(_PLAIN).all():
        numbers = pd.to_numeric(plain)
        if numbers.is_unique:
            return numbers.reindex(ids.codes).reset_index(drop=True)
    return pd.Series(ids).astype(ids.categories.dtype)
