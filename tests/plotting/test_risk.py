"""The picture that a clinician reads."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.base import clone

from ckts import CKCNNClassifier, CKRocketClassifier, Panel
from ckts.plotting import RiskDisplay
from irregular import irregular_panel


@pytest.fixture(scope="module")
def fitted():
    X, y = irregular_panel(12, static=True)
    model = CKCNNClassifier(max_epochs=1, hidden_channels=4, random_state=0)
    return model.fit(X, y), X


def test_the_picture_shows_what_was_measured_and_the_risk_after_it(fitted):
    model, X = fitted
    one = X[0]
    display = RiskDisplay.from_estimator(
        model, one, channels=["channel_1"], time_factor=2.0, figure=Figure()
    )
    channel, risk = display.axes_
    known = ~np.isnan(one.values[:, 1])
    shown = channel.lines[1].get_xydata()
    elapsed = 2 * (one.times - one.times[0])
    np.testing.assert_allclose(shown, np.c_[elapsed, one.values[:, 1]][known])
    np.testing.assert_allclose(risk.lines[1].get_ydata(), 100 * display.risk)
    assert display.risk[-1] == pytest.approx(model.predict_proba(one)[0, 1], abs=1e-6)


def test_the_risk_after_a_row_knows_nothing_later(fitted):
    model, X = fitted
    one = X[0]
    values = one.values.copy()
    values[-1] = 99.0
    first = RiskDisplay.from_estimator(model, one, figure=Figure()).risk
    second = RiskDisplay.from_estimator(
        model, one.with_values(values), figure=Figure()
    ).risk
    np.testing.assert_allclose(first[:-1], second[:-1], atol=1e-6)
    assert abs(first[-1] - second[-1]) > 1e-4


@pytest.mark.parametrize("blank", ["no row", "the first", "a middle one", "all"])
def test_a_causal_model_shows_what_truncated_series_have(blank):
    X, y = irregular_panel(12, static=True)
    options = {"max_epochs": 1, "hidden_channels": 4, "random_state": 0}
    model = CKCNNClassifier(causal=True, **options).fit(X, y)
    one = X[0]
    values = np.where(np.isnan(one.values), 0.5, one.values)
    rows = {"no row": [], "the first": [0], "a middle one": [2]}
    values[rows.get(blank, slice(None))] = np.nan
    times = one.times.copy()
    times[-2] = times[-1]
    one = one.with_values(values).with_times(times)
    expected = model.predict_proba(one.expanding())[:, 1]
    expected[-2] = expected[-1]  # measured at the same time
    shown = RiskDisplay.from_estimator(model, one, figure=Figure()).risk
    np.testing.assert_allclose(shown, expected, atol=1e-5)  # float32


def test_a_causal_model_is_asked_for_a_path_only():
    X, _ = irregular_panel(2)

    class Model:
        classes_ = np.array([0, 1])

        def predict(self, X):
            return np.zeros(len(X))

        def predict_proba_path(self, X):
            chances = np.linspace(0, 1, len(X.times))
            return X.with_values(np.c_[1 - chances, chances])

    one = X[0].keep_rows(X[0].observed.any(1))
    risk = RiskDisplay.from_estimator(Model(), one, figure=Figure()).risk
    np.testing.assert_allclose(risk, np.linspace(0, 1, len(one.times)))


TARGETS = [
    ("labels", 0, lambda proba: proba[:, 0]),
    ("labels", 1, lambda proba: proba[:, 1]),
    ("outputs", (0, "low"), lambda proba: proba[0][:, 1]),
    ("outputs", [1, 7], lambda proba: proba[1][:, 1]),
]


@pytest.fixture(scope="module", params=[False, True])
def several(request):
    """Classifiers of two labels and of two outputs, and the panel; causal or not."""
    X, y = irregular_panel(12)
    labels = np.c_[y, np.arange(12) < 5]
    names = np.array(["high", "low"], dtype=object)[labels[:, 0]]
    outputs = np.column_stack([names, np.array([5, 7], dtype=object)[labels[:, 1]]])
    options = {"max_epochs": 1, "hidden_channels": 4, "random_state": 0}
    model = CKCNNClassifier(causal=request.param, **options)
    found = {"labels": labels.astype(int), "outputs": outputs}
    return {name: clone(model).fit(X, one) for name, one in found.items()}, X


@pytest.mark.parametrize(("kind", "target", "column"), TARGETS)
def test_of_several_labels_or_outputs_that_of_the_target_is_drawn(
    several, kind, target, column
):
    models, X = several
    one = X[0]
    display = RiskDisplay.from_estimator(
        models[kind], one, target=target, figure=Figure()
    )
    expected = column(models[kind].predict_proba(one.expanding()))
    np.testing.assert_allclose(display.risk, expected, atol=1e-5)  # float32


def test_a_class_can_be_chosen(fitted):
    model, X = fitted
    last = RiskDisplay.from_estimator(model, X[0], figure=Figure()).risk
    first = RiskDisplay.from_estimator(model, X[0], target=0, figure=Figure()).risk
    np.testing.assert_allclose(first, 1 - last, atol=1e-6)


def test_of_several_labels_one_must_be_chosen(several):
    models, X = several
    with pytest.raises(
        ValueError, match=r"`target` must .* 2 labels, 0 to 1; got None"
    ):
        RiskDisplay.from_estimator(models["labels"], X[0])
    with pytest.raises(ValueError, match=r"classes, .*'low'\], \[5, 7\]\]; got None"):
        RiskDisplay.from_estimator(models["outputs"], X[0])


def test_a_figure_is_made_where_none_is_given(fitted):
    model, X = fitted
    display = RiskDisplay.from_estimator(model, X[0], title="A patient")
    assert display.figure_.get_suptitle() == "A patient"
    plt.close(display.figure_)


def test_dates_are_drawn_in_a_readable_unit():
    X, y = irregular_panel(12)
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(X.times, unit="D")
    X = Panel(X.values, dates, X.indptr)
    model = CKCNNClassifier(max_epochs=1, hidden_channels=4, random_state=0).fit(X, y)
    axis = RiskDisplay.from_estimator(model, X[0], figure=Figure()).axes_[-1]
    assert axis.get_xlabel() == "time since the first row (days)"
    days = X[0].elapsed / 86_400e9
    np.testing.assert_allclose(axis.lines[1].get_xdata(), days)


def test_a_series_that_is_no_panel_yet_is_drawn():
    X, y = irregular_panel(12)
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X, y)
    raw = [(X[0].times, X[0].values)]
    found = RiskDisplay.from_estimator(model, raw, figure=Figure()).risk
    expected = RiskDisplay.from_estimator(model, X[0], figure=Figure()).risk
    np.testing.assert_array_equal(found, expected)


def test_bad_arguments_are_named(fitted):
    model, X = fitted
    with pytest.raises(ValueError, match=r"`series` must hold one series.*n_series=2"):
        RiskDisplay.from_estimator(model, X[:2])
    with pytest.raises(ValueError, match=r"`channels` must be among.*got \['pulse'\]"):
        RiskDisplay.from_estimator(model, X[0], channels=["pulse"])
    empty = Panel(np.empty((0, 2)), np.empty(0), [0, 0], static=np.zeros((1, 2)))
    with pytest.raises(ValueError, match="at least one row"):
        RiskDisplay.from_estimator(model, empty)
