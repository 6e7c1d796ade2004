"""Spreads of numbers that come in parts: exact, or within bounded memory."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

# Centroids of a t-digest are about as many; the rank of a median is off by less than a
# thousandth.
COMPRESSION = 1000.0


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
    """Keeps some thousand centroids, by which the ranks of all numbers are known.

    It is a t-digest (Dunning and Ertl, Computing Extremely Accurate Quantiles Using
    t-Digests, 2019), as crick has it: the same parts give the same bits.

    Raises
    ------
    ImportError
        Where crick is missing.
    """

    def __init__(self) -> None:
        try:
            from crick import TDigest
        except ImportError as error:
            raise ImportError(
                f"`describe` of a ParquetPanel must find crick; got: {error}. Install "
                "it, `pip install crick`, or describe a part of the series: "
                "`panel[:1000].load().describe()`."
            ) from error
        self._digest = TDigest(COMPRESSION)

    def add(self, numbers: np.ndarray) -> None:
        self._digest.update(np.asarray(numbers, np.float64))

    def median(self) -> float:
        return float(self._digest.quantile(0.5))
