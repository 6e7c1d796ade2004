"""The picture of which channels matter."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from ckts import CKRocketClassifier
from ckts.estimators import channel_importance
from ckts.plotting import ChannelImportanceDisplay
from irregular import irregular_panel

NAMES = ["a", "b", "c"]
LOSSES = np.array([[0.0, 0.1], [0.4, 0.6], [-0.1, 0.3]])


def words(labels):
    return [label.get_text() for label in labels]


def test_what_is_measured_is_drawn():
    X, y = irregular_panel(40, in_channels=3)
    X = X.with_values(X.values, NAMES)
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X[:20], y[:20])
    options = {"n_repeats": 3, "random_state": 1, "channel_groups": {"ab": ["a", "b"]}}
    display = ChannelImportanceDisplay.from_estimator(
        model, X[20:], y[20:], scoring="roc_auc", ax=Figure().subplots(), **options
    )
    found = channel_importance(model, X[20:], y[20:], scoring="roc_auc", **options)
    np.testing.assert_array_equal(display.importances, found.importances)
    assert display.names == ["ab", "c"]
    means = display.means_.get_xdata()
    np.testing.assert_array_equal(means, np.sort(found.importances_mean)[::-1])
    assert display.ax_.get_xlabel().startswith("loss of roc auc when")


def test_rows_are_sorted_with_their_spread_and_every_repeat():
    axis = Figure().subplots()
    display = ChannelImportanceDisplay(NAMES, LOSSES).plot(ax=axis)
    assert display.ax_ is axis
    assert words(axis.get_yticklabels()) == ["b", "c", "a"]
    assert axis.yaxis_inverted()
    np.testing.assert_allclose(display.means_.get_xdata(), [0.5, 0.1, 0.05])
    lines = [segment[:, 0] for segment in display.errors_.get_segments()]
    np.testing.assert_allclose(lines, [[0.4, 0.6], [-0.1, 0.3], [0.0, 0.1]])
    np.testing.assert_allclose(display.repeats_.get_xdata(), LOSSES[[1, 2, 0]].ravel())


def test_of_many_channels_the_most_important_are_drawn():
    display = ChannelImportanceDisplay(NAMES, LOSSES).plot(n_channels=2)
    assert display.order_.tolist() == [1, 2]
    plt.close(display.figure_)
    with pytest.raises(ValueError, match="`n_channels` must be at least 1; got 0"):
        display.plot(n_channels=0)
