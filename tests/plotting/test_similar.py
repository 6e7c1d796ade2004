"""The picture of similar series."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.frozen import FrozenEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ckts import CKCNNClassifier, CKCNNEmbedder, CKRocket, CKRocketClassifier, Panel
from ckts.plotting import SimilarSeriesDisplay
from irregular import irregular_panel

X, Y = irregular_panel(20)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rocket():
    return CKRocket(n_kernels=84, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def network():
    options = {"max_epochs": 1, "hidden_channels": 4, "random_state": 0}
    return CKCNNClassifier(rocket=False, **options).fit(X, Y)


@pytest.mark.parametrize("query", [0, 7])
def test_neighbors_are_those_of_scikit_learn(rocket, query):
    scaled = make_pipeline(rocket, StandardScaler()).fit(X, Y)
    display = SimilarSeriesDisplay.from_estimator(scaled, X, query, n_neighbors=5)
    features = scaled.transform(X)
    search = NearestNeighbors(n_neighbors=6).fit(features)
    distances, numbers = search.kneighbors(features[[query]])
    assert numbers[0, 0] == query
    np.testing.assert_allclose(display.distances, distances[0, 1:], rtol=1e-6)
    assert display.neighbors.instances.tolist() == numbers[0, 1:].tolist()


def test_of_a_trained_network_the_embedding_is_taken(network):
    embedder = CKCNNEmbedder(estimator=FrozenEstimator(network)).fit(X, Y)
    found = SimilarSeriesDisplay.from_estimator(network, X, 3)
    expected = SimilarSeriesDisplay.from_estimator(embedder, X, 3)
    np.testing.assert_allclose(found.distances, expected.distances)
    assert not hasattr(network, "estimator_")


def test_lines_are_what_was_observed_on_a_common_time_axis(rocket):
    display = SimilarSeriesDisplay.from_estimator(rocket, X, 2, n_neighbors=3)
    assert len(display.axes_) == X.in_channels
    shown = [*display.neighbors, X[2]]
    for column, lines in enumerate(display.lines_):
        for series, line in zip(shown, lines, strict=True):
            values = series.values[:, column]
            known = ~np.isnan(values)
            times = series.times - series.times[0]
            expected = np.c_[times, values][known]
            np.testing.assert_allclose(line.get_xydata(), expected)


def test_the_legend_says_who_what_and_how_far(rocket):
    display = SimilarSeriesDisplay.from_estimator(rocket, X, 2, y=Y, n_neighbors=2)
    texts = display.axes_[0].get_legend().get_texts()
    first, second = display.neighbors.instances
    assert [text.get_text() for text in texts] == [
        f"query: series 2, y = {Y[2]}",
        f"series {first}, distance {display.distances[0]:.3g}, y = {Y[first]}",
        f"series {second}, distance {display.distances[1]:.3g}, y = {Y[second]}",
    ]


def test_dates_become_readable_times(rocket):
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(X.times, unit="D")
    dated = Panel(X.values, dates, X.indptr)
    model = CKRocket(n_kernels=84, random_state=0).fit(dated, Y)
    display = SimilarSeriesDisplay.from_estimator(model, dated, 2)
    assert display.axes_[-1].get_xlabel() == "time since the first row (days)"
    own = display.lines_[0][-1].get_xdata()
    assert own[-1] <= (X[2].times - X[2].times[0]).max() <= own[-1] + 10
    weeks = display.plot(time_factor=1 / (7 * 86_400e9), time_label="weeks")
    np.testing.assert_allclose(weeks.lines_[0][-1].get_xdata(), own / 7)
    assert weeks.axes_[-1].get_xlabel() == "weeks"


def test_given_axes_are_used(rocket):
    axes = Figure().subplots(1, 2)
    display = SimilarSeriesDisplay.from_estimator(rocket, X, 2, ax=axes)
    assert display.axes_.tolist() == axes.tolist()
    one = SimilarSeriesDisplay.from_estimator(
        rocket, X, 2, channels=["channel_1"], ax=axes[0]
    )
    assert one.axes_.tolist() == [axes[0]]
    with pytest.raises(
        ValueError, match=r"`ax` must be one Axes per channel \(2\); got"
    ):
        SimilarSeriesDisplay.from_estimator(rocket, X, 2, ax=axes[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query": 20}, "`query` must be less than .*, 20; got 20"),
        ({"n_neighbors": 20}, "`n_neighbors` must be less than .*, 20; got 20. Give"),
        ({"y": [1, 2]}, r"`y` must have one label per series \(20\); got .*\(2,\)"),
        ({"channels": ["pulse"]}, r"`channels` must be among .*got \['pulse'\]"),
    ],
)
def test_wrong_arguments_are_named(rocket, changed, message):
    with pytest.raises(ValueError, match=message):
        SimilarSeriesDisplay.from_estimator(rocket, X, **{"query": 0, **changed})


def test_a_model_without_features_is_named():
    model = CKRocketClassifier(n_kernels=84).fit(X, Y)
    with pytest.raises(
        TypeError, match=r"`transform`, or .*; got CKRocketClassifier\."
    ):
        SimilarSeriesDisplay.from_estimator(model, X, 0)
