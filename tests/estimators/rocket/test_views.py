"""What kernels see of a series: clocks, scales, levels, and what must stay hidden."""

import itertools

import numpy as np
import pytest
import torch

from ckts import CKRocketClassifier, Panel
from ckts.estimators.rocket.kernel_time import KernelTime
from ckts.estimators.rocket.scales import bound
from ckts.estimators.rocket.views import (
    CausalViews,
    CenteredViews,
    SpanFreeViews,
)
from kernel_learning import Learned
from lines import integral_of_steps

# --- Levels -------------------------------------------------------------------------


def levels_of(learned, panel):
    """Levels of series, parts and channels, without the counts behind them."""
    levels = learned.compute(panel)[1]
    n_levels = learned.views.n_parts * panel.in_channels
    return levels[:, :n_levels].reshape(len(panel), -1, panel.in_channels)


def test_levels_are_means_of_parts_of_the_span():
    times, values = np.array([0.0, 1.0, 4.0, 10.0]), np.array([0.0, 2.0, -1.0, 5.0])
    panel = Panel(np.c_[values, [0, np.nan, np.nan, np.nan]], times, [0, 4])
    learned = Learned(panel)
    levels = levels_of(learned, panel)[0]
    statistics = learned.statistics.values
    scaled = (values - statistics.center[0]) / statistics.scale[0]
    edges = np.linspace(0, 10, learned.views.n_parts + 1)
    for part, (left, right) in enumerate(itertools.pairwise(edges)):
        fine = np.linspace(left, right, 20_001)
        mean = np.trapezoid(np.interp(fine, times, scaled), fine) / (right - left)
        assert levels[part, 0] == pytest.approx(mean, abs=1e-4)


def test_rows_of_other_channels_change_no_level(panel, learned):
    """The straight line is that between the observations of a channel."""
    middles = (panel.times[1:] + panel.times[:-1]) / 2
    inside = panel.series_of_rows[1:] == panel.series_of_rows[:-1]
    rows = np.argsort(np.r_[np.arange(len(panel.times)), np.flatnonzero(inside) + 0.5])
    full = panel.with_values(np.nan_to_num(panel.values))
    only_second = np.c_[np.full(inside.sum(), np.nan), np.zeros(inside.sum())]
    finer = Panel(
        np.vstack([full.values, only_second])[rows],
        np.r_[panel.times, middles[inside]][rows],
        panel.indptr + np.r_[0, np.cumsum(panel.lengths - 1)],
    )
    expected, found = (levels_of(learned, one)[..., 0] for one in (full, finer))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("in_channels", "n_parts"), [(1, 32), (64, 16), (600, 4)])
def test_many_channels_have_fewer_parts(in_channels, n_parts):
    assert (
        CenteredViews(KernelTime(9.0, 1.0, 9.0, 9.0), (3.0,) * in_channels).n_parts
        == n_parts
    )


@pytest.mark.parametrize("tells_span", [True, False])
def test_causal_levels_are_means_of_what_lasts_in_parts_of_the_past(panel, tells_span):
    learned = Learned(panel, kind=CausalViews, tells_span=tells_span)
    found = levels_of(learned, panel)
    assert found.shape[1] == (32 if tells_span else 0)
    if not tells_span:
        return
    ago, statistics = learned.views.windows(), learned.statistics.values
    assert ago[0] == 0
    np.testing.assert_allclose(np.diff(np.log(ago[1:]), 2), 0, atol=1e-9)
    assert ago[[1, -1]] == pytest.approx([learned.views.time.resolution, 10], rel=0.2)
    for number, series in enumerate(panel):
        rows = ~np.isnan(series.values).all(1)
        times, values = series.times[rows], series.values[rows]
        for channel in range(2):
            known = ~np.isnan(values[:, channel])
            if not known.any():
                assert np.isnan(found[number, :, channel]).all()
                continue
            lasting = (values[known, channel] - statistics.center[channel]) / (
                statistics.scale[channel]
            )
            limits = learned.views.limits[channel : channel + 1]
            lasting = bound(torch.from_numpy(lasting)[:, None], limits)[:, 0].numpy()
            stamps = np.r_[times[known], times[-1]]
            lasting = np.r_[lasting, lasting[-1]]
            for part, (late, early) in enumerate(itertools.pairwise(ago)):
                left = max(times[-1] - early, stamps[0]) - stamps[0]
                right = times[-1] - late - stamps[0]
                if right <= left:
                    assert np.isnan(found[number, part, channel])
                    continue
                area = integral_of_steps(stamps - stamps[0], lasting, right)
                area -= integral_of_steps(stamps - stamps[0], lasting, left)
                # levels are float32; short parts are differences of long integrals
                assert found[number, part, channel] == pytest.approx(
                    area / (right - left), abs=1e-4
                )


# --- The span is not told -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"), [(SpanFreeViews, {}), (CausalViews, {"tells_span": False})]
)
def test_a_constant_has_the_same_features_whatever_its_span(kind, options):
    lengths = np.array([1, 2, 5, 40, 300])
    times = np.concatenate([np.arange(float(n)) for n in lengths])
    panel = Panel(np.full((348, 1), 3.3), times, np.r_[0, np.cumsum(lengths)])
    rng = np.random.default_rng(0)
    learned = Learned(
        panel.with_values(rng.normal(size=(348, 1))), kind=kind, **options
    )
    features, levels = learned.compute(panel)
    assert (features == features[0]).all()
    assert levels.shape == (5, 0)
    assert learned.views.level_names(("a",)) == []
    telling = Learned(panel.with_values(rng.normal(size=(348, 1))))
    assert (telling(panel) != telling(panel)[0]).any()


def noise(n_series, seed):
    """Noise of 15 or 25 rows: only the number of rows tells the class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_series)
    lengths = np.where(y, 25, 15)
    gaps, values = rng.exponential(size=lengths.sum()), rng.normal(size=lengths.sum())
    indptr = np.r_[0, np.cumsum(lengths)]
    times = np.concatenate(
        [np.cumsum(gaps[a:b]) for a, b in itertools.pairwise(indptr)]
    )
    return Panel(values[:, None], times, indptr), y


def score_noise(**options):
    X, y = noise(80, 0)
    model = CKRocketClassifier(n_kernels=1000, random_state=0, **options).fit(X, y)
    return model.score(*noise(300, 1))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("summaries", [True, False])
def test_without_lengths_the_number_of_rows_of_noise_is_hardly_told(causal, summaries):
    assert score_noise(lengths=False, causal=causal, summaries=summaries) < 0.7


def test_with_lengths_the_number_of_rows_of_noise_is_told():
    assert score_noise() > 0.9
