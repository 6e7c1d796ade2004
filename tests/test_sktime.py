"""The adapters do as the estimators do, on real time stamps, inside sktime's tools."""

import copy
import inspect
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

pytest.importorskip("sktime", reason="sktime is an extra")
from sktime.base import load
from sktime.classification.model_evaluation import evaluate
from sktime.classification.model_selection import TSCGridSearchCV
from sktime.exceptions import NotFittedError
from sktime.pipeline import make_pipeline as make_sktime_pipeline
from sktime.regression.model_selection import TSRGridSearchCV
from sktime.transformations.exponent import ExponentTransformer

import ckts
from ckts import sktime as adapters
from irregular import irregular_panel

NETWORK = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
KERNELS = {"n_kernels": 168, "random_state": 0}
PARAMS = {
    "CKCNNClassifier": NETWORK,
    "CKCNNRegressor": NETWORK,
    "CKRocket": KERNELS,
    "CKRocketClassifier": KERNELS,
    "CKRocketRegressor": KERNELS,
}
PREDICTORS = sorted(set(PARAMS) - {"CKRocket"})
SEARCH = {"param_grid": {"n_kernels": [84, 168]}, "cv": KFold(2)}
PYTHON = "import sys; sys.modules['sktime'] = None; "


def adapter(name):
    return getattr(adapters, name)(**PARAMS[name])


def native(name):
    return getattr(ckts, name)(**PARAMS[name])


def outputs(model, X):
    """All that a fitted adapter, or an estimator of ours, says of series."""
    methods = ("predict", "predict_proba", "transform")
    return [getattr(model, name)(X) for name in methods if hasattr(model, name)]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def panel():
    """Series with missing values, unequal lengths and datetimes to the second."""
    panel, _ = irregular_panel(30)
    seconds = np.round(panel.times * 86_400).astype(int)
    return panel.with_times(pd.Timestamp(2024, 1, 1) + pd.to_timedelta(seconds, "s"))


@pytest.fixture(scope="module")
def y():
    return np.arange(30) % 2


@pytest.fixture(scope="module")
def labels(y):
    return np.array(["low", "high"])[y]


@pytest.fixture(scope="module")
def frames(panel):
    """The same as a list of frames, which scikit-learn can split."""
    return [frame.droplevel(0) for _, frame in panel.to_frame().groupby(level=0)]


@pytest.fixture(scope="module")
def arrays(y):
    rng = np.random.default_rng(0)
    return rng.normal(size=(len(y), 2, 12)) + y[:, None, None]


# --- the same as the estimators -------------------------------------------------------


def test_the_package_is_imported_without_sktime():
    code = "import ckts, ckts.estimators, ckts.datasets; ckts.CKCNNClassifier()"
    assert subprocess.run([sys.executable, "-c", PYTHON + code]).returncode == 0


def test_a_missing_sktime_is_named_with_a_way_out():
    code = PYTHON + "import ckts.sktime"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: `ckts.sktime` must find the package sktime; got" in done.stderr
    assert "pip install sktime" in done.stderr


def test_every_estimator_has_an_adapter_of_its_parameters():
    assert set(adapters.__all__) == set(PARAMS)
    for name in PARAMS:
        ours, theirs = getattr(ckts, name), getattr(adapters, name)
        assert inspect.signature(theirs) == inspect.signature(ours)
        assert theirs().get_params() == ours().get_params()
        for parameter in ours().get_params():
            assert f"\n{parameter} : " in theirs.__doc__
        with pytest.raises(TypeError, match=rf"{name}.__init__\(\) .* 'n_kernel'"):
            theirs(n_kernel=1)


@pytest.mark.parametrize("name", PARAMS)
def test_irregular_datetimes_give_the_outputs_of_the_estimator(name, panel, frames, y):
    expected = outputs(native(name).fit(panel, y), panel)
    for X in (panel.to_frame(), frames):
        assert_same(outputs(adapter(name).fit(X, y), X), expected)


@pytest.mark.parametrize("name", PARAMS)
def test_other_time_stamps_give_other_outputs(name, panel, y):
    model = adapter(name).fit(panel.to_frame(), y)
    rng = np.random.default_rng(0)
    times = panel.times.copy()
    for begin, end in zip(panel.indptr[:-1], panel.indptr[1:], strict=True):
        gaps = rng.permutation(np.diff(times[begin:end]))
        times[begin + 1 : end] = times[begin] + np.cumsum(gaps)
    moved = panel.with_times(times.astype("datetime64[ns]"))
    assert_same([moved.values, moved.lengths], [panel.values, panel.lengths])
    before = outputs(model, panel.to_frame())[-1]
    after = outputs(model, moved.to_frame())[-1]
    changed = (np.asarray(before) != np.asarray(after)).reshape(len(panel), -1).any(1)
    assert changed.mean() > 0.8


def test_nested_frames_may_have_float_stamps_and_a_clock_per_channel(y):
    rng = np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, 9, n)) for n in rng.integers(3, 9, 2 * len(y))]
    cells = [pd.Series(rng.normal(size=len(t)), index=t) for t in times]
    X = pd.DataFrame({"left": cells[: len(y)], "right": cells[len(y) :]})
    expected = outputs(native("CKRocketClassifier").fit(X, y), X)
    assert_same(outputs(adapter("CKRocketClassifier").fit(X, y), X), expected)


def test_nested_frames_and_arrays_say_the_same(arrays, y):
    columns = {f"channel_{i}": list(map(pd.Series, arrays[:, i])) for i in range(2)}
    expected = outputs(native("CKRocketClassifier").fit(arrays, y), arrays)
    for X in (arrays, pd.DataFrame(columns)):
        assert_same(outputs(adapter("CKRocketClassifier").fit(X, y), X), expected)


STAMPS = {
    "int": [0, 3, 4],
    "datetime": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-06"]),
    "timedelta": pd.to_timedelta([0, 3, 4], "h"),
    "period": pd.PeriodIndex(["2024-01", "2024-04", "2024-05"], freq="M"),
}


@pytest.mark.parametrize("kind", STAMPS)
def test_time_stamps_of_sktime_reach_the_parser_as_they_are(kind, monkeypatch):
    seen = []
    fit = ckts.CKRocketClassifier.fit
    monkeypatch.setattr(
        ckts.CKRocketClassifier,
        "fit",
        lambda self, X, y: seen.append(X) or fit(self, X, y),
    )
    X = [
        pd.DataFrame({"a": [1.0, 2.0, value]}, index=STAMPS[kind]) for value in [*"89"]
    ]
    X = [frame.astype(float) for frame in X]
    adapter("CKRocketClassifier").fit(X, np.array([0, 1]))
    long = pd.concat(X, keys=["ann", "bob"], names=["instance", "time"])
    adapter("CKRocketClassifier").fit(long, np.array([0, 1]))
    pd.testing.assert_frame_equal(seen[0][1], X[1])
    pd.testing.assert_frame_equal(seen[1], long)


def test_sktime_refuses_float_stamps_and_durations_are_the_way_out(labels):
    panel, _ = irregular_panel(30)
    model = adapter("CKRocketClassifier")
    with pytest.raises(TypeError, match="must be in an sktime compatible format"):
        model.fit(panel.to_frame(), labels)
    hours = panel.with_times(pd.to_timedelta(panel.times, "h"))
    assert model.fit(hours.to_frame(), labels).score(hours.to_frame(), labels) > 0.8


def test_errors_are_those_of_the_estimators(panel, labels):
    frame = panel.to_frame()
    with pytest.raises(ValueError, match="`n_kernels` must be at least 84; got 3"):
        adapters.CKRocketClassifier(n_kernels=3).fit(frame, labels)
    model = adapter("CKRocketClassifier").fit(frame, labels)
    for wrong in (frame[["channel_0"]], np.zeros((3, 2, 5))):
        with pytest.raises(ValueError, match="must") as ours:
            model.estimator_.predict(wrong)
        with pytest.raises(ValueError, match="must") as theirs:
            model.predict(wrong)
        assert str(theirs.value) == str(ours.value)
    with pytest.raises(NotFittedError, match="has not been fitted yet"):
        adapter("CKRocketClassifier").predict(frame)
    check_is_fitted(model)
    with pytest.raises(ValueError, match="instance is not fitted yet"):
        check_is_fitted(adapter("CKRocketClassifier"))


# --- what sktime asks of an estimator -------------------------------------------------


@pytest.mark.parametrize("name", PARAMS)
def test_tags_tell_what_the_estimators_can_do(name):
    model = adapter(name)
    able = ["unequal_length", "missing_values", "multivariate", "random_state"]
    able += ["predict_proba", "class_weight"] if name.endswith("Classifier") else []
    able += ["multioutput"] if name.endswith("Regressor") else []
    able += ["multithreading"] if name in PREDICTORS else ["unequal_length:removes"]
    assert {tag for tag in able if not model.get_tag(f"capability:{tag}")} == set()
    assert not model.get_tag("capability:categorical_in_X")
    assert model.get_tag("property:randomness") == "derandomized"
    assert get_tags(model) == get_tags(native(name))


@pytest.mark.parametrize("name", ["CKCNNClassifier", "CKRocket"])
def test_random_state_decides(name, panel, labels):
    frame = panel.to_frame()
    model = adapter(name).fit(frame, labels)
    again = adapter(name).fit(frame, labels)
    other = model.clone().set_params(random_state=1).fit(frame, labels)
    assert_same(outputs(again, frame), outputs(model, frame))
    found, expected = outputs(other, frame)[-1], outputs(model, frame)[-1]
    assert (np.ravel(found)[:9] != np.ravel(expected)[:9]).any()


def test_classes_and_fitted_parameters_are_those_of_the_estimator(panel, labels):
    model = adapter("CKRocketClassifier").fit(panel.to_frame(), labels)
    assert model.classes_.tolist() == ["high", "low"]
    fitted = model.get_fitted_params()
    assert fitted["ridge"] is model.estimator_.ridge_
    assert fitted["n_features_in"] == 2
    joined = adapter("CKCNNClassifier").fit(panel.to_frame(), labels)
    assert (
        joined.get_fitted_params()["rocket__ridge"] is joined.estimator_.rocket_.ridge_
    )


@pytest.mark.filterwarnings("ignore:only single label seen:UserWarning")
def test_of_one_class_sktime_needs_no_model(panel):
    model = adapter("CKRocketClassifier").fit(panel.to_frame(), np.full(30, 7))
    assert model.predict(panel.to_frame()).tolist() == [7] * 30
    assert model.get_fitted_params()["n_classes"] == 1


def test_several_targets(panel, y, labels):
    frame, targets = panel.to_frame(), np.c_[y, 1.0 - y]
    model = adapter("CKRocketRegressor").fit(frame, targets)
    expected = native("CKRocketRegressor").fit(panel, targets).predict(panel)
    assert_same([model.predict(frame)], [expected])
    both = pd.DataFrame({"a": labels, "b": labels[::-1]})
    model = adapter("CKRocketClassifier").fit(frame, both)
    single = adapter("CKRocketClassifier").fit(frame, labels)
    assert_same([model.predict(frame)["a"]], [single.predict(frame)])


@pytest.mark.parametrize("name", PARAMS)
def test_copies_say_the_same(name, panel, y, tmp_path):
    frame = panel.to_frame()
    model = adapter(name).fit(frame, y)
    joblib.dump(model, tmp_path / "model.joblib")
    model.save(str(tmp_path / "saved"))
    copies = [
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        joblib.load(tmp_path / "model.joblib"),
        load(str(tmp_path / "saved")),
        load(model.save()),
        clone(model).fit(frame, y),
    ]
    expected = outputs(model, frame)
    for one in copies:
        assert_same(outputs(one, frame), expected)
    assert clone(model).set_params(random_state=3).get_params()["random_state"] == 3


def test_reset_keeps_what_scikit_learn_hangs_on_an_estimator(arrays, y):
    model = adapter("CKRocketClassifier").fit(arrays, y)
    model._parent_callback_ctx, model._metadata_request = "context", "request"
    assert model.reset() is model
    kept = model._parent_callback_ctx, model._metadata_request
    assert kept == ("context", "request")
    assert not hasattr(model, "estimator_")
    assert not hasattr(model, "_skl_callbacks")


# --- the table of features ------------------------------------------------------------


def test_features_are_named_by_series_and_kernel(panel):
    named = panel.with_instances([f"patient {i}" for i in range(30)])
    table = adapter("CKRocket").fit_transform(named.to_frame())
    ours = native("CKRocket").fit(panel)
    assert table.index.tolist() == named.instances.tolist()
    assert table.columns.tolist() == ours.get_feature_names_out().tolist()
    assert_same([table], [ours.transform(panel)])


def test_a_single_series_is_a_table_of_one_row(frames):
    rocket = adapter("CKRocket").fit(frames)
    expected = rocket.transform(frames).iloc[:1]
    pd.testing.assert_frame_equal(rocket.transform(frames[0]), expected)


# --- inside the tools of scikit-learn and sktime --------------------------------------


@pytest.mark.parametrize("name", PREDICTORS)
def test_cross_validation_of_scikit_learn(name, frames, y):
    """The list of frames is split, and the scores are those of our estimator."""
    scores = cross_val_score(adapter(name), frames, y, cv=3, error_score="raise")
    expected = cross_val_score(native(name), frames, y, cv=3)
    assert_same([scores], [expected])
    assert np.isfinite(scores).all()


def test_searches_and_pipelines_of_scikit_learn(frames, arrays, labels):
    model = adapter("CKRocketClassifier")
    chain = Pipeline([("model", model)])
    for X in (frames, arrays):
        search = GridSearchCV(model, **SEARCH, error_score="raise")
        assert np.isfinite(search.fit(X, labels).cv_results_["mean_test_score"]).all()
        assert_same(outputs(chain.fit(X, labels), X), outputs(model.fit(X, labels), X))
        grid = {"model__n_kernels": [84, 168]}
        inner = GridSearchCV(chain, grid, cv=KFold(2), error_score="raise")
        assert inner.fit(X, labels).best_params_.keys() == grid.keys()
        shares = cross_val_predict(chain, X, labels, cv=2, method="predict_proba")
        np.testing.assert_allclose(shares.sum(axis=1), 1)


@pytest.mark.slow
def test_search_in_two_processes(frames, labels):
    model = adapter("CKRocketClassifier")
    search = GridSearchCV(model, **SEARCH, n_jobs=2, error_score="raise")
    alone = clone(search).set_params(n_jobs=None).fit(frames, labels)
    found = search.fit(frames, labels).cv_results_["mean_test_score"]
    assert_same([found], [alone.cv_results_["mean_test_score"]])


def test_features_in_pipelines(panel, frames, labels):
    expected = RidgeClassifier().fit(native("CKRocket").fit_transform(panel), labels)
    expected = expected.predict(native("CKRocket").fit_transform(panel))
    chain = make_pipeline(adapter("CKRocket"), RidgeClassifier())
    assert_same([chain.fit(frames, labels).predict(frames)], [expected])
    scores = cross_val_score(chain, frames, labels, cv=2, error_score="raise")
    assert np.isfinite(scores).all()
    frame = panel.to_frame()
    theirs = make_sktime_pipeline(adapter("CKRocket"), RidgeClassifier())
    assert_same([theirs.fit(frame, labels).predict(frame)], [expected])


def test_steps_of_sktime_before_a_classifier(arrays, labels):
    square = ExponentTransformer(2.0, offset=0)
    squares = make_sktime_pipeline(square, adapter("CKCNNClassifier"))
    model = adapter("CKCNNClassifier").fit(arrays**2, labels)
    probabilities = squares.fit(arrays, labels).predict_proba(arrays)
    assert_same([probabilities], [model.predict_proba(arrays**2)])


def test_searches_of_sktime(panel, frames, labels, y):
    for X in (panel.to_frame(), frames):
        search = TSCGridSearchCV(adapter("CKRocketClassifier"), **SEARCH).fit(X, labels)
        assert search.best_score_ > 0.5
        assert search.predict_proba(X).shape == (30, 2)
        search = TSRGridSearchCV(adapter("CKRocketRegressor"), **SEARCH).fit(X, 1.0 * y)
        assert np.isfinite(search.best_score_)
        assert np.isfinite(search.predict(X)).all()


@pytest.mark.parametrize("name", ["CKCNNClassifier", "CKRocketClassifier"])
def test_evaluate_of_sktime_has_no_empty_cell(name, panel, labels):
    """Of a frame of rows, which scikit-learn cannot split; scores are those of ours."""
    options = {"cv": KFold(3), "error_score": "raise"}
    table = evaluate(adapter(name), X=panel.to_frame(), y=labels, **options)
    assert len(table) == 3
    assert not table.isna().any(axis=None)
    expected = cross_val_score(native(name), panel, labels, cv=KFold(3))
    assert_same([table["test_accuracy_score"]], [expected])
