"""The container of irregular time series, and everything that becomes one."""

from ckts.panel._arrays import unmask
from ckts.panel._base import check_same_order
from ckts.panel._channels import with_channels, with_columns
from ckts.panel._convert import as_known, as_panel
from ckts.panel._describe import percent, readable_unit, spread_of
from ckts.panel._dialects import Dialect
from ckts.panel._files import read_head, read_table
from ckts.panel._leakage import hide_after, is_after, read_landmark
from ckts.panel._long import fixed_columns
from ckts.panel._observations import AbstractObservations, DenseObservations
from ckts.panel._panel import Panel
from ckts.panel._roles import check_roles
from ckts.panel._rows import merge_ties
from ckts.panel._times import (
    DATETIME,
    NUMBER,
    TimeScale,
    parse_times,
    restore_times,
    show_time,
)
from ckts.panel.parquet.panel import ParquetPanel
from ckts.panel.parquet.table import parquet_columns

__all__ = [
    "DATETIME",
    "NUMBER",
    "AbstractObservations",
    "DenseObservations",
    "Dialect",
    "Panel",
    "ParquetPanel",
    "TimeScale",
    "as_known",
    "as_panel",
    "check_roles",
    "check_same_order",
    "fixed_columns",
    "hide_after",
    "is_after",
    "merge_ties",
    "parquet_columns",
    "parse_times",
    "percent",
    "read_head",
    "read_landmark",
    "read_table",
    "readable_unit",
    "restore_times",
    "show_time",
    "spread_of",
    "unmask",
    "with_channels",
    "with_columns",
]
