"""The picture of a training."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.plotting import HistoryDisplay
from irregular import irregular_panel

QUICK = {"max_epochs": 4, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def rows(losses, **columns):
    """A history with other columns beside the training losses."""
    return [
        {"epoch": i + 1, "train_loss": loss, **{k: v[i] for k, v in columns.items()}}
        for i, loss in enumerate(losses)
    ]


@pytest.mark.parametrize("rocket", [False, True])
def test_every_network_has_its_losses_and_learning_rates(rocket):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(rocket=rocket, **QUICK).fit(X, y)
    display = HistoryDisplay.from_estimator(model)
    losses, rates = display.axes_
    assert len(display.lines_) == len(rates.lines) == len(model.nets_)
    for number, (line, rate) in enumerate(
        zip(display.lines_, rates.lines, strict=True)
    ):
        own = [row for row in model.history_ if row["network"] == number]
        expected = [(row["epoch"], row["train_loss"]) for row in own]
        np.testing.assert_array_equal(line.get_xydata(), expected)
        assert rate.get_ydata().tolist() == [row["lr"] for row in own]
    assert display.ax_ is losses
    assert display.valid_lines_ == []


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_the_ring_is_at_the_weights_that_early_stopping_keeps(scoring):
    X, y = irregular_panel(30, seed=1)
    model = CKCNNClassifier(rocket=False, early_stopping=True, scoring=scoring, **QUICK)
    model.set_params(lr=0.05, max_epochs=8).fit(X, y)
    display = HistoryDisplay.from_estimator(model)
    entry = "valid_loss" if scoring is None else "valid_score"
    found = [row[entry] for row in model.history_]
    best = found.index(min(found) if scoring is None else max(found))
    ((x, height),) = display.kept_[0].get_xydata()
    assert (x, height) == (best + 1, model.history_[best]["valid_loss"])
    assert display.curves[0].kept == best + 1
    (line,) = display.valid_lines_
    assert line.get_ydata().tolist() == [row["valid_loss"] for row in model.history_]


def test_without_validation_the_last_weights_are_kept():
    display = HistoryDisplay.from_history(rows([3.0, 1.0, 2.0]))
    assert display.kept_[0].get_xydata().tolist() == [[3, 2.0]]
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["training", "weights that are kept"]


def test_of_equal_losses_the_first_is_kept_and_nan_never():
    history = rows([1.0] * 4, valid_loss=[np.nan, 0.5, 0.5, 0.7])
    assert HistoryDisplay.from_history(history).curves[0].kept == 2


def test_a_history_without_learning_rates_has_one_chart():
    assert len(HistoryDisplay.from_history(rows([1.0, 0.5])).axes_) == 1
    axis = Figure().subplots()
    display = HistoryDisplay.from_history(rows([1.0], lr=[0.1]), ax=axis)
    assert display.axes_.tolist() == [axis]
    assert display.figure_ is axis.figure
    assert display.plot(ax=axis, loss_label="deviance") is display
    assert axis.get_ylabel() == "deviance"


def test_what_has_no_history_is_named():
    with pytest.raises(
        TypeError, match=r"`history_`; got CKRocketClassifier\. Fit a CK"
    ):
        HistoryDisplay.from_estimator(CKRocketClassifier())
    with pytest.raises(ValueError, match="at least one finished epoch; got none"):
        HistoryDisplay.from_history([])
    with pytest.raises(TypeError, match="`ax` must be a matplotlib Axes; got int"):
        HistoryDisplay.from_history(rows([1.0]), ax=3)
