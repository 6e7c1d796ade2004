"""Parts of scores: what kernels add where, against slow loops in numpy."""

import numpy as np
import pytest
import torch

from ckts.estimators.rocket.blocks import GaussianBlock, LinearBlock
from ckts.estimators.rocket.ridge import BlockRidge
from ckts.estimators.rocket.score_parts import (
    FLAT,
    coded_values,
    in_units,
    linear_groups,
    overlaps,
    slopes_of,
)
from ckts.estimators.rocket.summaries import StepCoding
from ckts.rocket import Signal, kernels
from irregular import irregular_panel
from kernel_learning import Learned, standardize
from lines import integral_of

# --- A slow twin --------------------------------------------------------------------


def lines_of(learned, panel, clock, scale):
    """Times of the only series on a clock, and the values that kernels see there."""
    batch = standardize(panel, learned.statistics).batch([0])
    signal = learned.kernels.views.signals(batch)[clock, scale]
    return signal.times[0].numpy(), signal.pieces[0, :, 1].numpy()


def slow_values(one, times, values, n_intervals):
    """Loop over times, steps and biases, and integrate the line for each of them."""
    group, d = one.group, one.group.dilation
    center, slope = one.center.numpy(), one.slope.numpy()
    weight = group.weight.numpy().reshape(len(group.channels), 9, -1)
    span, length = times[-1], d / group.n_points
    n_times = int(np.ceil(span / length - 1e-9))
    found = np.zeros((slope.shape[2], len(group.channels), n_intervals))
    edges = np.linspace(0, span, n_intervals + 1)
    for number in range(n_times):
        ends = (number + 0.5) * length + (np.arange(10) - 4.5) * d
        areas = [
            [integral_of(times, values[:, c], end) for end in ends]
            for c in group.channels.tolist()
        ]
        means = np.diff(areas, axis=1) / d
        sizes = np.abs(means - means.mean(1, keepdims=True)) + FLAT
        low, high = ends[:-1].clip(0, span), ends[1:].clip(0, span)
        sizes[:, high - low <= 1e-9 * d] = 0
        part = sizes[:, :, None] * np.abs(weight)
        part /= part.sum((0, 1))
        rounded = np.round(means * 2**24) / 2**24
        response = (weight * rounded[:, :, None]).sum((0, 1)).astype(np.float32)
        for step in np.flatnonzero(high - low > 1e-9 * d):
            inside = np.minimum(edges[1:], high[step]) - np.maximum(
                edges[:-1], low[step]
            )
            inside = inside.clip(0) / (high[step] - low[step])
            for bias, mean, rise in zip(
                group.biases.numpy().astype(np.float32), center, slope, strict=True
            ):
                added = ((response > bias) - mean)[:, None] * rise / n_times
                found += np.einsum("ko,ck,i->oci", added, part[:, step], inside)
    return found


def random_ridge(sizes, n_outputs=3, seed=0, left_out=()):
    """A model of blocks of so many features that no data have decided."""
    rng = np.random.default_rng(seed)
    blocks = [LinearBlock(rng.random(n), 1 + rng.random(n)) for n in sizes]
    coefficients = [
        None if number in left_out else rng.normal(size=(size, n_outputs))
        for number, size in enumerate(sizes)
    ]
    return BlockRidge(blocks, coefficients, rng.normal(size=n_outputs), None, 1.0)


def kernels_and_ridge(panel, n_kernels=3000, **options):
    learned = Learned(panel, n_kernels=n_kernels)
    n_own = int(learned.kernels.is_own().sum())
    sizes = [learned.kernels.n_features - n_own, n_own]
    return learned, random_ridge(sizes, **options)


def equal_parts(signal, n_intervals):
    return torch.linspace(0, 1, n_intervals + 1, dtype=torch.float64) * signal.span


@pytest.mark.parametrize("seed", [0, 1])
def test_values_of_kernels_are_those_of_slow_loops(seed):
    X, _ = irregular_panel(seed=seed)
    learned, ridge = kernels_and_ridge(X, seed=seed)
    groups = linear_groups(learned.kernels, ridge, "cpu")
    panel = X[int(np.argmax(X.lengths))]
    late = np.where(np.arange(len(panel.times)) > 4, 1e4, 0)  # beyond the longest gap
    panel = panel.with_times(panel.times + late)
    batch = standardize(panel, learned.statistics).batch([0])
    signals = learned.kernels.views.signals(batch)
    for one in groups[:: len(groups) // 4 + 1]:
        line = lines_of(learned, panel, one.clock, one.scale)
        signal = signals[one.clock, one.scale]
        found = one.values(signal, equal_parts(signal, 7))
        expected = slow_values(one, *line, 7)
        assert np.abs(expected).max() > 0.1
        # the response is rounded to 2**-24, and may be so close to a bias
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("n_intervals", [1, 5, 32])
def test_values_of_kernels_add_up_to_their_linear_model(n_intervals):
    X, _ = irregular_panel()
    learned, ridge = kernels_and_ridge(X)
    features, own = learned(X), learned.kernels.is_own()
    expected = ridge.predict([features[:, ~own], features[:, own]]) - ridge.intercept
    groups = linear_groups(learned.kernels, ridge, "cpu")
    dataset = standardize(X, learned.statistics)
    for series in range(len(X)):
        signals = learned.kernels.views.signals(dataset.batch([series]))
        seen = [(one, signals[one.clock, one.scale]) for one in groups]
        found = [g.values(s, equal_parts(s, n_intervals)) for g, s in seen]
        assert found[0].shape == (3, 2, n_intervals)
        total = torch.stack(found).sum((0, 2, 3))
        np.testing.assert_allclose(total, expected[series], atol=1e-4)  # float32


def test_values_do_not_depend_on_how_a_long_series_is_computed(monkeypatch):
    """Beyond a number of times these are spread over the span, here the same ones."""
    X, _ = irregular_panel()
    learned, ridge = kernels_and_ridge(X)
    one = linear_groups(learned.kernels, ridge, "cpu")[0]
    d = one.group.dilation
    times = torch.linspace(0, 1, 9, dtype=torch.float64) * d / one.group.n_points * 12
    values = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 9, 2)))
    signal = Signal.through(times[None], values)
    ends = equal_parts(signal, 5)
    expected = one.values(signal, ends)
    monkeypatch.setattr(kernels, "MOST_TIMES", 12)
    np.testing.assert_allclose(one.values(signal, ends), expected, atol=1e-6)


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_block_that_is_left_out_has_no_kernels(left_out):
    X, _ = irregular_panel()
    learned, ridge = kernels_and_ridge(X, left_out=[left_out])
    groups = linear_groups(learned.kernels, ridge, "cpu")
    assert {one.scale for one in groups} == {("own", "common")[left_out]}
    assert len(groups) == len(learned.kernels.groups) / 2
    for one in groups:
        assert one.slope.abs().min() > 0


# --- Intervals ----------------------------------------------------------------------


def test_steps_overlap_intervals_by_hand():
    windows = torch.tensor([[-3.0, -1.0, 1.0, 3.0], [3.0, 5.0, 7.0, 9.0]]).double()
    found = overlaps(windows, torch.tensor([0.0, 2, 4, 6]).double())
    assert found.shape == (3, 2, 3)
    expected = [
        [[0, 1, 0.5], [0, 0, 0]],
        [[0, 0, 0.5], [0.5, 0, 0]],
        [[0, 0, 0], [0.5, 1, 0]],
    ]
    np.testing.assert_allclose(found, expected)


def test_steps_overlap_intervals_of_different_lengths():
    windows = torch.tensor([[-3.0, -1.0, 1.0, 3.0]]).double()
    found = overlaps(windows, torch.tensor([0.0, 1.5, 6.0]).double())
    np.testing.assert_allclose(found, [[[0, 1, 0.25]], [[0, 0, 0.75]]])


def test_a_window_before_the_span_is_in_the_first_interval():
    windows = torch.tensor([[-3.0, -2.0, -1.0, 0.0]]).double()
    found = overlaps(windows, torch.tensor([0.0, 3, 6]).double())
    assert found.tolist() == [[[1.0] * 3], [[0.0] * 3]]


def test_where_the_span_is_0_all_is_in_the_first_interval():
    windows = torch.arange(10).double().unsqueeze(0) - 4.0
    found = overlaps(windows, torch.zeros(3).double())
    assert found.tolist() == [[[1.0] * 9], [[0.0] * 9]]


# --- Tables and units ---------------------------------------------------------------


def test_values_of_columns_are_those_of_their_codes():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(20, 4))
    table[rng.random(table.shape) < 0.3] = np.nan
    table[:, 2], table[:, 3] = np.nan, 1.0  # no step, and one without a rank
    coding = StepCoding.learn(table, np.ones(20), 5)
    codes, names = coding.code(table), coding.names(list("abcd"))
    ridge = random_ridge([codes.shape[1]])
    found, rest = coded_values(coding, ridge, 0, table)
    assert not rest.any()
    assert found.shape == (20, 3, 4)
    parts = codes - ridge.blocks[0].center
    for column, name in enumerate("abcd"):
        own = [one.startswith(name) for one in names]
        expected = parts[:, own] @ slopes_of(ridge, 0)[own]
        np.testing.assert_allclose(found[..., column], expected, atol=1e-6)
    total = found.sum(2) + ridge.intercept
    np.testing.assert_allclose(total, ridge.predict([codes]), atol=1e-5)


def test_values_of_columns_that_go_together_are_integrated_gradients():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30, 4))
    coding = StepCoding.learn(table, np.ones(30), 3)
    codes = coding.code(table)
    block = GaussianBlock.learn(codes, np.ones(30), np.arange(30))
    coefficients = rng.normal(size=(block.weight.shape[1], 2))
    ridge = BlockRidge([block], [coefficients], np.zeros(2), None, 1.0)
    found, rest = coded_values(coding, ridge, 0, table[:3])
    total = found.sum(2) + rest
    np.testing.assert_allclose(total, ridge.predict([codes[:3]]), atol=1e-6)
    # by small steps from the mean code to that of the series, a column at a time
    center, n_steps = block.linear.center, 200
    names = coding.names(list("abcd"))
    for series in range(3):
        for column, name in enumerate("abcd"):
            own = np.array([one.startswith(name) for one in names])
            added = 0.0
            for step in range(n_steps):
                middle = center + (step + 0.5) / n_steps * (codes[series] - center)
                ends = np.tile(middle, (2, 1))
                move = (codes[series] - center)[own] / n_steps / 2
                ends[0, own] -= 20 * move
                ends[1, own] += 20 * move
                added += np.diff(block.map(ends) @ coefficients, axis=0)[0] / 20
            np.testing.assert_allclose(found[series, :, column], added, atol=2e-4)


def test_slopes_are_differences_of_predictions_and_0_where_nothing_varied():
    ridge = random_ridge([5])
    ridge.blocks[0].scale[3] = np.inf
    found = slopes_of(ridge, 0)
    for feature in range(5):
        one = np.zeros((2, 5), dtype=np.float32)
        one[1, feature] = 1.0
        step = np.diff(ridge.predict([one]), axis=0)[0]
        np.testing.assert_allclose(found[feature], step, atol=1e-6)
    assert not found[3].any()


def test_a_model_in_units_predicts_in_them():
    ridge = random_ridge([5, 4], left_out=[1])
    features = [np.random.default_rng(1).random((6, n), dtype="f4") for n in (5, 4)]
    unit, origin = np.array([2.0, 0.0, -1e3]), np.array([1.0, 5.0, 1e6])
    found = in_units(ridge, unit, origin).predict(features)
    expected = ridge.predict(features) * unit + origin
    np.testing.assert_allclose(found, expected, rtol=1e-12)
