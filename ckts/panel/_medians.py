"""Spreads of numbers that come in parts: exact, or within bounded memory."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

# Of 99 of 100 medians, the rank is off by less than 0.1 % of all numbers.
SKETCH_SIZE = 4096


class AbstractMedian(ABC):
    """The median of numbers that come in parts."""

    @abstractmethod
    def add(self, numbers: np.ndarray) -> None: ...

    @abstractmethod
    def median(self) -> float:
        """Return the median of all; there is one number at least."""


class ExactMedian(AbstractMedian):
    """Keeps all numbers."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []

    def add(self, numbers: np.ndarray) -> None:
        self._parts.append(numbers)

    def median(self) -> float:
        return np.median(np.concatenate(self._parts)).item()


class SketchedMedian(AbstractMedian):
    """Keeps some ten thousand numbers, by which the ranks of all are known.

    The sketch of Karnin, Lang and Liberty (Optimal Quantile Approximation in Streams,
    2016), as Apache DataSketches has it. Of fewer numbers it is exact, but for the
    lower one of two in the middle. It draws at random which numbers it keeps.

    Raises
    ------
    ImportError
        Where datasketches is missing.
    """

    def __init__(self) -> None:
        try:
            from datasketches import kll_doubles_sketch
        except ImportError as error:
            raise ImportError(
                f"`describe` of a ParquetPanel must find datasketches; got: {error}. "
                "Install it, `pip install datasketches`, or describe a part of the "
                "series: `panel[:1000].load().describe()`."
            ) from error
        self._sketch = kll_doubles_sketch(SKETCH_SIZE)

    def add(self, numbers: np.ndarray) -> None:
        self._sketch.update(np.ascontiguousarray(numbers, np.float64))

    def median(self) -> float:
        return self._sketch.get_quantile(0.5)
