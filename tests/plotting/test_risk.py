"""The picture that a clinician reads."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from ckts import CKCNNClassifier, Panel
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


def test_a_figure_is_made_where_none_is_given(fitted):
    model, X = fitted
    display = RiskDisplay.from_estimator(model, X[0], title="A patient")
    assert display.figure_.get_suptitle() == "A patient"
    plt.close(display.figure_)


def test_bad_arguments_are_named(fitted):
    model, X = fitted
    with pytest.raises(ValueError, match=r"`series` must hold one series.*n_series=2"):
        RiskDisplay.from_estimator(model, X[:2])
    with pytest.raises(ValueError, match=r"`channels` must be among.*got \['pulse'\]"):
        RiskDisplay.from_estimator(model, X[0], channels=["pulse"])
    empty = Panel(np.empty((0, 2)), np.empty(0), [0, 0], static=np.zeros((1, 2)))
    with pytest.raises(ValueError, match="at least one row"):
        RiskDisplay.from_estimator(model, empty)
