"""A series that goes on is predicted as the whole series, row by row."""

import json
import pickle
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor, CKRocketClassifier, Panel, as_panel
from ckts.datasets import load_pbc
from ckts.estimators import SeriesStream
from irregular import irregular_panel

# Float64, and series so short that each method is exact; sums in another order differ.
TOLERANCE = 1e-9
SMALL = {"causal": True, "random_state": 0}
NETWORK = {**SMALL, "max_epochs": 1, "hidden_channels": 8, "dtype": "float64"}
MODELS = {
    "CKRocket": CKRocketClassifier(n_kernels=252, **SMALL),
    "network": CKCNNClassifier(rocket=False, **NETWORK),
    "joined": CKCNNClassifier(**NETWORK),
    "gru": CKCNNClassifier(network="gru", **NETWORK),
    "regressor": CKCNNRegressor(rocket=False, **NETWORK),
}


@pytest.fixture(scope="module")
def data():
    panel, y = irregular_panel(40, static=True)
    times = panel.times.copy()
    times[2::7] = times[1 : len(times[2::7]) * 7 : 7]  # ties, but not across series
    for start, end in pairwise(panel.indptr):
        times[start:end].sort()
    return panel.with_times(times, panel.time_scale), y


@pytest.fixture(scope="module", params=MODELS)
def model(request, data):
    return MODELS[request.param].fit(*data)


@pytest.fixture(scope="module")
def rocket(data):
    return MODELS["CKRocket"].fit(*data)


def path_of(model):
    return getattr(model, "predict_proba_path", None) or model.predict_path


def cut(series, places):
    """Cut a series into the rows between some places."""
    ends = [0, *places, len(series.times)]
    rows = np.arange(len(series.times))
    for first, last in pairwise(ends):
        if last > first:
            yield series.keep_rows((rows >= first) & (rows < last))


def joined(paths):
    """Join what was predicted; what came later as of the same time counts."""
    found = {}
    for path in paths:
        found.update(zip(path.times.tolist(), path.values.tolist(), strict=True))
    return found


def check_equal(paths, whole):
    found = joined(paths)
    assert list(found) == whole.times.tolist()
    np.testing.assert_allclose(list(found.values()), whole.values, atol=TOLERANCE)
    assert paths[-1].channels == whole.channels


@pytest.mark.parametrize("n_parts", [2, 5, 1000])
def test_what_arrives_in_parts_is_predicted_as_the_whole_series(model, data, n_parts):
    X, _ = data
    rng = np.random.default_rng(n_parts)
    for series in (X[11:12], X[17:18]):
        n_rows = len(series.times)
        places = sorted(rng.integers(1, n_rows, min(n_parts, n_rows)))
        if n_parts > n_rows:
            places = range(1, n_rows)
        stream = SeriesStream(model)
        paths = [stream.update(part) for part in cut(series, places)]
        whole = path_of(model)
        check_equal(paths, whole(series))
        assert stream.rows.equals(series)


def test_a_stream_goes_on_from_its_pickle_and_its_json(model, data):
    series = data[0][11:12]
    first, second, third = cut(series, [4, 9])
    stream = SeriesStream(model, max_rows=500)
    paths = [stream.update(first)]
    stream = pickle.loads(pickle.dumps(stream))
    paths.append(stream.update(second))
    state = stream.to_json()
    again = SeriesStream.from_json(model, state)
    assert again.rows.equals(stream.rows)
    assert again.max_rows == 500
    assert again.to_json() == state
    paths.append(again.update(third))
    whole = path_of(model)
    check_equal(paths, whole(series))
    fresh = SeriesStream.from_json(model, SeriesStream(model).to_json())
    assert fresh.rows is None


@pytest.mark.slow
def test_a_stream_goes_on_in_another_process(rocket, data, tmp_path):
    first, second = cut(data[0][11:12], [6])
    rocket.save(tmp_path / "model.safetensors")
    stream = SeriesStream(rocket)
    stream.update(first)
    (tmp_path / "state.json").write_text(stream.to_json(), "utf-8")
    (tmp_path / "rows.pickle").write_bytes(pickle.dumps(second))
    code = """
import json, pickle
from pathlib import Path
import ckts
from ckts.estimators import SeriesStream
model = ckts.load("model.safetensors")
stream = SeriesStream.from_json(model, Path("state.json").read_text("utf-8"))
path = stream.update(pickle.loads(Path("rows.pickle").read_bytes()))
print(json.dumps(path.values.tolist()))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = stream.update(second).values
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=TOLERANCE)


def test_stamps_of_datetimes_and_units_survive(data):
    X, y = load_pbc()
    model = CKRocketClassifier(n_kernels=84, **SMALL).fit(X, y)
    begun = pd.Timestamp("2026-03-29T00:30+01:00")  # before the clock changes
    series = X[7:8]
    stamps = begun + pd.to_timedelta(series.times, unit="D")
    dated = series.with_times(stamps.to_numpy(), None)
    stream = SeriesStream(model)
    for part in cut(dated, range(1, len(dated.times))):
        path = stream.update(part)
        stream = SeriesStream.from_json(model, stream.to_json())
    assert path.times[-1] == dated.times[-1]
    expected = model.predict_proba(series)
    np.testing.assert_allclose(path.values[-1:], expected, atol=TOLERANCE)


def test_labels_static_features_and_missing_channels_need_not_come_again():
    frame = pd.DataFrame(
        {
            "who": np.repeat(np.arange(40), 5),
            "day": np.tile(np.arange(5), 40),
            "pulse": np.random.default_rng(0).normal(80, 9, 200),
            "drug": np.random.default_rng(1).choice(["a", "b", "c"], 200),
        }
    )
    sex = pd.DataFrame({"sex": ["f", "m"] * 20}, index=np.arange(40))
    roles = {"instance": "who", "time": "day", "time_unit": "D"}
    X = Panel.from_long(frame, static=sex, categorical=["drug"], **roles)
    y = np.arange(40) % 2
    model = CKRocketClassifier(n_kernels=84, **SMALL).fit(X, y)
    rows = frame[frame["who"] == 4]
    expected = model.predict_proba_path(X[4:5])
    stream = SeriesStream(model)
    first = Panel.from_long(rows[:2], static=sex.loc[[4]], **roles)
    paths = [stream.update(first)]
    paths += [
        stream.update(Panel.from_long(rows[n : n + 1], **roles)) for n in range(2, 5)
    ]
    check_equal(paths, expected)
    other = Panel.from_long(rows[4:], static=sex.loc[[5]].set_axis([4]), **roles)
    with pytest.raises(ValueError, match=r"must have the static features of the first"):
        stream.update(other)
    alone = Panel.from_long(rows[["who", "day", "pulse"]][4:], **roles)
    assert len(stream.update(alone).times) == 1


def test_rows_of_another_instance_are_refused(rocket, data):
    first, second, third = cut(data[0][11:12], [4, 9])
    stream = SeriesStream(rocket)
    stream.update(first.with_instances(["ann"]))
    with pytest.raises(
        ValueError, match=r"the instance of the stream, 'ann'; got 'bob'"
    ):
        stream.update(second.with_instances(["bob"]))
    stream.update(second.with_instances(["ann"]))
    stream = SeriesStream.from_json(rocket, stream.to_json())
    with pytest.raises(
        ValueError, match=r"the instance of the stream, 'ann'; got 'bob'"
    ):
        stream.update(third.with_instances(["bob"]))


def test_a_state_is_not_blamed_for_its_model(rocket, data):
    stream = SeriesStream(rocket)
    stream.update(data[0][11:12])
    with pytest.raises(ValueError, match="not fitted yet"):
        SeriesStream.from_json(CKRocketClassifier(causal=True), stream.to_json())


def test_a_late_row_leaves_the_stream_as_it_was(rocket, data):
    first, second, third = cut(data[0][11:12], [4, 9])
    stream = SeriesStream(rocket)
    stream.update(second)
    before = stream.to_json()
    with pytest.raises(ValueError, match=r"no row before the last one of the stream;"):
        stream.update(first)
    assert stream.to_json() == before
    stream.update(third)
    dated = as_panel(
        [(pd.to_datetime(["2026-01-02", "2026-01-01"]).sort_values(), [[1, 2]] * 2)]
    )
    with pytest.raises(ValueError, match="must have the same `time_scale`"):
        stream.update(dated.with_static(first.static, first.static_names))


def test_more_rows_than_the_stream_may_hold_raise(rocket, data):
    first, second = cut(data[0][11:12], [4])
    stream = SeriesStream(rocket, max_rows=5)
    stream.update(first)
    with pytest.raises(ValueError, match=r"`max_rows` must be at least the rows of"):
        stream.update(second)
    assert len(stream.rows.times) == 4


def test_one_series_with_rows_is_asked_for(rocket, data):
    with pytest.raises(ValueError, match="must hold one series with at least one row"):
        SeriesStream(rocket).update(data[0][:2])
    empty = data[0][:1].keep_rows(np.zeros(data[0].lengths[0], bool))
    with pytest.raises(ValueError, match="one series with at least one row; got 1 "):
        SeriesStream(rocket).update(empty)


def test_models_that_cannot_go_on_are_refused(data):
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(*data)
    with pytest.raises(
        ValueError,
        match=r"`model` must have been fitted with `causal=True`.*got a "
        r"CKRocketClassifier with causal=False\. Fit it again, `clone\(model\)\.set_p",
    ):
        SeriesStream(model)
    path = ckts.CKRocketRegressor(n_kernels=84, random_state=0).fit(*data)
    with pytest.raises(ValueError, match=r"fitted with `causal=True`"):
        SeriesStream(path)
    with pytest.raises(TypeError, match="`model` must be a classifier or regressor"):
        SeriesStream(ckts.CKRocket())
    with pytest.raises(ValueError, match="not fitted yet"):
        SeriesStream(CKRocketClassifier(causal=True))


STAMP = pd.Timestamp("2024-03-31 04:30:00.123456789", tz="Europe/Berlin")
NAMES = [
    *(7, 2.5, "seven", True, np.int64(7), np.datetime64("2024-03-31T02:30", "ns")),
    *(STAMP, STAMP.tz_localize(None), STAMP.date(), STAMP.to_pydatetime(warn=False)),
    np.datetime64("2024-03", "M"),
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names_of_series_survive(rocket, data, name):
    names = np.empty(1, dtype=object)
    names[0] = name
    for instances in (names, np.array([name])):
        series = data[0][11:12].with_instances(instances)
        first, rest = cut(series, [4])
        stream = SeriesStream(rocket)
        stream.update(first)
        again = SeriesStream.from_json(rocket, stream.to_json())
        (found,) = again.rows.instances
        assert (found, str(found)) == (name, str(name))
        again.update(rest)  # it is the same instance


@pytest.mark.parametrize("name", [b"seven", ("ward", 7), pd.Period("2024", "Y")])
def test_names_that_json_cannot_hold_are_refused(rocket, data, name):
    names = np.empty(1, dtype=object)
    names[0] = name
    stream = SeriesStream(rocket)
    stream.update(data[0][11:12].with_instances(names))
    with pytest.raises(
        TypeError,
        match=r"`instances` must be numbers, text or dates to be written as JSON; got "
        r".*Name the series before, .*with_instances\(\[str\(",
    ):
        stream.to_json()


def test_states_that_are_none_are_refused(rocket):
    for state in ("", "[]", "{}", '{"max_rows": 0, "rows": null}', '{"max_rows": 9}'):
        with pytest.raises(ValueError, match=r"`state` must be what `stream.to_json\("):
            SeriesStream.from_json(rocket, state)
