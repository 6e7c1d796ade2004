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
    pytest.importorskip("datasketches")
    numbers = np.random.default_rng(0).lognormal(0, 3, 400_000)
    median = SketchedMedian()
    for part in np.array_split(numbers, 7):
        median.add(part)
    # 1 of 100 is beyond 0.1 %: twice that is beyond any that will be seen.
    assert abs(np.mean(numbers < median.median()) - 0.5) < 0.002


def test_the_sketch_of_few_numbers_is_exact():
    pytest.importorskip("datasketches")
    median = SketchedMedian()
    median.add(np.array([3, 1, 2]))
    assert median.median() == 2


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasketches", None)
    with pytest.raises(ImportError, match=r"must find datasketches;.*Install it"):
        SketchedMedian()
