"""From a file to a panel and its labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ckts.cli.messages import Note
from ckts.cli.roles import Roles
from ckts.cli.targets import Target, check_labeled, find_target, labels_of, shown
from ckts.panel import (
    Panel,
    ParquetPanel,
    fixed_columns,
    parquet_columns,
    read_head,
    read_table,
)


class Table(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    panel : Panel of shape (n_series,)
    target : Target or None
        Where a label is named.
    groups : ndarray of shape (n_series,) or None
    roles : Roles
        With the channels that were found.
    """

    panel: Panel
    target: Target | None
    groups: np.ndarray | None
    roles: Roles


def read(
    path: Path,
    roles: Roles,
    note: Note,
    *,
    task: str = "auto",
    drop_unlabeled: bool = False,
) -> Table:
    """Read a panel, and the label of each instance if there is one.

    Neither the label nor the groups become channels.

    Parameters
    ----------
    path : Path
    roles : Roles
    note : callable
    task : {"auto", "classification", "regression"}
    drop_unlabeled : bool
        Whether instances without a label are left out, instead of an error.

    Returns
    -------
    Table
    """
    frame = read_frame(path, roles, note)
    panel = panel_of(frame, roles)
    target = groups = None
    if roles.groups:
        groups = _groups_of(frame, roles, panel.instances)
    if roles.label:
        labels = labels_of(frame, roles.instance, roles.label, panel.instances)
        if drop_unlabeled:
            kept = np.flatnonzero(labels.notna())
            note(f"Left out {len(panel) - len(kept)} instances without a label.")
            panel, labels = panel[kept], labels.iloc[kept]
            groups = None if groups is None else groups[kept]
        check_labeled(labels, roles.label)
        target = find_target(labels.infer_objects(), task, roles.label)
    if not roles.variable:
        roles = replace(roles, channels=panel.channels)
    return Table(panel, target, groups, roles)


def read_frame(path: Path, roles: Roles, note: Note) -> pd.DataFrame:
    """Read the columns that have a role; tell how the file is written, if unusual.

    Returns
    -------
    DataFrame of shape (n_rows, n_used)
    """
    names, dialect = read_head(path)
    roles.check(names, path)
    if dialect and dialect.separator not in ",\t":
        decimals = ", with decimal commas" if dialect.decimal == "," else ""
        note(f"{path.name} is separated by {dialect.separator!r}{decimals}.")
    single = roles.single()
    channels = [] if roles.variable else roles.channels or roles.others(names)
    used = [*channels, *(single[r] for r in single if r not in ("instance", "time"))]
    arguments = {
        "values": list(dict.fromkeys(used)),
        "static": list(roles.static),
        "categorical": list(roles.categorical),
    }
    frame = read_table(path, roles.instance, roles.time, roles.date_format, arguments)
    if roles.date_format is None and roles.time_unit is None:
        _check_no_dates(frame[roles.time])
    return _without_missing(frame, roles)


def open_folder(path: Path, roles: Roles) -> ParquetPanel:
    """Open a folder of Parquet files, of which parts are read when they are needed.

    Parameters
    ----------
    path : Path
    roles : Roles
        With channels.

    Returns
    -------
    ParquetPanel
    """
    roles.check(parquet_columns(path), path)
    for option in ("variable", "missing"):
        if given := getattr(roles, option):
            raise ValueError(
                f"`--{option}` must be left out with a folder of Parquet files, which "
                f"is read in parts; got {given!r}. Write a column per channel, empty "
                "where nothing was measured."
            )
    return ParquetPanel(
        path,
        instance=roles.instance,
        time=roles.time,
        date_format=roles.date_format,
        values=list(roles.channels) or None,
        static=list(roles.static) or None,
        categorical=list(roles.categorical) or None,
        duplicates=roles.duplicates,
        time_unit=roles.time_unit,
    )


def _check_no_dates(times: pd.Series) -> None:
    """Raise if numbers are all dates such as 20240131: their gaps would be wrong."""
    if times.dtype.kind not in "iu" or not times.between(19000101, 21001231).all():
        return
    distinct = pd.Series(times.unique())
    if pd.to_datetime(distinct, format="%Y%m%d", errors="coerce").notna().all():
        raise ValueError(
            f"`--time` must say what its numbers are; got {times.iloc[0]} in "
            f"{times.name!r}, which looks like a date. Use `--date-format %Y%m%d`, or "
            "`--time-unit` if it counts something."
        )


def panel_of(frame: pd.DataFrame, roles: Roles) -> Panel:
    """Make the panel, of all but label and groups."""
    if roles.variable and roles.channels:
        frame = _of_variables(frame, roles)
    left = [n for n in (roles.label, roles.groups) if n and n not in roles.static]
    frame = frame.drop(columns=left)
    if not roles.channels and not roles.variable:
        _check_changing(frame, roles, roles.others(frame.columns))
    return Panel.from_long(
        frame,
        instance=roles.instance,
        time=roles.time,
        channel=roles.variable,
        value=roles.value,
        values=None if roles.variable else list(roles.channels) or None,
        static=list(roles.static) or None,
        categorical=[one for one in roles.categorical if one not in left] or None,
        duplicates=roles.duplicates,
        time_unit=roles.time_unit,
    )


def _of_variables(frame: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Keep the rows of known variables; who has none keeps rows without a value."""
    wanted = frame[roles.variable].isin(roles.channels)
    others = frame.loc[~wanted].drop_duplicates([roles.instance, roles.time])
    seen = frame.loc[wanted, roles.instance]
    others = others[~others[roles.instance].isin(seen)]
    if not len(others):
        return frame[wanted]
    empty = {str(roles.variable): roles.channels[0], str(roles.value): np.nan}
    return pd.concat([frame[wanted], others.assign(**empty)]).sort_index()


def _groups_of(frame: pd.DataFrame, roles: Roles, instances: np.ndarray) -> np.ndarray:
    """Return the group of each instance; raise if one has none, or two."""
    name = str(roles.groups)
    groups = labels_of(frame, roles.instance, name, instances, "--groups")
    if groups.isna().any():
        one = shown(groups.index[groups.isna()][0])
        raise ValueError(
            f"`--groups` must be known of every instance; got none in {name!r} "
            f"of {one}. Give an instance without a group one of its own."
        )
    return groups.to_numpy()


def _check_changing(frame: pd.DataFrame, roles: Roles, channels: list[str]) -> None:
    """Raise if a channel that nobody named may be a label or a static feature."""
    codes, _ = pd.factorize(frame[roles.instance])
    if fixed := fixed_columns(frame, codes, channels):
        listed = " ".join(fixed)
        raise ValueError(
            "`--channels` must be named where a column never changes within an "
            f"instance, as an outcome does that must not be known; got {listed}. Leave "
            f"out outcomes by `--ignore {listed}`, and use `--static {listed}` for "
            "what is known at the beginning."
        )


def _without_missing(frame: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Return a frame in which what means "not measured" is missing."""
    if not roles.missing:
        return frame
    kept = (roles.instance, roles.time)
    codes = pd.to_numeric(pd.Series(roles.missing), errors="coerce").dropna()
    for name in frame.columns.difference(kept):
        column = frame[name]
        if column.dtype.kind not in "biufmM":
            column = column.where(~column.isin(roles.missing))
            column = column if name in roles.categorical else _numbers_if_all(column)
        if column.dtype.kind in "iuf":  # such as -999
            column = column.where(~column.isin(codes))
        frame[name] = column
    return frame


def _numbers_if_all(column: pd.Series) -> pd.Series:
    """Return numbers where a column of text holds nothing else."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if (column.notna() & numbers.isna()).any() else numbers
