"""What ``ckts predict`` does: load, read the columns of fit, predict, write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import ckts
from ckts._files import write_whole
from ckts.cli.messages import Note
from ckts.cli.outputs import STDOUT, write_text
from ckts.cli.roles import Roles, check_column
from ckts.cli.scores import predictions
from ckts.cli.tables import open_folder, read
from ckts.panel import parquet_columns, read_head


def load(path: Path, given: Roles) -> tuple[Any, Roles]:
    """Load a model, and the roles of its columns, but for those that are given."""
    model = ckts.load(path)
    if not hasattr(model, "predict") or not hasattr(model, "statistics_"):
        raise ValueError(
            f"`MODEL` must be a fitted classifier or regressor; got {str(path)!r}, "
            f"a {type(model).__name__}. Use `ckts fit`."
        )
    roles = given.over(getattr(model, "table_", {}))
    if not roles.instance or not roles.time:
        raise ValueError(
            "`--instance` and `--time` must be named, as this model was not saved by "
            f"`ckts fit`; got {roles.instance!r} and {roles.time!r}. Name the columns "
            "of the table."
        )
    if not roles.static:
        roles = replace(roles, static=tuple(model.static_names_))
    names = tuple(map(str, getattr(model, "feature_names_in_", ())))
    _check_channels(given, names)
    return model, replace(roles, channels=names or given.channels)


def _check_channels(given: Roles, names: tuple[str, ...]) -> None:
    """Raise if channels are to be others than those of the model."""
    if names and given.channels and set(given.channels) != set(names):
        raise ValueError(
            "`--channels` must be left out with a saved model, which knows its own, "
            f"{', '.join(names)}; got {', '.join(given.channels)}. Leave it out."
        )
    if learned := [name for name in given.ignore if name in names]:
        raise ValueError(
            "`--ignore` must name no column that the model learned from; got "
            f"{', '.join(learned)}. Leave it out, or fit a model without them."
        )


def known_roles(path: Path, roles: Roles, note: Note, *, labeled: bool) -> Roles:
    """Return the roles of the columns of a file that a model learned from.

    What the table lacks of the channels counts as never observed; the model warns. What
    it has besides is ignored, with a note.

    Parameters
    ----------
    path : Path
    roles : Roles
        Those of :func:`load`.
    note : callable
    labeled : bool
        Whether label and groups are wanted.

    Returns
    -------
    Roles
    """
    names = parquet_columns(path) if path.is_dir() else read_head(path)[0]
    if not labeled:
        roles = replace(roles, label=None, groups=None)
    channels = roles.channels
    if not roles.variable:
        channels = tuple(name for name in roles.channels if name in names)
        if roles.channels and not channels:
            check_column("--channels", roles.channels[0], names, path)
    kept = {*roles.single().values(), *roles.static}
    kept |= set() if roles.variable else set(channels)
    if ignored := [name for name in names if name not in kept]:
        note(f"Ignored what the model did not learn from: {', '.join(ignored)}.")
    categorical = tuple(one for one in roles.categorical if one in kept)
    return replace(roles, channels=channels, ignore=(), categorical=categorical)


def predict_table(model: Any, path: Path, roles: Roles, note: Note) -> pd.DataFrame:
    """Predict the instances of a file, or of a folder of Parquet files part by part.

    Returns
    -------
    DataFrame of shape (n_series, 2 + n_classes)
        The instance under its own name, "prediction", and "probability_CLASS" for each
        class of a classifier.
    """
    roles = known_roles(path, roles, note, labeled=False)
    classes = getattr(model, "classes_", ())
    ours = ["prediction", *(f"probability_{name}" for name in classes)]
    if roles.instance in ours:
        raise ValueError(
            f"`--instance` must differ from the columns of predictions, "
            f"{', '.join(ours)}; got {roles.instance!r}. Rename it in the file."
        )
    in_parts = path.is_dir()
    panel = open_folder(path, roles) if in_parts else read(path, roles, note).panel
    columns: dict[str, Any] = {roles.instance: panel.instances}
    found = predictions(model, panel)
    if found.ndim == 1:
        columns["prediction"] = found
    else:
        columns["prediction"] = np.asarray(model.classes_)[found.argmax(axis=1)]
        columns |= dict(zip(ours[1:], found.T, strict=True))
    return pd.DataFrame(columns)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, to a file or to stdout, or as Parquet."""
    if path == STDOUT or path.suffix.lower() != ".parquet":
        write_text(path, frame.to_csv(index=False, lineterminator="\n"))
        return
    try:
        write_whole(path, lambda target: frame.to_parquet(target, index=False))
    except ImportError as error:
        raise ImportError(
            "`--output` must be a .csv file where pyarrow is not installed; got "
            f"{str(path)!r}. Use `pip install pyarrow`."
        ) from error
