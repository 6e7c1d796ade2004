"""A small irregular panel, and kernels that were learned from it."""

import pytest

from irregular import irregular_panel
from kernel_learning import Learned


@pytest.fixture(scope="module")
def panel():
    return irregular_panel()[0]


@pytest.fixture(scope="module")
def learned(panel):
    return Learned(panel)
