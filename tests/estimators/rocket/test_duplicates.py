"""Equal series become one, and what connects series joins their groups."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ckts.estimators.rocket.duplicates import Duplicates, join_groups

TWINS = np.array([7, 2, 7, 5, 2, 7])


def numbers(n_series, n_different):
    few = st.integers(0, n_different - 1)
    return st.lists(few, min_size=n_series, max_size=n_series).map(np.array)


def test_each_kind_has_its_first_row_and_each_row_its_kind():
    equal = Duplicates.of(TWINS)
    assert equal.first.tolist() == [1, 3, 0]
    assert equal.which.tolist() == [2, 0, 2, 1, 0, 2]
    alone = Duplicates.of(np.array([3, 1, 2]))
    assert alone.first.tolist() == [1, 2, 0]


def test_kinds_have_the_sums_of_weights_and_the_weighted_means():
    equal = Duplicates.of(TWINS)
    weight = np.array([1.0, 2.0, 3.0, 0.5, 6.0, 4.0])
    assert equal.sum(weight).tolist() == [8.0, 0.5, 8.0]
    table = np.column_stack([np.arange(6.0), np.ones(6)])
    expected = [[(2 * 1 + 6 * 4) / 8, 1], [3, 1], [(3 * 2 + 4 * 5) / 8, 1]]
    np.testing.assert_allclose(equal.mean(table, weight), expected)


def test_rows_of_chosen_kinds_know_their_place_among_these():
    equal = Duplicates.of(TWINS)
    known, place = equal.places(np.array([0, 2]))
    assert known.tolist() == [0, 1, 2, 4, 5]
    assert place.tolist() == [1, 0, 1, 0, 1]
    known, place = equal.places(np.array([1]))
    assert (known.tolist(), place.tolist()) == ([3], [0])


def test_groups_and_twins_join():
    twins = np.array([0, 1, 0, 2, 3, 4])
    groups = np.array([0, 0, 1, 1, 2, 3])
    joined = join_groups(twins, groups)
    assert len({joined[i] for i in (0, 1, 2, 3)}) == 1  # 0 and 2 are twins
    assert len(np.unique(joined)) == 3
    alone = join_groups(np.arange(4), np.array([1, 0, 1, 2]))
    assert alone[0] == alone[2]
    assert len(np.unique(alone)) == 3


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(numbers(n, 8), numbers(n, 5))))
def test_joined_are_those_that_a_walk_over_twins_and_groups_reaches(drawn):
    twins, groups = drawn
    near = (twins[:, None] == twins) | (groups[:, None] == groups)
    reached = np.linalg.matrix_power(near.astype(float), len(twins)) > 0
    joined = join_groups(twins, groups)
    np.testing.assert_array_equal(joined[:, None] == joined, reached)
