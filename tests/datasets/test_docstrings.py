import doctest
import importlib

import numpy as np
import pytest

from ckts import datasets

MODULES = sorted({getattr(datasets, name).__module__ for name in datasets.__all__})


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_docstrings_run(name):
    with np.printoptions(legacy=False):
        result = doctest.testmod(
            importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE
        )
    assert result.attempted > 0
    assert result.failed == 0
