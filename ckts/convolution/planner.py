"""The geometries of batches: made on the CPU, kept while memory allows."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor

from ckts.convolution.geometry import Geometry

# Of the batches of one data set.
LARGEST = 2**28


class GeometryCache:
    """Keep what was made last, up to a number of bytes.

    Batches come again in every epoch where a data set is evaluated, and where it is
    one batch.

    Parameters
    ----------
    largest : int, default=2**28
        Bytes to keep.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self.size = 0
        self._kept: OrderedDict[Hashable, tuple[Geometry, int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Geometry]) -> Geometry:
        """Return what is kept for a key, or make and keep it."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        geometry = make()
        size = _count_bytes(geometry, set())
        self._kept[key] = geometry, size
        self.size += size
        while self.size > self.largest:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= dropped
        return geometry


def _count_bytes(value: Any, counted: set[int]) -> int:
    """Bytes of all tensors of nested dataclasses and tuples, each counted once."""
    if id(value) in counted:
        return 0
    counted.add(id(value))
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, tuple):
        return sum(_count_bytes(part, counted) for part in value)
    if not is_dataclass(value):
        return 0
    return sum(_count_bytes(getattr(value, f.name), counted) for f in fields(value))
