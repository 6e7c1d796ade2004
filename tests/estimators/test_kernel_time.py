"""Units of time of kernels: one long series does not decide them."""

import itertools

import numpy as np
import pytest

from ckts import CKRocket, Panel
from ckts.estimators._kernel_time import learn_kernel_time
from ckts.estimators._time import learn_time_units
from irregular import irregular_panel


def learn(panel, weight=None):
    weight = np.ones(len(panel)) if weight is None else np.asarray(weight, float)
    return learn_kernel_time(panel, weight, learn_time_units(panel, weight))


def regular(lengths, step=1.0):
    times = np.concatenate([np.arange(n) * step for n in lengths])
    indptr = np.r_[0, np.cumsum(lengths)]
    values = np.random.default_rng(0).normal(size=(len(times), 1))
    return Panel(values, times, indptr)


def test_the_typical_span_is_the_median_of_spans():
    panel = irregular_panel(25)[0]
    filled = ~np.isnan(panel.values).all(1)
    spans = [
        np.ptp(panel.times[a:b][filled[a:b]])
        for a, b in itertools.pairwise(panel.indptr)
    ]
    assert learn(panel).typical_span == pytest.approx(np.median(spans))


def test_a_weight_of_2_is_the_series_twice():
    panel = regular([3, 9, 20, 31, 64])
    weight = [1, 2, 3, 1, 2]
    repeated = panel[np.repeat(np.arange(5), weight)]
    assert learn(panel, weight) == learn(repeated)


def test_a_panel_of_single_rows_has_units_of_1():
    time = learn(regular([1, 1, 1]))
    assert time.typical_span == time.horizon == time.resolution == 1


def test_one_long_series_makes_others_no_more_expensive():
    """The number of responses to short series is that of without a long one."""
    counts = []
    for lengths in ([64] * 20, [64] * 20 + [20_000]):
        panel = regular(lengths)
        rocket = CKRocket(n_kernels=2000, random_state=0).fit(panel)
        dataset = rocket._dataset(panel[:20])
        views = rocket.kernels_.views
        signals = views.signals(dataset.batch(np.arange(20)))
        counts.append(
            max(
                int(group.count_times(signals[clock, scale].span).max())
                for clock, scale, group in rocket.kernels_.groups
            )
        )
    assert counts[0] == pytest.approx(126, abs=2)
    assert counts[1] <= counts[0] + 2
