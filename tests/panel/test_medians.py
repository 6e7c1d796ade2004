import sys

import numpy as np
import pytest

from ckts.panel._medians import ExactMedian, SketchedMedian


def test_the_exact_median_is_that_of_all_parts():
    median = ExactMedian()
    for part in ([5, 1], [9], [2, 2, 7]):
        median.add(np.array(part))
    assert median.median() == np.median([5, 1, 9, 2, 2, 7])


def test_the_rank_of_the_sketch_is_off_by_less_than_a_thousandth():
    pytest.importorskip("crick")
    numbers = np.random.default_rng(0).lognormal(0, 3, 400_000)
    median = SketchedMedian()
    for part in np.array_split(numbers, 7):
        median.add(part)
    assert abs(np.mean(numbers < median.median()) - 0.5) < 0.001


def test_the_sketch_of_few_numbers_is_exact():
    pytest.importorskip("crick")
    for numbers in ([3, 1, 2], [3, 1, 2, 10], [7]):
        median = SketchedMedian()
        median.add(np.array(numbers))
        assert median.median() == np.median(numbers)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "crick", None)
    with pytest.raises(ImportError, match=r"must find crick;.*Install it"):
        SketchedMedian()
