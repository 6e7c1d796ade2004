"""A clock on which nothing lasts long between bursts: kernels see into these."""

import numpy as np
import pytest
import torch

from ckts import CKRocketClassifier, Panel
from ckts.datasets import make_bursty_visits
from ckts.estimators.rocket.views import CausalViews, CenteredViews, SpanFreeViews
from kernel_learning import Learned

KINDS = [CenteredViews, SpanFreeViews, CausalViews]
INSIDE = {"signal": "within", "inner_gap": 1e-3}


@pytest.fixture(scope="module")
def visits():
    return make_bursty_visits(60, **INSIDE, random_state=0)


@pytest.mark.parametrize("kind", KINDS)
def test_gaps_between_bursts_are_a_few_gaps_within(visits, kind):
    learned, one = Learned(visits[0], kind=kind), visits[0][0]
    within = learned.statistics.time.bursts.time_step
    signals = learned.signals(one)
    for scale in ("common", "own"):
        gaps = signals["burst", scale].times[0].diff().numpy()
        expected = np.minimum(np.diff(one.times), 4 * within)
        np.testing.assert_allclose(gaps, expected, rtol=1e-9)
        assert (gaps == gaps.max()).sum() == 7  # of eight visits
        values = signals["absolute", scale].pieces[:, :, 1]
        torch.testing.assert_close(signals["burst", scale].pieces[:, :, 1], values)


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_within_bursts_are_as_long_as_bursts(visits, kind):
    learned = Learned(visits[0], kind=kind)
    bursts = learned.statistics.time.bursts
    steps = [g.dilation for clock, _, g in learned.kernels.groups if clock == "burst"]
    others = [g.dilation for clock, _, g in learned.kernels.groups if clock != "burst"]
    assert min(steps) == pytest.approx(bursts.time_step / 2)
    assert 9 * max(steps) <= 3 * bursts.horizon
    assert min(others) > bursts.horizon or kind is CenteredViews  # a share of the span
    n_features = sum(
        g.biases.numel() for clock, _, g in learned.kernels.groups if clock == "burst"
    )
    n_clocks = len({clock for clock, _ in learned.views.names})
    assert n_features == pytest.approx(learned.kernels.n_features / n_clocks, rel=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_times_without_bursts_have_no_such_clock(panel, kind):
    learned = Learned(panel, kind=kind)
    assert learned.statistics.time.bursts is None
    assert "burst" not in {clock for clock, _ in learned.views.names}
    assert "burst" not in {clock for clock, _ in learned.signals(panel)}


def test_features_as_of_rows_of_bursts_are_those_of_series_that_end_there(visits):
    X = visits[0][:6]
    learned = Learned(visits[0], kind=CausalViews)
    rows = np.flatnonzero(np.random.default_rng(0).random(len(X.times)) < 0.3)
    features, levels = learned.compute_at(X, rows)
    owners = X.series_of_rows[rows]
    for row, owner, found, parts in zip(rows, owners, features, levels, strict=True):
        kept = slice(X.indptr[owner], row + 1)
        ended = Panel(X.values[kept], X.times[kept], [0, row + 1 - kept.start])
        expected, expected_parts = learned.compute(ended)
        np.testing.assert_array_equal(found, expected[0])
        np.testing.assert_array_equal(parts, expected_parts[0])


@pytest.mark.parametrize("options", [{}, {"lengths": False}, {"causal": True}], ids=str)
def test_what_shows_within_bursts_of_milliseconds_is_learned(options):
    """Without this clock .69 of 300 series with the defaults, by 400 to train."""
    X, y = make_bursty_visits(100, **INSIDE, random_state=0)
    X_test, y_test = make_bursty_visits(100, **INSIDE, random_state=1)
    model = CKRocketClassifier(n_kernels=1000, random_state=0, **options).fit(X, y)
    assert model.score(X_test, y_test) >= 0.95


def test_values_within_bursts_add_up_and_lie_in_their_intervals(visits):
    X, y = visits
    model = CKRocketClassifier(n_kernels=500, random_state=0).fit(X, y)
    table = model.attribute(X[:2], n_intervals=16)
    assert set(table["clock"].dropna()) == {"absolute", "relative", "burst"}
    totals = table.groupby(["series", "output"])["value"].sum().unstack()
    chosen = model.classes_[totals.to_numpy().argmax(1)]
    np.testing.assert_array_equal(chosen, model.predict(X[:2]))
    kernels = table[table["block"] == "kernels"]
    for _, rows in kernels.groupby("series"):
        starts = [np.unique(one["start"]) for _, one in rows.groupby("clock")]
        assert len(starts[0]) == 16
        np.testing.assert_array_equal(starts, [starts[0]] * 3)


def test_a_lone_row_missing_values_and_another_unit_are_seen_within_bursts(visits):
    X = visits[0][:20]
    rng = np.random.default_rng(0)
    values = np.c_[X.values, rng.normal(size=X.values.shape)]
    values[rng.random(values.shape) < 0.3] = np.nan
    values[values > 2.5] = 1e6
    lone = Panel(np.array([[1.0, np.nan]]), np.array([0.0]), [0, 1])
    panel = Panel.concat([Panel(values, X.times, X.indptr), lone])
    learned = Learned(panel)
    features, _ = learned.compute(panel)
    assert np.isfinite(features).all()
    assert "burst" in {clock for clock, _ in learned.views.names}
    hours = panel.with_times(panel.times / 3600)
    in_hours, _ = Learned(hours).compute(hours)
    assert np.abs(in_hours - features).mean() < 1e-3
    alone, _ = learned.compute(panel[-1:])
    np.testing.assert_array_equal(alone, features[-1:])  # whatever the company
