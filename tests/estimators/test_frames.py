from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from ckts import (
    CKRocketClassifier,
    CKRocketRegressor,
    PanelSummary,
    predict_dask,
    predict_frame,
)
from ckts.datasets import make_bursty_visits

ROLES = {"instance": "who", "time": "when"}


@pytest.fixture(scope="module")
def data():
    X, y = make_bursty_visits(24, random_state=0)
    return X.with_instances([f"p{i:02}" for i in range(24)]), y


@pytest.fixture(scope="module")
def model(data):
    return CKRocketClassifier(n_kernels=200, random_state=0).fit(*data)


@pytest.fixture(scope="module")
def table(data):
    return data[0].to_frame().rename_axis(["who", "when"]).reset_index()


def test_predictions_are_those_of_the_panel_under_its_names(data, model, table):
    X, _ = data
    found = predict_frame(table, model, **ROLES)
    assert found.index.name == "who"
    assert found.index.tolist() == X.instances.tolist()
    assert found["prediction"].tolist() == model.predict(X).tolist()
    proba = predict_frame(table, model, **ROLES, method="predict_proba")
    assert proba.columns.tolist() == [str(one) for one in model.classes_]
    assert np.array_equal(proba, model.predict_proba(X))
    odds = predict_frame(table, model, **ROLES, method="decision_function")
    assert odds.columns.tolist() == ["decision_function"]
    assert np.array_equal(odds.iloc[:, 0], model.decision_function(X))


def test_features_have_their_names(data, table):
    summary = PanelSummary().fit(data[0])
    expected = summary.transform(data[0])
    for one in (summary, PanelSummary().set_output(transform="pandas").fit(data[0])):
        found = predict_frame(table, one, **ROLES, method="transform")
        assert np.array_equal(found, expected, equal_nan=True)
        assert found.columns.tolist() == summary.get_feature_names_out().tolist()
        assert found.index.tolist() == data[0].instances.tolist()


def test_several_outputs_are_numbered(data, table):
    X, y = data
    several = np.stack([y, y[::-1]], axis=1)
    forest = RandomForestClassifier(n_estimators=3, random_state=0)
    pipeline = make_pipeline(PanelSummary(), forest).fit(X, several)
    found = predict_frame(table, pipeline, **ROLES)
    assert found.columns.tolist() == ["prediction_0", "prediction_1"]
    proba = predict_frame(table, pipeline, **ROLES, method="predict_proba")
    assert np.array_equal(proba, np.hstack(pipeline.predict_proba(X)))


def test_another_method_is_named(model, table):
    with pytest.raises(ValueError, match="`method` must be one of 'predict'"):
        predict_frame(table, model, **ROLES, method="fit")


@pytest.fixture(params=["predict_frame", "predict_dask"])
def predict(request, table):
    """Predict a table of pandas, or one of Dask."""
    if request.param == "predict_frame":
        return partial(predict_frame, table, **ROLES)
    dask = pytest.importorskip("dask.dataframe")
    frame = dask.from_pandas(table.set_index("who"), npartitions=2)
    return partial(predict_dask, frame, **ROLES)


def test_a_method_that_the_model_lacks_is_refused(data, predict):
    X, y = data
    model = CKRocketRegressor(n_kernels=84, random_state=0).fit(X, y * 1.0)
    with pytest.raises(
        ValueError,
        match=r"`method` must be one that a CKRocketRegressor has, "
        r"'predict'; got 'predict_proba'\. Choose another",
    ):
        predict(model, method="predict_proba")
    pipeline = make_pipeline(PanelSummary(), RandomForestRegressor(n_estimators=2))
    with pytest.raises(ValueError, match=r"a Pipeline has, 'predict'; got 'tr"):
        predict(pipeline.fit(X, y), method="transform")


@pytest.mark.parametrize(
    "model", ["model.ckts", None, CKRocketRegressor, pd.DataFrame({"x": [1]})]
)
def test_what_is_no_model_is_refused(predict, model):
    with pytest.raises(
        TypeError, match=r"`model` must be a fitted estimator; got .*`ckts.load`"
    ):
        predict(model)


def test_a_model_that_is_not_fitted_is_refused(predict):
    forest = RandomForestRegressor()
    for model in (CKRocketRegressor(), make_pipeline(PanelSummary(), forest)):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            predict(model)


@pytest.fixture
def dask_frame(table):
    """Make Dask frames of the rows in some partitions, given where each one ends."""
    pytest.importorskip("dask.dataframe")
    import dask.dataframe as dd
    from dask import delayed

    def make(*ends):
        bounds = [0, *ends, len(table)]
        parts = [delayed(table[start:end]) for start, end in pairwise(bounds)]
        return dd.from_delayed(parts, meta=table[:0], verify_meta=False)

    return make


def ends_of_series(table, *numbers):
    lengths = table.groupby("who", sort=False).size().cumsum()
    return [int(lengths.iloc[number]) for number in numbers]


@pytest.fixture(autouse=True)
def one_thread():
    dask = pytest.importorskip("dask")
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_partitions_of_dask_are_predicted_as_one_table(
    dask_frame, model, table, method
):
    ends = ends_of_series(table, 4, 4, 15)  # the second partition is empty
    found = predict_dask(dask_frame(*ends), model, **ROLES, method=method)
    expected = predict_frame(table, model, **ROLES, method=method)
    assert found.columns.tolist() == expected.columns.tolist()
    pd.testing.assert_frame_equal(
        found.compute(), expected, rtol=1e-5, check_index_type=False
    )


def test_an_instance_in_two_partitions_is_named(dask_frame, model, table):
    (end,) = ends_of_series(table, 7)
    frame = dask_frame(end - 2, end + 40)
    with pytest.raises(ValueError, match=r"got 'p07' in partitions \[0, 1\]. Use"):
        predict_dask(frame, model, **ROLES)
    # the way out
    found = predict_dask(frame.set_index("who"), model, **ROLES).compute()
    expected = predict_frame(table, model, **ROLES)
    assert found["prediction"].sort_index().equals(expected["prediction"].sort_index())
    shuffled = predict_dask(frame.shuffle("who"), model, **ROLES).compute()
    assert len(shuffled) == len(expected)


def test_divisions_that_end_within_a_series_are_noticed(dask_frame, model, table):
    dask = pytest.importorskip("dask.dataframe")
    indexed = table.set_index("who")
    (end,) = ends_of_series(table, 7)
    halves = indexed[: end - 2], indexed[end - 2 :]
    parts = [dask.from_pandas(half, npartitions=1, sort=False) for half in halves]
    joined = dask.concat(parts)
    with pytest.raises(ValueError, match=r"got 'p07' in partitions \[0, 1\]. Use"):
        predict_dask(joined, model, **ROLES)
    names = indexed.index.unique()
    known = [names[0], names[7], names[-1]]
    divided = dask.from_map(lambda one: halves[one], [0, 1], divisions=known)
    assert divided.known_divisions
    with pytest.raises(ValueError, match=r"got 'p07' in partitions \[0, 1\]. Use"):
        predict_dask(divided, model, **ROLES)


def test_map_partitions_takes_the_function(dask_frame, model, table):
    frame = dask_frame(*ends_of_series(table, 10))
    meta = predict_frame(table[:9], model, **ROLES).iloc[:0]
    found = frame.map_partitions(predict_frame, model, **ROLES, meta=meta).compute()
    assert found.equals(predict_frame(table, model, **ROLES))


def test_a_frame_of_pandas_is_no_frame_of_dask(model, table):
    with pytest.raises(TypeError, match="`frame` must be a DataFrame of Dask"):
        predict_dask(table, model, **ROLES)


def test_what_is_predicted_otherwise_is_no_frame(data, dask_frame, model):
    with pytest.raises(TypeError, match=r"got a DataFrame of Dask. Use `predict_dask`"):
        predict_frame(dask_frame(40), model, **ROLES)
    with pytest.raises(TypeError, match=r"got a Panel. Use `model.predict\(X\)`"):
        predict_frame(data[0], model, **ROLES)


def test_roles_are_checked_before_dask_computes(dask_frame, model):
    with pytest.raises(TypeError, match=r"`instance` must be the name of a column"):
        predict_dask(dask_frame(40), model, instance=["who"], time="when")
