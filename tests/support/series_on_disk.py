"""Panels in Parquet files of small row groups, and budgets that none of them fits."""

from ckts import ParquetPanel
from ckts.estimators.preprocessing import on_disk


def on_disk_of(panel, folder, rows_per_group=40):
    """Write a panel, and open it."""
    path = folder / "panel.parquet"
    panel.to_parquet(path, rows_per_group=rows_per_group)
    static = list(panel.static_names)
    options = {"values": list(panel.channels), **({"static": static} if static else {})}
    return ParquetPanel(path, instance="instance", time="time", **options)


def allow_numbers(monkeypatch, *, in_all=0, at_a_time=200):
    """Let a fit hold so many numbers of a panel on disk."""
    monkeypatch.setattr(on_disk, "MOST_NUMBERS", in_all)
    monkeypatch.setattr(on_disk, "NUMBERS_AT_A_TIME", at_a_time)
