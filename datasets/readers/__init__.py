"""Readers of files in the formats that data sets are published in."""

from ckts.datasets.readers.arff import read_arff
from ckts.datasets.readers.penn_treebank import read_penn_treebank
from ckts.datasets.readers.physionet2012 import read_physionet2012
from ckts.datasets.readers.physionet2019 import read_physionet2019
from ckts.datasets.readers.ts import read_ts

__all__ = [
    "read_arff",
    "read_penn_treebank",
    "read_physionet2012",
    "read_physionet2019",
    "read_ts",
]
