import numpy as np

from ckts.datasets._regular import regular_panel


def test_series_of_one_length_are_cut_from_the_rows():
    X = regular_panel(np.arange(12.0).reshape(6, 2), 3, ["a", "b"])
    assert X.lengths.tolist() == [3, 3]
    assert X.times.tolist() == [0, 1, 2, 0, 1, 2]
    assert X[1].values.tolist() == [[6, 7], [8, 9], [10, 11]]
    assert X.channels == ("a", "b")


def test_the_values_are_not_copied():
    values = np.zeros((4, 1), np.float32)
    assert np.shares_memory(regular_panel(values, 2).values, values)
