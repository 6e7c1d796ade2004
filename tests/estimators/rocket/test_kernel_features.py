"""Features of kernels: units, order, storage and company change nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts import Panel
from ckts.estimators.rocket import kernel_features
from ckts.estimators.rocket.views import CausalViews, CenteredViews
from ckts.rocket import centered, kernels
from irregular import irregular_panel
from kernel_learning import Learned, standardize
from storages import in_both_storages


@pytest.fixture(scope="module")
def features(panel, learned):
    return learned(panel)


# --- What must not matter -----------------------------------------------------------

CLOCKS = [(2.0, 0.0), (3600.0, 1e6), (1e-9, 5e-8), (0.1, -3.0), (86_400e9, 1.7e18)]
SCALES = [(2.0, 0.0), (1e-6, 1e3), ([3.7, 1e-3], [5.0, -1e5])]


@pytest.mark.parametrize(("unit", "origin"), CLOCKS)
def test_the_unit_and_origin_of_time_change_nothing(panel, unit, origin):
    whole = panel.with_times(np.round(panel.times * 16) / 16)
    other = whole.with_times(whole.times * unit + origin)
    expected, levels = Learned(whole, in_order=True).compute(whole)
    found, other_levels = Learned(other, in_order=True).compute(other)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(other_levels, levels, atol=1e-5)


@pytest.mark.parametrize(("scale", "offset"), SCALES)
def test_the_scale_and_offset_of_each_channel_change_nothing(panel, scale, offset):
    other = panel.with_values(panel.values * scale + offset)
    expected, levels = Learned(panel, in_order=True).compute(panel)
    found, other_levels = Learned(other, in_order=True).compute(other)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(other_levels, levels, atol=1e-6)


def test_the_storage_changes_no_bit(panel, features):
    for stored in in_both_storages(panel):
        np.testing.assert_array_equal(Learned(stored)(stored), features)


def test_company_and_order_change_no_bit(panel, learned, features):
    order = np.random.default_rng(1).permutation(len(panel))
    np.testing.assert_array_equal(learned(panel[order]), features[order])
    levels = learned.compute(panel)[1]
    for number in range(len(panel)):
        alone = learned.compute(panel[[number]])
        np.testing.assert_array_equal(alone[0][0], features[number])
        np.testing.assert_array_equal(alone[1][0], levels[number])


@pytest.mark.parametrize("numbers", [1, 100, 300])
def test_the_size_of_batches_changes_no_bit(
    panel, learned, features, numbers, monkeypatch
):
    monkeypatch.setattr(kernel_features, "BATCH_NUMBERS", numbers)
    monkeypatch.setattr(kernels, "CHUNK", 1000 * numbers)
    dataset, everyone = standardize(panel, learned.statistics), np.arange(len(panel))
    sizes = [len(one) for one in learned.kernels.batches(dataset, everyone)]
    assert sum(sizes) == len(panel)
    assert (max(sizes) == 1) == (numbers == 1)
    np.testing.assert_array_equal(learned(panel), features)
    again = Learned(panel, statistics=learned.statistics)
    np.testing.assert_array_equal(again(panel), features)


def test_neither_batches_nor_chunks_are_larger_than_their_numbers(panel, monkeypatch):
    seen, learned = [], Learned(panel, n_kernels=6000)
    monkeypatch.setattr(kernel_features, "BATCH_NUMBERS", 200)
    monkeypatch.setattr(kernels, "CHUNK", 100_000)
    compute, signals = kernels.AbstractKernelGroup._features, CenteredViews.signals

    def witness(group, signal):
        n_times = int(group.count_times(signal.span).max())
        numbers = len(signal.span) * n_times * group.biases.numel()
        assert numbers <= 100_000 or len(signal.span) == 1
        seen.append(len(signal.span))
        return compute(group, signal)

    def witness_batch(views, batch):
        assert batch["values"].numel() <= 200
        seen.append(-len(batch["times"]))
        return signals(views, batch)

    monkeypatch.setattr(kernels.AbstractKernelGroup, "_features", witness)
    monkeypatch.setattr(CenteredViews, "signals", witness_batch)
    learned(panel)
    assert max(seen) > 1
    assert min(seen) < -1


def test_a_very_long_series_changes_no_feature_of_others(monkeypatch, panel, learned):
    monkeypatch.setattr(centered, "MOST_TIMES", 256)
    monkeypatch.setattr(kernel_features, "BATCH_NUMBERS", 2**40)
    monkeypatch.setattr(kernels, "CHUNK", 2**40)
    times = np.arange(2000) * 5.0
    longer = Panel(
        np.vstack([panel.values, np.random.default_rng(0).normal(size=(2000, 2))]),
        np.r_[panel.times, times],
        np.r_[panel.indptr, panel.indptr[-1] + 2000],
    )
    np.testing.assert_array_equal(learned(longer)[:-1], learned(panel))


def test_the_device_changes_no_bit(accelerator, panel, learned, features):
    found, levels = learned.compute(panel, accelerator.device)
    np.testing.assert_array_equal(found, features)
    np.testing.assert_allclose(levels, learned.compute(panel)[1], rtol=1e-6)


# --- Shapes, names, bounds ----------------------------------------------------------


def test_features_are_shares_and_as_many_as_named(learned, features):
    assert features.dtype == np.float32
    assert features.min() == 0
    assert features.max() == 1
    assert 0.2 < features.mean() < 0.8
    names = learned.kernels.names()
    assert len(names) == len(set(names)) == learned.kernels.n_features
    assert features.shape[1] == learned.kernels.n_features == 1344
    own = learned.kernels.is_own()
    assert own.tolist() == ["own scale" in name for name in names]
    assert own.mean() == 0.5


def test_columns_stand_where_their_names_say(panel):
    learned = Learned(panel, n_kernels=6000)
    found = dict(zip(learned.kernels.names(), learned(panel)[0], strict=True))
    signals = learned.signals(panel)
    for clock, scale, group in learned.kernels.groups:
        assert len(group.biases) > 1
        responses = group.responses(signals[clock, scale])[0][0]
        for kernel, bias in [(0, 1), (83, 0), (7, 1)]:
            share = (responses[:, kernel] > group.biases[bias, kernel]).double().mean()
            name = f"{clock} time, {scale} scale, dilation {group.dilation:.4g}, "
            name += f"kernel {kernel}, bias {bias}"
            assert found[name] == pytest.approx(float(share))


@pytest.mark.parametrize("n_kernels", [84, 335, 336, 1000, 5000, 20_000])
@pytest.mark.parametrize("kind", [CenteredViews, CausalViews])
def test_features_are_as_many_as_wanted_less_up_to_83(panel, n_kernels, kind):
    kernels = Learned(panel, n_kernels=n_kernels, kind=kind).kernels
    assert n_kernels - 84 < kernels.n_features <= n_kernels
    assert len(set(kernels.names())) == kernels.n_features
    # views differ by at most one bias of all patterns
    views = [view for *view, group in kernels.groups for _ in range(len(group.biases))]
    counts = [views.count(list(view)) for view in kernels.views.names]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("in_channels", [50, 300])
def test_every_channel_is_seen(in_channels):
    panel = irregular_panel(6, in_channels=in_channels)[0]
    seen = np.zeros(in_channels, dtype=int)
    for *_, group in Learned(panel, n_kernels=10_000).kernels.groups:
        np.add.at(seen, group.channels.numpy(), 1)
    assert seen.min() >= 4  # views
    assert seen.max() - seen.min() <= 1


def odd_panel():
    """Series with nothing, one row, one channel, ties, one time, and a plain one."""
    nan = np.nan
    rows = [
        ([], np.empty((0, 2))),
        ([3.0], [[1.0, 2.0]]),
        ([3.0, 4.0], [[nan, nan], [nan, nan]]),
        ([0.0, 1.0, 2.0], [[1.0, nan], [2.0, nan], [0.0, nan]]),
        ([5.0, 5.0, 5.0], [[1.0, 0.0], [2.0, nan], [9.0, 1.0]]),
        ([0.0, 1.0, 1.5, 1e6], [[0.0, 1.0], [nan, 4.0], [2.0, nan], [1.0, -1e30]]),
        ([0.0, 0.5, 3.0], [[7.0, 7.0]] * 3),
    ]
    times = np.concatenate([t for t, _ in rows])
    values = np.vstack([np.asarray(v, float) for _, v in rows])
    return Panel(values, times, np.r_[0, np.cumsum([len(t) for t, _ in rows])])


@pytest.mark.filterwarnings("ignore:.*far from all others:UserWarning")
def test_odd_series_have_shares_too(learned):
    for kernels_of in (learned, Learned(odd_panel())):
        features, levels = kernels_of.compute(odd_panel())
        assert np.isfinite(features).all()
        assert features.min() >= 0
        assert features.max() <= 1
        unknown = np.isnan(levels[:, :64].reshape(7, -1, 2)).all(1)
        expected = np.array([[1, 1]] * 3 + [[0, 1], [1, 1], [0, 0], [0, 0]], bool)
        np.testing.assert_array_equal(unknown, expected)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_channel_without_any_value_is_0_everywhere():
    panel = irregular_panel()[0]
    values = panel.values.copy()
    values[:, 1] = np.nan
    empty = panel.with_values(values)
    learned = Learned(empty)
    features = learned(empty)
    assert np.isfinite(features).all()
    values[:, 1] = 1e5  # a channel that was never seen stays unknown
    np.testing.assert_array_equal(learned(empty.with_values(values)), features)


@settings(max_examples=10)
@given(st.integers(0, 2**31))
def test_any_panel_has_shares(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 30, 6) + 2 * (np.arange(6) == 0)
    values = rng.normal(size=(lengths.sum(), 3)) * 10.0 ** rng.integers(-5, 9, 3)
    values[rng.random(values.shape) < 0.5] = np.nan
    gaps = [rng.exponential(size=n) * 10.0 ** rng.integers(-2, 5) for n in lengths]
    times = np.concatenate([np.cumsum(gap) for gap in gaps])
    panel = Panel(values, times, np.r_[0, np.cumsum(lengths)])
    features, levels = Learned(panel, n_kernels=336).compute(panel)
    assert np.isfinite(features).all()
    assert features.min() >= 0
    assert features.max() <= 1
    assert not np.isinf(levels).any()


# --- As of earlier ------------------------------------------------------------------


@pytest.mark.parametrize("tells_span", [True, False])
@pytest.mark.parametrize("numbers", [60, 2**18])
def test_features_as_of_rows_are_those_of_series_that_end_there(
    panel, tells_span, numbers, monkeypatch
):
    filled = ~np.isnan(panel.values).all(1)
    indptr = np.r_[0, np.cumsum(filled)][panel.indptr]
    panel = Panel(panel.values[filled], panel.times[filled], indptr)
    learned = Learned(panel, kind=CausalViews, tells_span=tells_span)
    monkeypatch.setattr(kernel_features, "BATCH_NUMBERS", numbers)
    rows = np.flatnonzero(np.random.default_rng(0).random(len(panel.times)) < 0.4)
    features, levels = learned.compute_at(panel, rows)
    starts = panel.indptr[panel.series_of_rows[rows]]
    ended = Panel(
        np.vstack([panel.values[a : b + 1] for a, b in zip(starts, rows, strict=True)]),
        np.concatenate(
            [panel.times[a : b + 1] for a, b in zip(starts, rows, strict=True)]
        ),
        np.r_[0, np.cumsum(rows + 1 - starts)],
    )
    expected, expected_levels = learned.compute(ended)
    np.testing.assert_array_equal(features, expected)
    np.testing.assert_array_equal(levels, expected_levels)


# --- Outliers -----------------------------------------------------------------------


def test_one_odd_stamp_moves_the_others_little():
    n_rows = 200
    times, rng = np.arange(n_rows * 8.0) % n_rows, np.random.default_rng(0)
    values = rng.normal(size=(n_rows * 8, 1)).cumsum(0)
    panel = Panel(values, times, np.arange(9) * n_rows)
    learned = Learned(panel)
    late = times.copy()
    late[n_rows - 1] *= 1e4
    changed = np.abs(learned(panel.with_times(late)) - learned(panel))
    assert changed[1:].max() == 0
    assert 0 < changed[0].mean() < 0.05


def test_a_sixteenth_of_the_rate_moves_shares_little():
    """The kernels of a slow signal see the same times, as if gaps were not cut."""
    times, rng = np.arange(0, 961.0), np.random.default_rng(0)
    turns = times / rng.uniform(300, 500, size=(8, 1)) + rng.random((8, 1))
    values = np.sin(2 * np.pi * turns)
    panel = Panel(values.reshape(-1, 1), np.tile(times, 8), np.arange(9) * 961)
    learned = Learned(panel)
    rows = np.flatnonzero(panel.times % 16 == 0)
    slow = Panel(panel.values[rows], panel.times[rows], np.arange(9) * 61)
    coarse = np.array(
        [
            group.dilation > 40 and clock == "absolute"
            for clock, _, group in learned.kernels.groups
            for _ in range(group.biases.numel())
        ]
    )
    moved = np.abs(learned(slow) - learned(panel))[:, coarse]
    assert moved.mean() < 0.02


def test_one_huge_value_moves_few_shares():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1600, 1)).cumsum(0)
    panel = Panel(values, np.arange(1600.0) % 200, np.arange(9) * 200)
    learned = Learned(panel)
    huge = values.copy()
    huge[100] = 1e6
    spoiled = panel.with_values(huge)
    changed = np.abs(learned(spoiled) - learned(panel))[0]
    assert changed.mean() < 0.06
    signals = learned.signals(spoiled)
    others = np.delete(signals["absolute", "own"].pieces[0, :, 1, 0].numpy(), 100)
    plain = learned.signals(panel)["absolute", "own"].pieces[0, :, 1, 0].numpy()
    # 0.001 of it if the huge value were taken at its word
    assert others.std() > 0.7 * np.delete(plain, 100).std()
    bounded = signals["absolute", "common"].pieces[0, 100, 1]
    assert bounded <= learned.views.limits[0] + 2
