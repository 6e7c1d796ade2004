"""What a table holds, in lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ckts.cli.tables import Table
from ckts.cli.targets import Target
from ckts.panel import percent

MOST_CLASSES_SHOWN = 20


def data_lines(table: Table) -> list[str]:
    """Tell sizes, roles and the task in a few lines."""
    panel, target = table.panel, table.target
    lines = [
        f"{len(panel):,} instances of {table.roles.instance!r}, "
        f"{len(panel.times):,} rows",
        f"channels: {', '.join(panel.channels)}",
    ]
    if panel.static_names:
        lines.append(f"static: {', '.join(panel.static_names)}")
    if table.groups is not None:
        n_groups = len(np.unique(table.groups))
        lines.append(f"groups: {n_groups:,} of {table.roles.groups!r}")
    if target is not None:
        lines += [f"label: {table.roles.label!r}, {target_words(target)}"]
    return lines


def target_words(target: Target) -> str:
    """Tell what is predicted, and why so."""
    if target.task == "regression":
        y = target.y
        words = f"{y.min():.4g} to {y.max():.4g}, mean {y.mean():.4g}"
        return f"a regression ({target.reason}): {words}"
    classes, counts = np.unique(target.y, return_counts=True)
    shown = [f"{one} ({n:,})" for one, n in zip(classes, counts, strict=True)]
    more = len(shown) - MOST_CLASSES_SHOWN
    words = ", ".join(shown[:MOST_CLASSES_SHOWN])
    return f"a classification: {words}{f' and {more} more' if more > 0 else ''}"


def channel_lines(described) -> list[str]:
    """Make a table of the channels: what is missing, and in how many instances."""
    rows = [
        (
            channel.name,
            percent(channel.missing),
            f"{channel.n_series:,}",
            ", ".join(channel.labels) or "numbers",
        )
        for channel in described.channels
    ]
    return table_lines(("channel", "missing", "instances", "values"), rows)


def table_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table of text with columns of one width, the first to the left."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
