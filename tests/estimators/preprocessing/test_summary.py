"""Summaries of series are what numpy says of their values."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ckts import as_panel
from ckts.estimators.preprocessing.summary import summarize
from irregular import irregular_panel


def test_summaries_join_a_pipeline():
    X, y = irregular_panel()
    model = make_pipeline(
        FunctionTransformer(lambda p: np.nan_to_num(summarize(p))), LogisticRegression()
    )
    assert model.fit(X, y).score(X, y) > 0.9


def test_summaries_are_what_numpy_says():
    X, _ = irregular_panel(static=True)
    table = summarize(X)
    assert table.shape == (len(X), 7 * 2 + 2)
    for one, row in zip(X, table, strict=True):
        values = one.values[:, 1]
        values = values[~np.isnan(values)]
        if len(values) > 1:
            expected = [values.mean(), values.std(ddof=1), values.min(), values.max()]
            np.testing.assert_allclose(row[1:8:2], expected)
            assert (row[9], row[11], row[13]) == (values[0], values[-1], len(values))


def test_summaries_of_a_series_without_observations():
    X = as_panel([([0.0, 1.0], [np.nan, np.nan]), ([0.0], [3.0])])
    table = summarize(X)
    assert np.isnan(table[0, :6]).all()
    assert table[0, 6] == 0


def test_summaries_of_all_channels_at_once_are_those_of_each_to_the_last_bit():
    X = irregular_panel(12)[0]
    together = summarize(X).reshape(len(X), 7, X.in_channels)
    for number, channel in enumerate(X.channels):
        alone = X.with_values(X.values[:, [number]], [channel])
        np.testing.assert_array_equal(together[:, :, number], summarize(alone))
