"""Estimators of panels with labels: the same as of indicators that are made by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import ckts
from ckts import (
    CKCNNClassifier,
    CKCNNEmbedder,
    CKCNNRegressor,
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
    PanelResampler,
    PanelScaler,
    PanelSummary,
)
from ckts.estimators import channel_importance, summarize
from ckts.panel import with_columns
from round_trips import check_same_answers

NAMES = {"instance": "who", "time": "day", "static": ["sex", "age"]}
N_SERIES, N_TRAIN = 36, 30
SMALL = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
FEW = {"n_kernels": 84, "random_state": 0}


def make_table():
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 7, N_SERIES)
    who = np.repeat(np.arange(N_SERIES), lengths)
    table = pd.DataFrame({"who": who, "day": rng.uniform(0, 9, len(who))})
    table["drug"] = rng.choice(["a", "b", "c", None], len(who))
    table["x"] = rng.normal(size=len(who))
    table["sex"] = np.resize(["f", "m", "m"], N_SERIES)[who]
    table["age"] = rng.normal(size=N_SERIES)[who]
    return table.sort_values(["who", "day"], ignore_index=True)


TABLE = make_table()
Y = np.arange(N_SERIES) % 2


def read(table=TABLE, **changes):
    return Panel.from_long(table, **NAMES, **changes)


def by_hand():
    """The table with the indicators of pandas, unobserved where labels are missing."""
    table = TABLE[["who", "day"]].copy()
    dummies = pd.get_dummies(TABLE["drug"], prefix="drug", prefix_sep="=", dtype=float)
    table[dummies.columns] = dummies.where(TABLE["drug"].notna())
    table["x"] = TABLE["x"]
    table[["sex=f", "sex=m"]] = pd.get_dummies(TABLE["sex"], dtype=float)
    table["age"] = TABLE["age"]
    names = {**NAMES, "static": ["sex=f", "sex=m", "age"]}
    return Panel.from_long(table, **names)


MODELS = {
    "CKRocketClassifier": CKRocketClassifier(**FEW),
    "CKRocketRegressor": CKRocketRegressor(**FEW, causal=True),
    "CKRocket": CKRocket(**FEW),
    "one network": CKCNNClassifier(**SMALL, rocket=False),
    "joined": CKCNNRegressor(**SMALL),
    "embedder": CKCNNEmbedder(estimator=CKCNNClassifier(**SMALL, rocket=False)),
    "scaler": PanelScaler(),
    "resampler": PanelResampler(grid=4),
    "summary": PanelSummary(),
}


@pytest.fixture(scope="module", params=MODELS)
def models(request):
    """A model of labels, and one of the indicators by hand."""
    model = MODELS[request.param]
    pair = [clone(model), clone(model)]
    pair[0].fit(read()[:N_TRAIN], Y[:N_TRAIN])
    pair[1].fit(by_hand()[:N_TRAIN], Y[:N_TRAIN])
    return pair


def said(model, X):
    name = "transform" if hasattr(model, "transform") else "predict"
    name = "predict_proba" if hasattr(model, "predict_proba") else name
    found = getattr(model, name)(X)
    return found.values if isinstance(found, Panel) else found


def test_labels_are_as_indicators_by_hand(models):
    labels, hand = models
    np.testing.assert_array_equal(
        said(labels, read()[N_TRAIN:]), said(hand, by_hand()[N_TRAIN:])
    )


def test_one_patient_is_as_the_batch(models):
    """To the bit as a slice of it; products of batches of other sizes are rounded."""
    model, _ = models
    batch = read()[N_TRAIN:]
    expected = said(model, batch)
    for number, who in enumerate(range(N_TRAIN, N_SERIES)):
        alone = read(TABLE[TABLE["who"] == who])
        assert len(alone.static_categories["sex"]) == 1
        found = said(model, alone)
        np.testing.assert_array_equal(found, said(model, batch[number]))
        if not isinstance(model, PanelScaler):  # its answer has a row per visit
            np.testing.assert_allclose(found[0], expected[number], atol=1e-6)


def test_labels_are_compared_not_codes(models):
    model, _ = models
    drug = TABLE["drug"].astype(pd.CategoricalDtype(["z", "c", "b", "a"]))
    other = read(TABLE.assign(drug=drug))
    assert other.categories == {"drug": ("z", "c", "b", "a")}
    np.testing.assert_array_equal(
        said(model, other[N_TRAIN:]), said(model, read()[N_TRAIN:])
    )


def test_a_model_of_labels_is_saved_with_them(models, tmp_path):
    model, _ = models
    model.save(tmp_path / "model")
    check_same_answers(model, ckts.load(tmp_path / "model"), read()[N_TRAIN:])


@pytest.mark.parametrize("name", ["CKRocketClassifier", "one network", "summary"])
def test_unknown_labels_count_as_not_observed(name):
    model = clone(MODELS[name]).fit(read()[:N_TRAIN], Y[:N_TRAIN])
    late = TABLE[TABLE["who"] >= N_TRAIN]
    expected = said(model, read(late.assign(drug=late["drug"].replace("a", None))))
    with pytest.warns(UserWarning, match="not seen: 'new' in channel 'drug'") as caught:
        found = said(model, read(late.replace({"drug": {"a": "new"}})))
    np.testing.assert_array_equal(found, expected)
    assert len(caught) == 1


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("column", ["drug", "sex"])
def test_labels_where_fit_saw_nothing_count_as_unknown(name, column):
    empty = read(TABLE.assign(**{column: np.nan}))
    model = clone(MODELS[name]).fit(empty[:N_TRAIN], Y[:N_TRAIN])
    answer = getattr(model, "predict", None) or model.transform
    expected = answer(empty)
    with pytest.warns(UserWarning, match=f"labels that fit has not seen.*{column}"):
        found = answer(read())
    if isinstance(found, Panel):
        assert found.equals(expected)
    else:
        np.testing.assert_array_equal(found, expected)


def test_the_warning_points_at_the_caller():
    model = CKRocketClassifier(**FEW).fit(read()[:N_TRAIN], Y[:N_TRAIN])
    late = read(TABLE[TABLE["who"] >= N_TRAIN].replace({"sex": {"m": "new"}}))
    with pytest.warns(UserWarning, match="'new' in static feature 'sex'") as caught:
        model.predict(late)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("name", ["CKRocketClassifier", "summary"])
def test_kinds_that_change_raise(name):
    model = clone(MODELS[name]).fit(read(), Y)
    with pytest.raises(
        ValueError, match=r"labels in channel 'drug', as in fit; got nu"
    ):
        said(model, read(TABLE.assign(drug=1.5)))
    with pytest.raises(ValueError, match=r"numbers in channel 'x'.*labels such as 'u'"):
        said(model, read(TABLE.assign(x="u")))
    numbers = clone(MODELS[name]).fit(by_hand(), Y)
    with pytest.raises(ValueError, match=r"`X` must have"):
        said(numbers, read())


def test_a_patient_without_any_label_is_predicted():
    model = CKRocketClassifier(**FEW).fit(read(), Y)
    bare = read(TABLE[TABLE["who"] == 3].assign(drug=None, sex=None))
    assert bare.categories == {}
    assert model.predict_proba(bare).shape == (1, 2)


def test_series_of_weight_0_and_what_comes_late_bring_no_labels():
    table = TABLE.copy()
    table.loc[table["who"] == 0, ["drug", "sex"]] = "only here"
    panel = read(table)
    weight = (np.arange(N_SERIES) > 0).astype(float)
    model = CKRocketClassifier(**FEW).fit(panel, Y, sample_weight=weight)
    expected = CKRocketClassifier(**FEW).fit(panel[1:], Y[1:])
    assert model._channels == ("drug=a", "drug=b", "drug=c", "x")
    found = model.predict_proba(panel[1:])
    np.testing.assert_array_equal(found, expected.predict_proba(panel[1:]))
    first = TABLE.groupby("who")["day"].transform("min")
    late = TABLE.assign(drug=TABLE["drug"].where(TABLE["day"] < first + 5, "late"))
    early = CKRocketClassifier(**FEW, landmark=4.0).fit(read(late), Y)
    assert early._channels == ("drug=a", "drug=b", "drug=c", "x")


def test_names_tell_label_and_channel():
    model = PanelSummary().fit(read())
    names = model.get_feature_names_out()
    assert {"drug=a_mean", "x_mean", "sex=f", "sex=m", "age"} <= set(names)
    assert model.feature_names_in_.tolist() == ["drug", "x"]
    assert model.n_features_in_ == 2
    assert PanelScaler().fit(read()).get_feature_names_out()[0] == "drug=a"
    rocket = CKRocketClassifier(**FEW).fit(read(), Y)
    assert "drug=b" in set(rocket.attribute(read()[:3])["channel"])


def test_scaled_labels_scale_back():
    scaler = PanelScaler().fit(read())
    back = scaler.inverse_transform(scaler.transform(read()))
    np.testing.assert_allclose(back.values, by_hand().values, atol=1e-12)


def test_scores_that_stop_a_training_see_labels():
    model = CKCNNClassifier(**SMALL, early_stopping=True, scoring="accuracy")
    model.fit(read(), Y)
    assert np.isfinite(model.history_[0]["valid_score"])


def test_the_importance_of_labels_is_that_of_their_channel():
    model = CKRocketClassifier(**FEW).fit(read(), Y)
    found = channel_importance(model, read(), Y, n_repeats=1, random_state=0)
    assert found.names.tolist() == ["drug", "x", "sex", "age"]


def test_a_fit_on_numbers_after_one_on_labels_forgets_them():
    numbers = with_columns(read(), [*read().observations.columns()][1:], ["x"])
    numbers = numbers.with_static(None)
    model = CKRocketClassifier(**FEW).fit(read(), Y).fit(numbers, Y)
    expected = CKRocketClassifier(**FEW).fit(numbers, Y).predict_proba(numbers)
    np.testing.assert_array_equal(model.predict_proba(numbers), expected)


def test_summaries_of_labels_are_those_of_indicators():
    np.testing.assert_array_equal(summarize(read()), summarize(by_hand()))


def test_bools_need_no_category():
    table = TABLE.assign(drug=TABLE["x"] > 0, sex=TABLE["sex"] == "f")
    numbers = table.astype({"drug": float, "sex": float})
    model = CKRocketClassifier(**FEW).fit(read(table), Y)
    expected = CKRocketClassifier(**FEW).fit(read(numbers), Y)
    np.testing.assert_array_equal(
        model.predict_proba(read(table)), expected.predict_proba(read(numbers))
    )
