"""What the estimators promise beyond scikit-learn's contract."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ckts import (
    CKCNNClassifier,
    CKCNNRegressor,
    CKRocketClassifier,
    Panel,
    as_panel,
)
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
BOTH = [CKCNNClassifier, CKCNNRegressor]


@pytest.fixture
def data():
    return irregular_panel(static=True)


@pytest.mark.parametrize("kernel", ["bands", "siren", "fourier", "relu", "swish"])
@pytest.mark.parametrize("causal", [True, False])
def test_every_kernel_trains(data, kernel, causal):
    X, y = data
    model = CKCNNClassifier(kernel=kernel, causal=causal, **QUICK).fit(X, y)
    probabilities = model.predict_proba(X)
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(1), 1)


@pytest.mark.parametrize("causal", [True, False])
def test_every_quadrature_trains_on_whatever_was_observed(data, causal):
    X, y = data
    values = X.values.copy()
    values[: X.indptr[2], 1] = np.nan  # a channel that two series do not have
    values[X.indptr[3] + 1 : X.indptr[4]] = np.nan  # a series of one row
    X = Panel(values, X.times, X.indptr, static=X.static)
    probabilities = []
    for quadrature in ("gap", "linear", "none"):
        model = CKCNNClassifier(causal=causal, quadrature=quadrature, **QUICK)
        probabilities.append(model.fit(X, y).predict_proba(X))
        assert np.isfinite(probabilities[-1]).all()
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict_proba(X), probabilities[-1])
    assert not np.allclose(probabilities[0], probabilities[1], atol=1e-4)


def test_learns_what_is_there_to_learn(data):
    X, y = data
    model = CKCNNClassifier(max_epochs=15, random_state=0).fit(X, y)
    assert model.score(X, y) == 1
    assert model.history_[-1]["train_loss"] < model.history_[0]["train_loss"]
    assert [row["epoch"] for row in model.history_] == list(range(1, 16))
    assert model.n_iter_ == 15


@pytest.mark.parametrize(("early_stopping", "n_copies"), [(False, 0), (True, 2)])
def test_a_panel_is_copied_only_to_split_it(
    data, early_stopping, n_copies, monkeypatch
):
    keys = []
    select = Panel.__getitem__

    def counted(self, key):
        keys.append(key)
        return select(self, key)

    monkeypatch.setattr(Panel, "__getitem__", counted)
    X, y = data
    CKCNNClassifier(early_stopping=early_stopping, **QUICK).fit(X, y)
    assert len(keys) == n_copies


def test_the_same_seed_gives_the_same_model_and_spares_the_global_generator(data):
    X, y = data
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = CKCNNClassifier(**QUICK).fit(X, y).predict_proba(X)
    assert torch.equal(torch.rand(3), expected)
    second = CKCNNClassifier(**QUICK).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(first, second)


def test_fitting_twice_forgets_the_first_time(data):
    X, y = data
    model = CKCNNClassifier(**QUICK)
    once = model.fit(X, y).predict_proba(X)
    other = irregular_panel(seed=5, in_channels=3)
    model.fit(*other)
    np.testing.assert_array_equal(model.fit(X, y).predict_proba(X), once)
    assert model.n_features_in_ == 2


def test_quiet_by_default_and_a_bar_when_asked(data, capfd):
    X, y = data
    CKCNNClassifier(**QUICK).fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")
    CKCNNClassifier(verbose=1, **QUICK).fit(X, y)
    bar = capfd.readouterr().err
    assert "2/2" in bar
    assert "CKCNNClassifier" in bar


def test_nothing_is_written_to_the_working_directory(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    CKCNNClassifier(early_stopping=True, **QUICK).fit(*data)
    assert list(tmp_path.iterdir()) == []


def test_a_series_without_observations_is_predicted(data):
    X, y = data
    model = CKCNNClassifier(**QUICK).fit(X, y)
    nothing = Panel(
        np.full((2, 2), np.nan), [0.0, 1.0], [0, 0, 2], static=np.full((2, 2), np.nan)
    )
    first, second = model.predict_proba(nothing)
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert np.isfinite(first).all()
    empty = np.flatnonzero(y == 0)[:2]
    assert len(CKCNNClassifier(**QUICK).fit(X[empty], y[empty]).predict(nothing)) == 2


def test_a_panel_without_any_observation_trains():
    X = Panel(np.full((4, 1), np.nan), [0.0, 1.0, 2.0, 3.0], [0, 1, 2, 3, 4])
    model = CKCNNClassifier(**QUICK).fit(X, [0, 1, 0, 1])
    assert np.isfinite(model.predict_proba(X)).all()


def test_single_observations_train():
    X = as_panel([([float(i)], [float(i % 2)]) for i in range(10)])
    model = CKCNNClassifier(max_epochs=40, random_state=0).fit(X, np.arange(10) % 2)
    assert model.score(X, np.arange(10) % 2) == 1
    assert model.horizon_ == 1
    assert model.time_step_ == [1]


def test_huge_and_tiny_values_and_times_train():
    rng = np.random.default_rng(0)
    series = [
        (np.sort(rng.uniform(0, 1, 6)) ** 9 * 1e12, rng.normal(size=6) * 1e-30 + 1e-29)
        for _ in range(12)
    ]
    model = CKCNNClassifier(**QUICK).fit(series, np.arange(12) % 2)
    assert np.isfinite(model.predict_proba(series)).all()


def test_tied_stamps_train():
    X = as_panel([([0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0])] * 4, duplicates="keep")
    model = CKCNNClassifier(**QUICK).fit(X, [0, 1, 0, 1])
    assert np.isfinite(model.predict_proba(X)).all()


def test_longer_series_than_in_fit_are_predicted(data):
    X, y = data
    model = CKCNNClassifier(**QUICK).fit(X, y)
    longer = X.with_times(X.times * 5)
    assert np.isfinite(model.predict_proba(longer)).all()


# --- time ---------------------------------------------------------------------------


def _days(panel):
    """Whole minutes, as numbers of days."""
    return panel.with_times(np.round(panel.times * 1440) / 1440)


def _clocks():
    X, y = irregular_panel(16)
    X = _days(X)
    minutes = np.round(X.times * 1440).astype("int64")
    since = minutes.astype("timedelta64[m]")
    dates = np.datetime64("2024-02-28T23:30", "us") + since
    return y, {
        "days": X,
        "epoch seconds": X.with_times(1.7e9 + 60.0 * minutes),
        "timedelta": X.with_times(since),
        "datetime": X.with_times(dates),
        "zone": X.with_times(
            pd.DatetimeIndex(dates).tz_localize("UTC").tz_convert("Europe/Paris")
        ),
    }


def test_unit_and_origin_of_time_change_no_prediction():
    y, clocks = _clocks()
    one_epoch = {**QUICK, "max_epochs": 1, "dtype": "float64"}
    results = {
        name: CKCNNClassifier(**one_epoch).fit(panel, y).predict_proba(panel)
        for name, panel in clocks.items()
    }
    for name, result in results.items():
        np.testing.assert_allclose(result, results["days"], atol=1e-6, err_msg=name)


def test_predict_converts_what_is_convertible():
    y, clocks = _clocks()
    model = CKCNNClassifier(dtype="float64", **QUICK).fit(clocks["datetime"], y)
    assert str(model.time_scale_) == "datetime[ns]"
    expected = model.predict_proba(clocks["datetime"])
    in_days = as_panel(clocks["days"], time_unit="D")
    for panel in (clocks["timedelta"], clocks["zone"], in_days):
        np.testing.assert_allclose(model.predict_proba(panel), expected, atol=1e-9)


def test_times_of_unknown_unit_raise_in_predict():
    y, clocks = _clocks()
    model = CKCNNClassifier(**QUICK).fit(clocks["datetime"], y)
    with pytest.raises(ValueError, match="time_unit"):
        model.predict(clocks["days"])
    model = CKCNNClassifier(**QUICK).fit(clocks["days"], y)
    with pytest.raises(ValueError, match="time_unit"):
        model.predict(clocks["timedelta"])


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize("estimator", BOTH)
def test_predict_before_fit(estimator, data):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        estimator().predict(data[0])


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.full(24, np.nan), ValueError, "`y` must be finite and known; got nan"),
        (np.ones(23), ValueError, r"`y` must have one target per series, 24; got 23"),
        (None, ValueError, "requires y to be passed, but the target y is None"),
    ],
)
def test_bad_targets(estimator, data, y, error, message):
    with pytest.raises(error, match=message):
        estimator(**QUICK).fit(data[0], y)


def test_other_channels_than_in_fit(data):
    X, y = data
    named = Panel(X.values, X.times, X.indptr, channels=["pulse", "lactate"])
    model = CKCNNClassifier(**QUICK).fit(named, y)
    assert model.feature_names_in_.tolist() == ["pulse", "lactate"]
    other = Panel(X.values, X.times, X.indptr, channels=["lactate", "pulse"])
    with pytest.raises(ValueError, match=r"got the order \['lactate', 'pulse'\]"):
        model.predict(other)
    with pytest.raises(ValueError, match="must have 2 channels as in fit; got 3"):
        model.predict(irregular_panel(in_channels=3)[0])
    other = Panel(X.values, X.times, X.indptr, channels=["pulse", "sodium"])
    with pytest.raises(ValueError, match=r"missing are \['lactate'\] and unknown are"):
        model.predict(other)
    other = Panel(X.values, X.times, X.indptr, channels=["sodium", "iron"])
    with pytest.raises(
        ValueError, match=r"missing are \['pulse', 'lactate'\] and unkn"
    ):
        model.predict(other)
    with pytest.raises(ValueError, match="must have 2 channels as in fit; got 1"):
        model.predict(np.ones((3, 8)))


@pytest.mark.parametrize("estimator", [CKCNNClassifier(**QUICK), CKRocketClassifier()])
@pytest.mark.parametrize("kept", ["pulse", "lactate"])
def test_channels_of_fit_that_are_absent_count_as_unobserved(data, estimator, kept):
    X, y = data
    names = ["pulse", "lactate"]
    named = Panel(X.values, X.times, X.indptr, channels=names)
    model = clone(estimator).set_params(random_state=0).fit(named, y)
    hidden = X.values.copy()
    hidden[:, 1 - names.index(kept)] = np.nan
    one = Panel(X.values[:, [names.index(kept)]], X.times, X.indptr, channels=[kept])
    (absent,) = set(names) - {kept}
    message = rf"lacks channels of fit, missing are \['{absent}'\]: they count as never"
    with pytest.warns(UserWarning, match=message) as caught:
        found = model.predict_proba(one)
    assert caught[0].filename == __file__
    expected = model.predict_proba(named.with_values(hidden))
    np.testing.assert_array_equal(found, expected)


def test_other_static_features_than_in_fit(data):
    X, y = data
    model = CKCNNClassifier(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match=r"static features of fit, \['static_0'"):
        model.predict(Panel(X.values, X.times, X.indptr))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.ones(4), ValueError, "got shape .*Reshape your data"),
        (np.ones((2, 2, 2, 2)), ValueError, r"2-D.*or 3-D.*got"),
        (np.full((4, 3), np.inf), ValueError, "infinity"),
        (np.full((4, 2, 3), "a"), TypeError, "strings|numbers|numeric"),
        (
            pd.DataFrame({"id": [1, 1, 2, 2], "time": [1, 2, 1, 2]}),
            ValueError,
            "from_long",
        ),
        ([([0, 0], [1.0, 2.0])] * 4, ValueError, 'duplicates="mean"'),
        ("visits.csv", TypeError, "read_csv"),
        (5, TypeError, "`X` must be a Panel"),
    ],
)
def test_bad_series(X, error, message):
    with pytest.raises(error, match=message):
        CKCNNClassifier(**QUICK).fit(X, [0, 1, 0, 1])


@pytest.mark.parametrize("estimator", BOTH)
def test_no_warning_escapes(estimator, data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator(**QUICK).fit(*data).predict(data[0])
