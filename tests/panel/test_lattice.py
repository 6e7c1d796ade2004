import numpy as np
import pytest

from ckts import Panel
from ckts.panel._measures import describe


def panel_of(*stamps):
    times = np.concatenate([np.asarray(one) for one in stamps])
    ends = np.cumsum([0, *map(len, stamps)])
    return Panel(np.ones((len(times), 1)), times, ends)


@pytest.mark.parametrize("unit", [1, 0.1, 7.5])
def test_the_step_of_all_parts_divides_that_of_each(unit):
    panel = panel_of(*(unit * np.array(one) for one in ([0, 4, 12], [0, 6, 18], [3])))
    parts = describe([panel[:1], panel[1:2], panel[2:]])
    whole = describe([panel])
    assert parts.step == pytest.approx(2 * unit)
    assert (parts.step, parts.occupied) == (whole.step, whole.occupied)
    # 7 and 10 points, and the one of the series with one row
    assert whole.occupied == pytest.approx(7 / (7 + 10 + 1))


def test_one_part_without_a_step_leaves_none():
    rng = np.random.default_rng(0)
    panel = panel_of([0.0, 1.0, 2.0], np.cumsum(rng.random(20)))
    for parts in ([panel], [panel[:1], panel[1:]]):
        assert describe(parts).step is None
        assert np.isnan(describe(parts).occupied)
