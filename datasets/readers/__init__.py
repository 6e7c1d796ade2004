"""Readers of files in the formats that data sets are published in."""

from ckts.datasets.readers.arff import read_arff
from ckts.datasets.readers.ts import read_ts

__all__ = ["read_arff", "read_ts"]
