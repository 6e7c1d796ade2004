"""Units of time of kernels: one long series does not decide them."""

import itertools

import numpy as np
import pytest
import torch

from ckts import CKRocket, CKRocketClassifier, Panel
from ckts.estimators.preprocessing.time import learn_time_units
from ckts.estimators.rocket.kernel_time import KernelTime, learn_kernel_time
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


# --- Gaps ---------------------------------------------------------------------------


def slow_series(step, n_rows=30):
    """One series that is sampled regularly, as gaps of a batch."""
    return torch.full((1, n_rows), float(step), dtype=torch.float64)


@pytest.mark.parametrize("step", [1, 10, 16, 100, 1e6])
def test_a_slow_series_keeps_its_gaps(step):
    time = KernelTime(10.0, 1.0, 100.0, 100.0)
    assert torch.equal(time.shorten(slow_series(step)), slow_series(step))


def test_an_odd_gap_is_shortened_beside_any_others():
    time = KernelTime(10.0, 1.0, 100.0, 100.0)
    gaps = torch.tensor(
        [
            [1.0, 1.0, 1e4, 1.0, 0.0, 0.0],
            [16.0, 16.0, 16.0, 16.0, 1e4, 0.0],
            [20.0, 1e4, 0.0, 0.0, 0.0, 0.0],  # too few to know its own
            [0.0] * 6,
        ],
        dtype=torch.float64,
    )
    expected = [
        [1, 1, 10, 1, 0, 0],
        [16, 16, 16, 16, 48, 0],
        [10, 10, 0, 0, 0, 0],
        [0] * 6,
    ]
    assert time.shorten(gaps).tolist() == expected
    for number, own in enumerate(expected):  # in whatever company and padding
        alone = time.shorten(gaps[number : number + 1, : np.count_nonzero(own)])
        assert alone.tolist() == [own[: np.count_nonzero(own)]]


def shorten_in_a_loop(gaps, longest):
    shortened, before = [], 0.0
    for gap in gaps:
        shortened.append(min(gap, max(longest, 2 * before)))
        before = max(before, min(gap, 2 * longest))
    return shortened


@pytest.mark.parametrize("seed", range(3))
def test_a_causal_clock_knows_earlier_gaps_only(seed):
    gaps = np.random.default_rng(seed).exponential(size=(4, 9)) * [[1], [5], [20], [99]]
    time = KernelTime(10.0, 1.0, 100.0, 100.0)
    found = time.shorten_later(torch.from_numpy(gaps))
    assert found.tolist() == [shorten_in_a_loop(one, 10.0) for one in gaps.tolist()]
    until = time.shorten_later(torch.from_numpy(gaps[:, :5]))
    assert torch.equal(until, found[:, :5])


@pytest.mark.parametrize("far", [720.0, 8760.0])
@pytest.mark.parametrize("middle", [True, False])
def test_a_visit_long_after_a_stay_does_not_decide_the_units(far, middle):
    rng = np.random.default_rng(0)
    stay = np.sort(rng.uniform(0, 40, size=(30, 41)), axis=1)
    alone = Panel(np.ones((30 * 41, 1)), stay.ravel(), np.arange(31) * 41)
    later = stay.copy()
    later[:, 20 if middle else 40 :] += far
    expected = learn(alone)
    found = learn(alone.with_times(later.ravel()))
    assert found.longest_gap == pytest.approx(expected.longest_gap, rel=0.2)
    assert found.resolution == pytest.approx(expected.resolution, rel=0.3)
    assert found.typical_span < 1.5 * expected.typical_span


def test_regular_visits_in_bursts_keep_their_long_gaps():
    """Five rows within ten minutes, every day: a day is a typical long gap."""
    hours = np.add.outer(24.0 * np.arange(10), np.arange(5) / 24).ravel()
    panel = Panel(np.ones((500, 1)), np.tile(hours, 10), np.arange(11) * 50)
    assert learn(panel).longest_gap == pytest.approx(10 * 24, rel=0.02)


def waves(n_series, seed, visit):
    """Sines of two speeds, and some time later one more row."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    times = np.arange(200.0)
    turns = np.where(y, 1 / 64, 1 / 90)[:, None] * times + rng.random((n_series, 1))
    values = np.sin(2 * np.pi * turns) + 0.2 * rng.normal(size=turns.shape)
    values, times = np.hstack([values, 0 * values[:, :1]]), np.r_[times, 199 + visit]
    indptr = np.arange(n_series + 1) * 201
    return Panel(values.reshape(-1, 1), np.tile(times, n_series), indptr), y


@pytest.mark.parametrize("causal", [True, False])
def test_waves_are_told_apart_before_a_late_visit(causal):
    options = {"n_kernels": 1000, "summaries": False, "random_state": 0}
    model = CKRocketClassifier(causal=causal, **options).fit(*waves(40, 0, 1e5))
    assert model.score(*waves(100, 1, 1e5)) > 0.9
