import numpy as np
import pytest

from ckts.estimators.attribution.spans import Span, halve, leaves


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("n_spans", [2, 3, 8, 13])
def test_spans_are_equally_long_whatever_the_rows(n_spans, shifted):
    rng = np.random.default_rng(n_spans)
    times = np.sort(np.concatenate([[0.0, 7.0], 7 * rng.random(40) ** 3]))
    found = leaves(times, 7.0, n_spans, shifted=shifted)
    size = 7.0 / (n_spans - 1) if shifted else 7.0 / n_spans
    begins = np.arange(n_spans) * size - (size / 2 if shifted else 0)
    slow = [max(k for k in range(n_spans) if begins[k] <= t + 1e-12) for t in times]
    assert found.tolist() == slow
    assert found[0] == 0
    assert found[-1] == n_spans - 1


def test_one_stamp_is_one_span():
    assert leaves(np.zeros(3), 0.0, 8, shifted=True).tolist() == [0, 0, 0]
    assert halve(np.zeros(3, int), 8).run == (0, 3)


@pytest.mark.parametrize("n_spans", [1, 5, 8, 16])
def test_halves_hold_the_observations_of_the_span_once(n_spans):
    rng = np.random.default_rng(n_spans)
    places = np.sort(rng.integers(0, n_spans, 30))

    def check(span):
        if not span.halves:
            assert len(np.unique(places[slice(*span.run)])) == 1
            return
        (first, cut), (other, end) = (half.run for half in span.halves)
        assert (first, end) == span.run
        assert first < cut == other < end
        assert sum(span.shares) == pytest.approx(1)
        for half in span.halves:
            check(half)

    check(halve(places, n_spans))


def test_a_half_without_observations_is_left_out():
    assert halve(np.array([5, 5, 7]), 8).halves == (Span((0, 2)), Span((2, 3)))
    tree = halve(np.array([0, 4, 5, 7]), 8)
    assert [half.run for half in tree.halves] == [(0, 1), (1, 4)]
    assert sorted(tree.runs()) == [
        (0, 1),
        (0, 4),
        (1, 2),
        (1, 3),
        (1, 4),
        (2, 3),
        (3, 4),
    ]


def test_shares_are_those_of_the_length():
    tree = halve(np.array([0, 1, 2]), 3)
    assert tree.shares == pytest.approx((1 / 3, 2 / 3))
