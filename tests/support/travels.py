"""A panel that notes each arrival in a process, to count what travels in a search."""

import mmap
import os
import sys
from pathlib import Path

import numpy as np

from ckts import Panel

FILE = "CKTS_TEST_TRAVELS"


class NotedPanel(Panel):
    """Writes the process and the bytes that came, none where they are mapped."""

    def __setstate__(self, state):
        super().__setstate__(state)
        if FILE in os.environ:
            n_bytes = 0 if is_mapped(self.observations.data) else sys.getsizeof(self)
            with Path(os.environ[FILE]).open("a", encoding="ascii") as file:
                file.write(f"{os.getpid()} {n_bytes}\n")


def is_mapped(array):
    """Whether the numbers of an array stand in a file that is mapped."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return isinstance(array, mmap.mmap)


def noted(panel):
    """Make such a panel of a panel."""
    made = object.__new__(NotedPanel)
    made.__dict__.update(vars(panel))
    return made


def arrivals(path):
    """Return for each process the bytes of each arrival."""
    found = {}
    for line in path.read_text("ascii").splitlines():
        process, n_bytes = map(int, line.split())
        found.setdefault(process, []).append(n_bytes)
    return found
