"""Attributions add up to the scores, and point at what made the difference."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from ckts import CKRocketClassifier, CKRocketRegressor, Panel, as_panel
from ckts.datasets import truncate
from ckts.estimators.rocket.attributions import COLUMNS, Stamps
from ckts.panel import DATETIME, NUMBER, TimeScale, merge_ties
from irregular import irregular_panel

QUICK = {"n_kernels": 336, "random_state": 0}
other_clock = pytest.mark.filterwarnings("ignore:`X` must be on the clock of fit")


def total(table, n_outputs):
    """Sum of the values of each series and output, (n_series, n_outputs)."""
    sums = table.groupby(["series", "output"])["value"].sum()
    return sums.to_numpy().reshape(-1, n_outputs)


def scores(model, X):
    panel = merge_ties(as_panel(X), "mean")
    return model.ridge_.predict(model._features(panel))


# --- Sums ---------------------------------------------------------------------------


def odd_panel():
    """Nothing, one row, one channel, nothing seen, ties, a long gap twice, noise."""
    nan, rng = np.nan, np.random.default_rng(0)
    series = [
        ([], np.empty((0, 2))),
        ([3.0], [[1.0, 2.0]]),
        ([0.0, 1.0, 2.0], [[1.0, nan], [2.0, nan], [0.0, nan]]),
        ([3.0, 4.0], [[nan, nan], [nan, nan]]),
        ([5.0, 5.0, 5.0], [[1.0, 0.0], [2.0, nan], [9.0, 1.0]]),
        ([0.0, 1.0, 1.5, 1e6], [[0.0, 1.0], [nan, 4.0], [2.0, nan], [1.0, -1e9]]),
        ([0.0, 1.0, 1.5, 1e6], [[0.0, 1.0], [nan, 4.0], [2.0, nan], [1.0, -1e9]]),
        (np.arange(3000.0), rng.normal(size=(3000, 2))),
    ]
    times = np.concatenate([t for t, _ in series])
    values = np.vstack([np.asarray(v, float) for _, v in series])
    static = rng.normal(size=(len(series), 2))
    static[2] = nan
    indptr = np.r_[0, np.cumsum([len(t) for t, _ in series])]
    return Panel(values, times, indptr, static=static)


@other_clock
@pytest.mark.parametrize("n_classes", [1, 2, 3])
@pytest.mark.parametrize("summaries", [True, False])
def test_values_of_a_class_add_up_to_its_score(n_classes, summaries):
    X, _ = irregular_panel(static=True)
    y = np.array(["a", "b", "c"])[np.arange(24) % n_classes]
    model = CKRocketClassifier(summaries=summaries, **QUICK).fit(X, y)
    for panel in (X, odd_panel()):
        table = model.attribute(panel, n_intervals=5)
        found, expected = total(table, n_classes), scores(model, panel)
        np.testing.assert_allclose(found, expected, atol=1e-5)  # those are float32
        assert table["output"].unique().tolist() == model.classes_.tolist()
    named = set(table.loc[table["summary"].notna(), "block"])
    assert named == set(table["block"]) & {"summaries", "levels"}
    assert summaries or set(table["block"]) == {"kernels", "intercept"}


@other_clock
def test_values_of_a_target_add_up_to_its_prediction_in_its_unit():
    X, y = irregular_panel(static=True)
    rng = np.random.default_rng(0)
    means = np.array([np.nanmean(X[i].values) for i in range(24)])
    targets = np.column_stack([means, 1e6 + 1e3 * y, np.full(24, 7.0)])
    targets[:, 0] += 0.1 * rng.normal(size=24)
    model = CKRocketRegressor(**QUICK).fit(X, targets)
    for panel in (X, odd_panel()):
        table = model.attribute(panel)
        found = total(table, 3)
        expected = model.predict(panel)
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-5)
        assert (table.loc[table["output"] == 2, "value"].isin([0.0, 7.0])).all()
    single = CKRocketRegressor(**QUICK).fit(X, targets[:, 0])
    found = total(single.attribute(X), 1)[:, 0]
    np.testing.assert_allclose(found, single.predict(X), atol=1e-5)


@pytest.mark.parametrize("n_intervals", [1, 3, 100])
def test_finer_intervals_are_parts_of_coarser_ones(n_intervals):
    X, y = irregular_panel()
    model = CKRocketClassifier(**QUICK).fit(X, y)
    keys = ["series", "output", "clock", "scale", "dilation", "channel"]
    fine, coarse = (
        model.attribute(X[:3], n_intervals=n).query("block == 'kernels'")
        for n in (2 * n_intervals, n_intervals)
    )
    whole = fine.groupby(keys)["value"].sum()
    np.testing.assert_allclose(whole, coarse.groupby(keys)["value"].sum(), atol=1e-12)
    halves = fine["value"].to_numpy().reshape(-1, 2).sum(1)
    np.testing.assert_allclose(halves, coarse["value"], atol=1e-12)


def test_company_changes_nothing():
    X, y = irregular_panel(static=True)
    model = with_all_blocks(CKRocketClassifier(**QUICK).fit(X, y))
    together = model.attribute(X)
    for number in (0, 5, 23):
        own = together[together["series"] == number]
        alone = model.attribute(X[[number]])
        pd.testing.assert_frame_equal(
            own.drop(columns="series").reset_index(drop=True),
            alone.drop(columns="series"),
            rtol=1e-12,  # products of a row hang on its company in the last bits
            atol=1e-13,
        )


def test_values_tell_the_difference_to_the_mean_training_series():
    X, y = irregular_panel(static=True)
    model = CKRocketClassifier(**QUICK).fit(X, y)
    table = model.attribute(X)
    mean = table.groupby(["block", "output"])["value"].sum() / len(X)
    np.testing.assert_allclose(mean.get("kernels", np.zeros(2)), 0, atol=1e-6)
    # together the blocks add nothing on average; a kernel of products is not 0 at the
    # mean of what it sees
    total_mean = mean.groupby("output").sum()
    np.testing.assert_allclose(total_mean, model.ridge_.intercept, atol=1e-5)


@other_clock
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
def test_values_of_all_views_and_blocks_add_up_to_scores(causal, lengths):
    X, y = irregular_panel(static=True)
    model = CKRocketClassifier(causal=causal, lengths=lengths, **QUICK).fit(X, y)
    model = with_all_blocks(model)
    for panel in (X, odd_panel()):
        table = model.attribute(panel)
        assert ("levels" in set(table["block"])) == lengths
        # scores of up to 6 are float32
        np.testing.assert_allclose(total(table, 2), scores(model, panel), atol=1e-5)


# --- Rows ---------------------------------------------------------------------------


def with_all_blocks(model, seed=0):
    """Give every block coefficients, whichever leaving out has chosen."""
    rng, n_outputs = np.random.default_rng(seed), len(model.ridge_.intercept)
    sizes = [len(block.center) for block in model.ridge_.blocks]  # as mapped
    coefficients = [rng.normal(size=(size, n_outputs)) for size in sizes]
    model.ridge_ = replace(model.ridge_, coefficients=coefficients)
    return model


def named_panel():
    X, y = irregular_panel(static=True)
    names = {"channels": ["pulse", "lactate"], "static_names": ["age", "weight"]}
    return Panel(X.values, X.times, X.indptr, static=X.static, **names), y


def test_each_row_says_what_it_is_about():
    X, y = named_panel()
    model = with_all_blocks(CKRocketRegressor(**QUICK).fit(X, y))
    table = model.attribute(X[:2], n_intervals=4)
    np.testing.assert_allclose(total(table, 1)[:, 0], model.predict(X[:2]), rtol=1e-4)
    assert table.columns.tolist() == COLUMNS
    assert table["value"].notna().all()
    described = {
        "kernels": {"clock", "scale", "dilation", "channel", "start", "end"},
        "levels": {"channel", "summary", "start", "end"},
        "summaries": {"channel", "summary"},
        "intercept": set(),
    }
    assert set(table["block"]) == set(described)
    for block, rows in table.groupby("block"):
        known = rows.drop(columns=["series", "output", "block", "value"]).notna().any()
        assert set(known.index[known]) == described[block]
    kernels = table[table["block"] == "kernels"]
    assert len(kernels) == 2 * len(model.kernels_.groups) * 2 * 4
    pairs = {(c, s) for c in ("absolute", "relative") for s in ("common", "own")}
    assert set(zip(kernels["clock"], kernels["scale"], strict=True)) == pairs
    for clock, scale, group in model.kernels_.groups:
        own = (kernels["clock"] == clock) & (kernels["scale"] == scale)
        assert group.dilation in kernels.loc[own, "dilation"].unique()


def test_summaries_and_levels_stand_beside_their_names():
    X, y = named_panel()
    model = with_all_blocks(CKRocketRegressor(**QUICK).fit(X, y))
    table = model.attribute(X)
    names = model._feature_names()[model.kernels_.n_features :]
    divided = [
        block.divide(features, coefficients * y.std())[0][:, 0]
        for block, features, coefficients in zip(
            model.ridge_.blocks[2:],
            model._features(X)[2:],
            model.ridge_.coefficients[2:],
            strict=True,
        )
    ]
    parts = np.hstack(divided)

    def told(start):
        own = [name.startswith(start) for name in names]
        assert any(own)
        return parts[:, own].sum(1)

    summaries = table[table["block"] == "summaries"].set_index("summary")
    for name in ("mean of pulse", "count of lactate", "weight", "longest gap"):
        found = summaries.loc[name]
        # a count is one of the series, and of parts of it
        expected = told(f"{name} >") + told(f"{name} rank") + told(f"{name} unknown")
        np.testing.assert_allclose(found["value"], expected, atol=1e-4)
        channel = name.partition(" of ")[2]
        assert (found["channel"].fillna("") == channel).all()
    levels = table[table["block"] == "levels"]
    assert set(levels["summary"]) == {"level", "count"}
    kinds = ("level", "level of", 32), ("count", "count of", 8)
    for kind, name, n_parts in kinds:
        own = levels[levels["summary"] == kind]
        grouped = own.groupby(["series", "channel"])["value"]
        for part in (0, n_parts // 2, n_parts - 1):
            for channel in X.channels:
                found = grouped.nth(part)[own["channel"] == channel]
                start = f"{name} {channel} in part {part + 1} of {n_parts} "
                np.testing.assert_allclose(found, told(start), atol=1e-4)
    rows = levels[levels["channel"].isna()].groupby("series")["value"].nth(3)
    expected = told("number of rows in part 4 of 8 ")
    np.testing.assert_allclose(rows, expected, atol=1e-4)


@other_clock
def test_a_series_of_one_moment_has_one_interval_and_an_empty_one_none():
    X, y = irregular_panel(static=True)
    model = with_all_blocks(CKRocketClassifier(**QUICK).fit(X, y))
    table = model.attribute(odd_panel()).query("block == 'kernels'")
    table = table.set_index("series")
    moments = {1: 3.0, 4: 5.0}
    for series, stamp in moments.items():
        assert (
            set(table.loc[series, "start"]) == set(table.loc[series, "end"]) == {stamp}
        )
    for series in (0, 3):
        assert table.loc[series, ["start", "end"]].isna().all(axis=None)
    counts = table.groupby("series").size() / table.loc[[0]].shape[0]
    assert counts.tolist() == [1, 1, 32, 1, 1, 32, 32, 32]


# --- Time ---------------------------------------------------------------------------


def intervals(table, series=0):
    own = table[(table["block"] == "kernels") & (table["series"] == series)]
    return own[["start", "end"]].drop_duplicates().to_numpy().T


def test_intervals_are_equal_parts_from_the_first_to_the_last_stamp():
    X, y = irregular_panel()
    model = CKRocketClassifier(summaries=False, **QUICK).fit(X, y)
    table = model.attribute(X, n_intervals=6)
    for series in range(len(X)):
        seen = ~np.isnan(X[series].values).all(1)
        times = X[series].times[seen]
        ends = np.linspace(times[0], times[-1], 7)
        start, end = intervals(table, series)
        np.testing.assert_allclose(start, ends[:-1], rtol=1e-12)
        np.testing.assert_allclose(end, ends[1:], rtol=1e-12)
        assert start[0] == times[0]
        assert end[-1] == times[-1]


@other_clock
def test_a_gap_that_counts_less_is_shown_as_long_as_it_is():
    X, y = irregular_panel()
    X = X.with_values(np.nan_to_num(X.values))
    model = CKRocketClassifier(summaries=False, **QUICK).fit(X, y)
    times = np.array([0.0, 2.0, 4.0, 1004.0, 1006.0])
    panel = Panel(np.ones((5, 2)), times, [0, 5])
    gap = model.kernels_.views.time.longest_gap
    table = model.attribute(panel, n_intervals=8)
    clock = np.array([0, 2, 4, 4 + gap, 6 + gap])
    expected = np.interp(np.linspace(0, 6 + gap, 9), clock, times)
    np.testing.assert_allclose(intervals(table)[0], expected[:-1], atol=1e-9)
    np.testing.assert_allclose(intervals(table)[1], expected[1:], atol=1e-9)


KINDS = [
    (lambda hours: pd.Timestamp("2024-05-01") + pd.to_timedelta(hours, "h"), "M8[ns]"),
    (lambda hours: pd.to_timedelta(hours, "h"), "m8[ns]"),
]


@pytest.mark.parametrize(("convert", "dtype"), KINDS)
def test_stamps_are_of_their_kind_and_units_change_no_value(convert, dtype):
    X, y = irregular_panel()
    model = CKRocketClassifier(**QUICK)
    model.fit(Panel(X.values, convert(X.times), X.indptr), y)
    # other series: rounding decides about those that the quantiles of levels are of
    X, _ = irregular_panel(seed=1)
    hours = as_panel(X.with_times(np.round(X.times, 2)), time_unit="h")
    stamped = Panel(X.values, convert(hours.times), X.indptr)
    found, plain = model.attribute(stamped), model.attribute(hours)
    np.testing.assert_allclose(found["value"], plain["value"], atol=1e-9)
    assert found["start"].dtype == found["end"].dtype == dtype
    for name in ("start", "end"):
        passed = convert(plain[name].dropna().to_numpy()) - found[name].dropna()
        assert np.abs(passed.dt.total_seconds()).max() < 1e-6
        assert (found[name].isna() == plain[name].isna()).all()
    factor = np.where(plain["clock"] == "absolute", 3600.0, 1.0)
    np.testing.assert_allclose(found["dilation"], plain["dilation"] * factor)
    first, last = stamped.times[0], stamped.times[stamped.indptr[1] - 1]
    start, end = intervals(found)
    assert start[0].astype(np.int64) == first
    assert end[-1].astype(np.int64) == last


def test_parts_of_stamps():
    nothing = Stamps(np.empty(0, np.int64), np.empty(0), DATETIME).cut(2)
    assert np.isnat(nothing).all()
    assert np.isnan(Stamps(np.empty(0), np.empty(0), NUMBER).cut(2)).all()
    origin = pd.Timestamp("2200-01-01").value
    times = origin + np.array([0, 10, 10**17 + 1])
    start, end = Stamps(times, np.array([0.0, 5.0, 10.0]), DATETIME).cut(4)
    assert start.astype(np.int64).tolist()[:3] == [origin, origin + 5, origin + 10]
    assert end.astype(np.int64)[-1] == times[-1]
    start, _ = Stamps(np.array([5, 6]), np.array([0.0, 1.0]), NUMBER).cut(2)
    assert start.tolist() == [5.0, 5.5]
    start, _ = Stamps(
        np.array([5, 7]), np.array([0.0, 1.0]), TimeScale("timedelta", "ns")
    ).cut(2)
    assert start.tolist() == [5, 6]


def test_what_a_landmark_hides_has_no_interval():
    X, y = irregular_panel()
    X = X.with_values(np.nan_to_num(X.values))
    model = with_all_blocks(CKRocketClassifier(landmark=4.0, **QUICK).fit(X, y))
    table = model.attribute(X[:5])
    expected = scores(model, truncate(X[:5], 4.0))
    np.testing.assert_allclose(total(table, 2), expected, rtol=1e-4)
    for series in range(5):
        assert intervals(table, series)[1].max() <= X[series].times[0] + 4.0


def test_series_that_fit_saw_no_time_of_have_intervals_too():
    rng = np.random.default_rng(0)
    X = Panel(rng.normal(size=(40, 1)), rng.random(40), np.arange(41))
    model = CKRocketClassifier(**QUICK).fit(X, np.arange(40) % 2)
    longer = irregular_panel(3, in_channels=1)[0]
    with pytest.warns(UserWarning, match="`fit` saw none") as caught:
        table = model.attribute(longer)
    assert caught[0].filename == __file__  # the caller is named
    assert np.isfinite(table["value"]).all()


# --- What is wrong, and where -------------------------------------------------------

BAD = [
    (0, ValueError, "`n_intervals` must be at least 1; got 0"),
    (2.5, TypeError, r"`n_intervals` must be an integer; got 2\.5"),
]


@pytest.mark.parametrize(("n_intervals", "error", "message"), BAD)
def test_a_bad_number_of_intervals_is_named(n_intervals, error, message):
    X, y = irregular_panel()
    model = CKRocketClassifier(**QUICK).fit(X, y)
    with pytest.raises(error, match=message):
        model.attribute(X, n_intervals=n_intervals)


@pytest.mark.parametrize("estimator", [CKRocketClassifier, CKRocketRegressor])
def test_before_fit_there_are_none(estimator):
    with pytest.raises(NotFittedError, match=f"This {estimator.__name__} instance"):
        estimator().attribute(irregular_panel()[0])


def test_another_device_gives_the_same(accelerator):
    X, y = irregular_panel(static=True)
    there = CKRocketRegressor(device=accelerator.device, **QUICK).fit(X, y)
    here = CKRocketRegressor(device="cpu", **QUICK).fit(X, y)
    found, expected = (with_all_blocks(m).attribute(X[:3]) for m in (there, here))
    np.testing.assert_allclose(found["value"], expected["value"], atol=1e-5)
