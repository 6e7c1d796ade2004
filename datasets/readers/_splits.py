"""The two files of a data set: NAME_TRAIN and NAME_TEST."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ckts.datasets._checks import check_choice
from ckts.datasets.readers._texts import Source, Text, read_texts
from ckts.panel import Panel

Part = tuple[Panel, np.ndarray | None]


def read_split(source: Source, suffix: str, split: str | None) -> list[Text]:
    """Read one file, or the training and the test file of one data set.

    Parameters
    ----------
    source : path or open file
    suffix : str
        Of the files in a folder or archive.
    split : {None, "train", "test"}
        None takes both, the training file first.
    """
    check_choice("split", split, (None, "train", "test"))
    texts = read_texts(source, suffix)
    chosen = [text for text in texts if split in (None, _part(text)[1])]
    parts = sorted((_part(text) for text in chosen), key=lambda part: part[1] == "test")
    pair = {part for _, part in parts} == {"train", "test"}
    same = len({name for name, _ in parts}) == 1
    if len(chosen) == 1 or (len(chosen) == 2 and pair and same):
        return sorted(chosen, key=lambda text: _part(text)[1] == "test")
    names = ", ".join(text.name for text in texts[:4]) + ", ..." * (len(texts) > 4)
    rule = f"one file or the two files of one data set, such as NAME_TRAIN{suffix}"
    way_out = "Give the path of one of them."
    if split is not None:
        rule = f"one file NAME_{split.upper()}{suffix} for `split={split!r}`"
        way_out = "Give the path of a file, without `split`."
    raise ValueError(
        f"`source` must hold {rule}; got {len(chosen)} among {names}. {way_out}"
    )


def _part(text: Text) -> tuple[str, str]:
    """Return the name of the data set, and "train", "test" or ""."""
    name, _, part = text.stem.rpartition("_")
    known = part.lower() in ("train", "test")
    return (name, part.lower()) if known else (text.stem, "")


def join_parts(parts: Sequence[Part]) -> Part:
    """Join what the files of one data set hold, one below the other.

    Returns
    -------
    X : Panel of shape (n_series,)
        Its instances are 0, 1, ...
    y : ndarray of shape (n_series,) or None
    """
    if len(parts) == 1:
        return parts[0]
    panels, targets = zip(*parts, strict=True)
    X = Panel.concat(panels)
    known = [y for y in targets if y is not None]
    y = np.concatenate(known) if len(known) == len(parts) else None
    return X.with_instances(np.arange(len(X))), y
