import numpy as np
import pandas as pd
import pytest

import ckts
from ckts import Panel, ParquetPanel
from ckts.datasets import make_bursty_visits

pytest.importorskip("pyarrow")

METHODS = [
    *("predict", "predict_proba", "predict_log_proba", "decision_function"),
    *("predict_path", "predict_proba_path", "transform", "inverse_transform"),
]
ROWS = 120  # of a part: series of 30 rows or so


def models():
    """Make each public estimator, quick ones."""
    kernels = {"n_kernels": 200, "random_state": 0}
    network = {"rocket": False, "max_epochs": 1, "random_state": 0, "causal": True}
    trained = ckts.CKCNNClassifier(**network)
    return {
        "CKRocketClassifier": ckts.CKRocketClassifier(causal=True, **kernels),
        "CKRocketRegressor": ckts.CKRocketRegressor(causal=True, **kernels),
        "CKCNNClassifier": trained,
        "CKCNNRegressor": ckts.CKCNNRegressor(**network),
        "CKCNNEmbedder": ckts.CKCNNEmbedder(estimator=trained),
        "CKRocket": ckts.CKRocket(**kernels),
        "PanelScaler": ckts.PanelScaler(),
        "PanelResampler": ckts.PanelResampler(grid=5),
        "PanelSummary": ckts.PanelSummary(),
    }


@pytest.fixture(scope="module")
def data():
    X, y = make_bursty_visits(24, random_state=0)
    return X.with_static(np.arange(24.0)[:, None], ["age"]), y


@pytest.fixture
def on_disk(data, tmp_path, monkeypatch):
    path = tmp_path / "visits.parquet"
    data[0].to_parquet(path, rows_per_group=300)
    monkeypatch.setattr(ParquetPanel.partitions, "__defaults__", (ROWS,))
    return ParquetPanel(path, instance="instance", time="time", static=["age"])


def same(found, expected):
    if isinstance(expected, Panel):
        assert found.channels == expected.channels
        for name in ("times", "indptr", "instances"):
            assert np.array_equal(getattr(found, name), getattr(expected, name))
        found, expected = found.values, expected.values
    if np.asarray(expected).dtype.kind != "f":
        return np.array_equal(found, expected)
    # The sums of a batch depend on its length in the last place.
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("name", models())
def test_parts_are_predicted_as_all_at_once(name, data, on_disk):
    X, y = data
    model = models()[name].fit(X, y)
    assert len(list(on_disk.partitions())) > 4
    called = [one for one in METHODS if hasattr(model, one)]
    assert called
    for method in called:
        expected = getattr(model, method)(X)
        assert same(getattr(model, method)(on_disk), expected)
        assert same(getattr(model, method)(iter([X[:7], X[7:]])), expected)
        chosen = [3, 20, 3]
        assert same(getattr(model, method)(on_disk[chosen]), expected[chosen])


def test_every_public_estimator_is_tested():
    public = [one for one in ckts.__all__ if hasattr(getattr(ckts, one), "fit")]
    assert sorted(public) == sorted(models())


def test_a_part_is_never_larger_than_asked_for(data, on_disk, monkeypatch):
    model = ckts.PanelSummary().fit(data[0])
    seen = []

    def watch(self, X):
        seen.append(len(X.times))
        return read(self, X)

    read = ckts.PanelSummary._known_panel
    monkeypatch.setattr(ckts.PanelSummary, "_known_panel", watch)
    model.transform(on_disk)
    assert sum(seen) == on_disk.n_rows
    assert max(seen) <= ROWS


def test_a_frame_of_features_has_a_row_per_series(data, on_disk):
    summary = ckts.PanelSummary().set_output(transform="pandas").fit(data[0])
    found = summary.transform(on_disk)
    assert isinstance(found, pd.DataFrame)
    assert len(found) == len(on_disk)


def test_an_iterator_at_its_end_is_named(data):
    model = ckts.PanelSummary().fit(data[0])
    parts = iter([data[0]])
    model.transform(parts)
    with pytest.raises(ValueError, match="`X` must yield at least one panel"):
        model.transform(parts)
    with pytest.raises(ValueError, match="must hold at least one series"):
        model.transform(iter([data[0][[]]]))


def test_a_panel_on_disk_without_series_is_named(data, on_disk):
    model = ckts.PanelSummary().fit(data[0])
    with pytest.raises(ValueError, match="must hold at least one series"):
        model.transform(on_disk[:0])


def test_what_needs_all_in_memory_says_how(data, on_disk):
    with pytest.raises(TypeError, match=r"`X` must be in memory.*Use `X.load\(\)`"):
        ckts.PanelSummary().fit(on_disk)
    with pytest.raises(TypeError, match="got a ParquetPanel of"):
        ckts.as_panel(on_disk)
