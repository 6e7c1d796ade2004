"""Series at the times 0, 1, ..., held to counting one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ckts.datasets._steps import count_steps, panel_of_steps


@given(st.lists(st.integers(0, 5)))
def test_steps_are_counted_within_each_group(lengths):
    expected = [step for length in lengths for step in range(length)]
    assert count_steps(np.array(lengths, int)).tolist() == expected


def test_series_of_some_lengths_are_cut_from_the_rows():
    X = panel_of_steps(np.arange(12.0).reshape(6, 2), [2, 0, 4], ["a", "b"])
    assert X.lengths.tolist() == [2, 0, 4]
    assert X.times.tolist() == [0, 1, 0, 1, 2, 3]
    assert X[2].values.tolist() == [[4, 5], [6, 7], [8, 9], [10, 11]]
    assert X.channels == ("a", "b")


def test_the_values_are_not_copied():
    values = np.zeros((4, 1), np.float32)
    assert np.shares_memory(panel_of_steps(values, [2, 2]).values, values)
