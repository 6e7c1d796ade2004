"""The same panel stored as a table and as a list."""

from ckts import Panel
from ckts.panel import DenseObservations


def in_both_storages(panel: Panel) -> tuple[Panel, Panel]:
    """Return the panel as a table and as a list, whatever is smaller."""
    table = DenseObservations(panel.values.copy())
    return panel.with_values(table), panel.with_values(table.sparse())
