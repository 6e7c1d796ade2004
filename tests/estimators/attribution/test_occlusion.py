"""Occlusion against sums and products that are known, and what models say by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from ckts import (
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
    PanelScaler,
    PanelSummary,
)
from ckts.datasets import make_irregular_regression, make_telling_window
from ckts.estimators import channel_time_attribution
from ckts.estimators.attribution import occlusion


def irregular(n_series=6, n_channels=3, seed=0, **options):
    """Series with gaps, bursts, missing values and lengths of their own."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 30, n_series)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    times = np.concatenate([np.sort(rng.random(n) ** 3) for n in lengths])
    values = rng.normal(size=(indptr[-1], n_channels))
    values[rng.random(values.shape) < 0.4] = np.nan
    return Panel(values, times, indptr, **options)


def total(function):
    """Return a score: the sum over the observations of a function of value, channel."""

    def score(_, panel):
        parts = function(panel.values, np.arange(panel.in_channels))
        rows = np.nansum(parts, axis=1)
        return np.bincount(panel.series_of_rows, rows, minlength=len(panel))

    return score


@pytest.mark.parametrize("n_spans", [1, 2, 8, 16])
def test_contributions_to_a_sum_are_its_summands(n_spans):
    panel = irregular()
    found = channel_time_attribution(
        None, panel, n_spans=n_spans, target=total(lambda v, c: (c + 1) * v)
    )
    summands = panel.values * [1, 2, 3]
    if n_spans == 1:  # the observations of a span share what it adds
        series = panel.series_of_rows
        for column in range(3):
            for one in range(len(panel)):
                own = (series == one) & panel.observed[:, column]
                summands[own, column] = summands[own, column].mean() if own.any() else 0
        np.testing.assert_allclose(found.contributions.values, summands, atol=1e-12)
    sums = [np.nansum(summands[panel.series_of_rows == i], 0) for i in range(6)]
    np.testing.assert_allclose(found.by_channel(), sums, atol=1e-12)
    np.testing.assert_allclose(found.residual, 0, atol=1e-12)
    assert (found.contributions.observed == panel.observed).all()


def test_enough_spans_find_each_summand():
    panel = Panel(np.arange(8.0)[:, None], np.arange(8) * 2.0, [0, 8])
    target = total(lambda v, c: v**2)
    found = channel_time_attribution(None, panel, n_spans=16, target=target)
    np.testing.assert_allclose(found.contributions.values[:, 0], np.arange(8.0) ** 2)


def test_square_of_a_sum_is_divided_as_by_shapley():
    values = np.array([3.0, 1, 4, 1, 5])
    panel = Panel(values[:, None], [0, 1, 2, 7, 10], [0, 5])

    def square(_, panel):
        return total(lambda v, c: v)(_, panel) ** 2

    found = channel_time_attribution(None, panel, n_spans=2, target=square)
    # Of (a + b)**2 the halves of a game of two players add a (a + b) and b (a + b).
    first, second, both = 3 + 1 + 4, 1 + 5, 14
    expected = [first * both / 3] * 3 + [second * both / 2] * 2
    np.testing.assert_allclose(found.contributions.values[:, 0], expected)


def test_what_any_observation_tells_is_divided_by_time():
    times = np.array([0.0, 0.1, 0.2, 0.3, 6, 8])
    panel = Panel(np.ones((6, 1)), times, [0, 6])

    def known(_, panel):
        return 1.0 * (panel.lengths > 0) * [one.observed.any() for one in panel]

    found = channel_time_attribution(None, panel, n_spans=4, target=known)
    parts = found.contributions.values[:, 0]
    assert parts.sum() == pytest.approx(1)
    assert parts[:4].sum() == pytest.approx(0.5, abs=0.13)  # four of six rows
    assert np.ptp(parts[:4]) == 0


def test_contributions_by_hand_for_one_series():
    X, y = make_telling_window(60, n_channels=2, length=12, missing=0.2, random_state=0)
    model = CKRocketClassifier(n_kernels=200, random_state=0).fit(X, y)
    one = X[3]
    found = channel_time_attribution(model, one, n_spans=2, target=1)

    def log_odds(values):
        p = model.predict_proba(one.with_values(values))[0, 1]
        return np.log(p / (1 - p))

    elapsed = one.times - one.times[one.observed.any(axis=1)][0]
    early = elapsed < elapsed.max() / 2
    expected = np.full(one.values.shape, np.nan)
    for channel in range(2):
        said = {}
        for name, hidden in [("-early", early), ("-late", ~early), ("-", early | True)]:
            values = np.array(one.values)
            values[hidden, channel] = np.nan
            said[name] = log_odds(values)
        whole, nothing = log_odds(one.values), said["-"]
        effects = [
            (whole - said["-early"] + said["-late"] - nothing) / 2,
            (whole - said["-late"] + said["-early"] - nothing) / 2,
        ]
        for part, effect in zip([early, ~early], effects, strict=True):
            own = part & one.observed[:, channel]
            expected[own, channel] = effect / own.sum()
    np.testing.assert_allclose(found.contributions.values, expected, atol=1e-9)
    assert found.score == pytest.approx(log_odds(one.values))
    nothing = log_odds(np.full(one.values.shape, np.nan))
    assert found.baseline == pytest.approx(nothing)


def test_a_channel_contributes_what_the_decision_loses_without_it():
    X, y = make_telling_window(60, length=20, random_state=0)
    model = CKRocketClassifier(n_kernels=200, random_state=0).fit(X, y)
    found = channel_time_attribution(model, X[:4], target=1)
    for channel in range(4):
        values = np.array(X[:4].values)
        values[:, channel] = np.nan
        without = model.decision_function(X[:4].with_values(values))
        lost = model.decision_function(X[:4]) - without
        np.testing.assert_allclose(found.by_channel().iloc[:, channel], lost)


def test_a_channel_that_is_not_used_gets_zero():
    panel = irregular()
    target = total(lambda v, c: np.where(c == 1, 0.0, v) * np.where(c == 1, 0.0, 1.0))
    found = channel_time_attribution(None, panel, target=target)
    own = found.contributions.values[:, 1]
    assert (own[~np.isnan(own)] == 0).all()
    X, y = make_telling_window(40, n_channels=2, random_state=0)
    never = X.with_values(np.where([False, True], np.nan, X.values))
    model = CKRocketClassifier(n_kernels=100, random_state=0).fit(never, y)
    found = channel_time_attribution(model, X[:2])
    assert (found.contributions.values[:, 1] == 0).all()


def test_origin_of_time_does_not_matter():
    X, y = make_telling_window(40, n_channels=2, length=15, random_state=0)
    whole = X.with_times(np.round(1e4 * X.times).astype(int))
    model = CKRocketClassifier(n_kernels=100, random_state=0).fit(whole, y)
    found = channel_time_attribution(model, whole[:3])
    later = channel_time_attribution(model, whole[:3].with_times(whole[:3].times + 777))
    np.testing.assert_array_equal(
        found.contributions.values, later.contributions.values
    )
    np.testing.assert_array_equal(later.windows(0), found.windows(0) + 777)


def test_order_of_rows_does_not_matter():
    panel = irregular()
    order = np.random.default_rng(0).permutation(len(panel.times))
    series = panel.series_of_rows
    shuffled = Panel.from_rows(
        series[order], panel.times[order], panel.values[order], n_series=len(panel)
    )
    target = total(lambda v, c: np.sin(v))
    first = channel_time_attribution(None, panel, target=target)
    second = channel_time_attribution(None, shuffled, target=target)
    assert first.contributions.equals(second.contributions)


def test_known_static_features_contribute():
    static = np.array([[1.0, np.nan], [2, 5], [3, 7], [0, 0], [1, 1], [2, 2]])
    panel = irregular(static=static, static_names=["age", "dose"])

    def target(_, panel):
        return np.nan_to_num(panel.static) @ [2.0, -1.0]

    found = channel_time_attribution(None, panel, target=target)
    np.testing.assert_allclose(found.static, np.nan_to_num(static) * [2, -1])
    assert found.baseline.tolist() == [0.0] * 6
    assert found.by_channel().columns.tolist()[-2:] == ["age", "dose"]
    assert (found.by_channel().iloc[:, :3] == 0).all(axis=None)


def test_small_batches_change_nothing(monkeypatch):
    panel, target = irregular(), total(lambda v, c: v**3)
    found = channel_time_attribution(None, panel, target=target)
    for name, size in [("MOST_COPIES", 3), ("MOST_NUMBERS", 50)]:
        with monkeypatch.context() as context:
            context.setattr(occlusion, name, size)
            again = channel_time_attribution(None, panel, target=target)
        assert again.contributions.equals(found.contributions)


def test_series_without_observations_have_no_contributions():
    panel = Panel([[1.0], [np.nan], [np.nan]], [0, 1, 2], [0, 1, 3, 3])
    target = total(lambda v, c: v)
    found = channel_time_attribution(None, panel, target=target)
    assert found.by_channel().iloc[:, 0].tolist() == [1, 0, 0]
    assert found.contributions.observed.ravel().tolist() == [True, False, False]


def test_spans_are_as_long_as_asked_for():
    hours = pd.Timestamp("2024-01-01") + pd.to_timedelta([0, 1, 2, 30, 31, 47], "h")
    panel = Panel(np.arange(1.0, 7)[:, None], hours, [0, 6])
    target = total(lambda v, c: v)
    span = pd.Timedelta(24, "h")
    found = channel_time_attribution(None, panel, target=target, span=span)
    np.testing.assert_allclose(found.contributions.values[:3, 0], 2.0)
    np.testing.assert_allclose(found.contributions.values[3:, 0], 5.0)


@pytest.mark.parametrize("steps", [[PanelScaler()], [PanelSummary()], []])
def test_pipelines_are_explained(steps):
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    X, y = make_telling_window(80, n_channels=2, random_state=0)
    last = [CKRocketClassifier(n_kernels=200, random_state=0)]
    if steps and isinstance(steps[0], PanelSummary):
        last = [StandardScaler(), SimpleImputer(), LogisticRegression()]
    model = make_pipeline(*steps, *last).fit(X[:70], y[:70])
    found = channel_time_attribution(model, X[70:], target=y[70:])
    assert found.by_channel()["channel_0"].min() > 0
    assert found.by_channel()["channel_0"].mean() > 1
    assert found.target.tolist() == y[70:].tolist()


def test_numbers_are_explained_in_their_unit():
    X, y = make_irregular_regression(60, n_channels=2, random_state=0)
    model = CKRocketRegressor(n_kernels=200, random_state=0).fit(X, y)
    tenfold = CKRocketRegressor(n_kernels=200, random_state=0).fit(X, 10 * y)
    found = channel_time_attribution(model, X[:2]).contributions.values
    np.testing.assert_allclose(
        channel_time_attribution(tenfold, X[:2]).contributions.values, 10 * found
    )
