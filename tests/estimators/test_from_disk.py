"""Networks trained on series on disk, against those trained in memory."""

import sys
import threading

import numpy as np
import pandas as pd
import pytest

from ckts import CKCNNClassifier, CKCNNRegressor, Panel, ParquetPanel
from ckts.datasets import make_speed
from ckts.estimators import _joining
from ckts.estimators.preprocessing import sampling
from ckts.estimators.preprocessing.windows import DiskDataset
from ckts.estimators.training import checkpoint
from irregular import irregular_panel
from killed_fits import QUICK, Kill, fit_until, weights_of
from peak_memory import run_alone
from series_on_disk import allow_numbers, on_disk_of

ALONE = {**QUICK, "rocket": False}
# Nothing is chosen by random kernels: these fits take no time.
GIVEN = {"weight_decay": 1.0, "observation_dropout": 0.1, "scales": "common"}
PANEL, Y = irregular_panel(60, static=True)


@pytest.fixture
def opened(tmp_path):
    return on_disk_of(PANEL, tmp_path)


@pytest.fixture
def _little_memory(monkeypatch):
    allow_numbers(monkeypatch)


def fitted(X, y=Y, estimator=CKCNNClassifier, fit=(), **params):
    return estimator(**{**ALONE, **GIVEN, **params}).fit(X, y, **dict(fit))


SETTINGS = {
    "alone": {"weight_decay": "auto"},
    "joined": {"rocket": True},
    "early stopping": {"early_stopping": True, "scoring": "roc_auc"},
    "weights": {"class_weight": "balanced", "fit": {"sample_weight": 1.0 + Y}},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_fits_gives_the_same_model_to_the_bit(opened, setting):
    params = SETTINGS[setting]
    assert_same_weights(fitted(opened, **params), fitted(PANEL, **params))


def assert_same_weights(model, expected):
    np.testing.assert_array_equal(weights_of(model), weights_of(expected))
    assert model.training_data_ == expected.training_data_


@pytest.mark.usefixtures("_little_memory")
def test_windows_learn_what_a_panel_in_memory_teaches(tmp_path, monkeypatch):
    X, y = make_speed(240, random_state=0)
    order = np.argsort(y, kind="stable")  # a sorted table
    train, test = order[::2], order[1::2]
    allow_numbers(monkeypatch, at_a_time=1500)
    params = {"max_epochs": 12, "hidden_channels": 16}
    model = fitted(on_disk_of(X[train], tmp_path, 300), y[train], **params)
    expected = fitted(X[train], y[train], **params)
    losses = [row["train_loss"] for row in model.history_]
    assert losses[-1] < 0.3 * losses[0]
    assert model.score(X[test], y[test]) > expected.score(X[test], y[test]) - 0.05
    assert model.score(X[test], y[test]) > 0.9
    assert model.training_data_ == expected.training_data_
    assert model.horizon_ == expected.horizon_


@pytest.mark.usefixtures("_little_memory")
def test_the_same_seed_gives_the_same_model(opened):
    assert_same_weights(fitted(opened), fitted(opened))
    first, other = fitted(opened), fitted(opened, random_state=1)
    assert not np.array_equal(weights_of(first), weights_of(other))


@pytest.mark.usefixtures("_little_memory")
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_way_of_training_works_from_disk(opened, setting):
    model = fitted(opened, **SETTINGS[setting])
    assert np.isfinite(model.predict_proba(PANEL)).all()
    assert model.score(PANEL, Y) > 0.6
    np.testing.assert_array_equal(model.predict(opened), model.predict(PANEL))


@pytest.mark.usefixtures("_little_memory")
def test_a_share_is_chosen_by_series_that_no_network_has_seen(opened, monkeypatch):
    groups, seen = np.arange(60) // 2, []
    make = DiskDataset.__init__

    def watched(self, series, *args, **kwargs):
        seen.append(series.panel.instances)
        make(self, series, *args, **kwargs)

    monkeypatch.setattr(DiskDataset, "__init__", watched)
    allow_numbers(monkeypatch, at_a_time=2000)
    monkeypatch.setattr(sampling, "MOST_SAMPLED", 58)
    monkeypatch.setattr(_joining, "FEWEST_SERIES", 29)  # groups
    fitted(opened, rocket=True, fit={"groups": groups})
    assert len(seen) == 3
    left_out = [np.setdiff1d(np.arange(60), one) for one in seen]
    for one in left_out:  # groups as a whole, also series that were not drawn
        assert 10 < len(one) < 40
        np.testing.assert_array_equal(one[::2] + 1, one[1::2])
    assert not set(left_out[0]) & set(left_out[1])


@pytest.mark.usefixtures("_little_memory")
def test_kernels_that_join_are_shown_every_class(opened, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_SAMPLED", 20)
    many = np.arange(60) // 2
    with pytest.raises(
        ValueError, match=r"`y` must have few.*got 30 classes.*or use `rocket=False`"
    ):
        fitted(opened, many, rocket=True)
    assert len(fitted(opened, many).classes_) == 30


@pytest.mark.usefixtures("_little_memory")
def test_series_of_weight_zero_are_not_read(opened, tmp_path):
    weight = np.where(np.arange(60) % 3 == 0, 0.0, 2.0)
    model = fitted(opened, fit={"sample_weight": weight})
    without = fitted(opened[weight > 0], Y[weight > 0])
    assert_same_weights(model, without)


@pytest.mark.usefixtures("_little_memory")
def test_a_regressor_with_labels_and_a_landmark_learns_from_disk(tmp_path):
    drugs = pd.Categorical.from_codes(np.arange(60) % 3, ["a", "b", "c"])
    static = pd.DataFrame({"drug": drugs}, index=PANEL.instances)
    panel = Panel(PANEL.values, PANEL.times, PANEL.indptr, static=static)
    opened = on_disk_of(panel, tmp_path)
    params = {"estimator": CKCNNRegressor, "landmark": 5.0}
    model = fitted(opened, Y + 0.5, **params)
    expected = fitted(panel, Y + 0.5, **params)
    assert model.static_names_ == ("drug=a", "drug=b", "drug=c")
    assert model.training_data_ == expected.training_data_
    # quantiles, of a sample of a dozen
    assert np.abs(np.log2(model._clock.spans / expected._clock.spans)).max() < 1
    np.testing.assert_allclose(
        model.statistics_.values.scale, expected.statistics_.values.scale, rtol=0.01
    )
    assert np.isfinite(model.predict(panel)).all()


@pytest.mark.usefixtures("_little_memory")
def test_targets_are_in_the_order_of_the_series(opened):
    names = [f"record {one}" for one in range(60)]
    y = pd.Series(Y, index=names)
    X = on_disk_of(
        Panel(PANEL.values, PANEL.times, PANEL.indptr, instances=names),
        opened._source.table.path.parent,
    )
    fitted(X, y)
    with pytest.raises(ValueError, match=r"`y` must be in the order of the series"):
        fitted(X, y[::-1])


@pytest.mark.usefixtures("_little_memory")
@pytest.mark.parametrize("at", [1, 3])
def test_a_killed_fit_goes_on_with_the_same_windows(opened, tmp_path, at, monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)
    params = {"data": (opened, Y), "rocket": False, **GIVEN}
    expected, n_epochs = fit_until(**params)
    folder = tmp_path / "kept"
    fit_until(folder, at=at, **params)
    model, left = fit_until(folder, **params)
    assert (n_epochs, left) == (3, 4 - at)
    np.testing.assert_array_equal(weights_of(model), weights_of(expected))
    assert [r["train_loss"] for r in model.history_] == [
        r["train_loss"] for r in expected.history_
    ]


@pytest.mark.usefixtures("_little_memory")
def test_other_series_are_another_training(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)
    folder, params = tmp_path / "kept", {"rocket": False, **GIVEN}
    fit_until(folder, at=2, data=(opened, Y), **params)
    changed = PANEL.with_values(np.nan_to_num(PANEL.values) + 1e-3)
    other = on_disk_of(changed, tmp_path)
    _, n_epochs = fit_until(folder, data=(other, Y), **params)
    assert n_epochs == 3


@pytest.mark.usefixtures("_little_memory")
def test_a_training_goes_on_and_in_parts(opened):
    model = CKCNNClassifier(**ALONE, **GIVEN, warm_start=True).fit(opened, Y)
    before = model.statistics_
    assert model.fit(opened, Y).statistics_ is before
    parts = CKCNNClassifier(**ALONE, **GIVEN)
    for _ in range(3):
        parts.partial_fit(opened, Y, classes=[0, 1])
    assert parts.n_iter_ == 3


@pytest.mark.usefixtures("_little_memory")
def test_another_clock_is_warned_of_when_a_training_goes_on(opened, tmp_path):
    model = CKCNNClassifier(**ALONE, **GIVEN, warm_start=True).fit(opened, Y)
    slow = on_disk_of(PANEL.with_times(1e4 * PANEL.times), tmp_path)
    with pytest.warns(UserWarning, match=r"must be on the clock of fit"):
        model.fit(slow, Y)


@pytest.mark.usefixtures("_little_memory")
@pytest.mark.parametrize("error", [OSError("the disk is gone"), KeyboardInterrupt()])
def test_a_fit_that_cannot_read_on_raises(opened, monkeypatch, error):
    model = fitted(opened)
    expected, read, n_read = weights_of(model), DiskDataset.read, []

    def fail(self, window):
        n_read.append(window)
        if len(n_read) == 5:
            raise error
        return read(self, window)

    monkeypatch.setattr(DiskDataset, "read", fail)
    if isinstance(error, OSError):
        with pytest.raises(OSError, match="the disk is gone"):
            model.fit(opened, Y)
        np.testing.assert_array_equal(weights_of(model), expected)
    else:
        with (
            pytest.warns(UserWarning, match="interrupted after step"),
            pytest.raises(KeyboardInterrupt),
        ):
            model.fit(opened, Y)
    assert not [one for one in threading.enumerate() if "read-ahead" in one.name]


@pytest.mark.usefixtures("_little_memory")
def test_ctrl_c_in_a_step_leaves_no_thread(opened):
    stop = Kill(at=2, error=KeyboardInterrupt)
    model = CKCNNClassifier(**ALONE, **GIVEN, callbacks=[stop])
    with (
        pytest.warns(UserWarning, match="interrupted after step"),
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(opened, Y)
    for one in threading.enumerate():  # what is being read is read to its end
        if "read-ahead" in one.name:
            one.join(10)
            assert not one.is_alive()
    assert model.predict(PANEL).shape == (60,)


CHILD = """
    import sys
    import numpy as np
    import ckts.estimators.preprocessing.on_disk as on_disk
    from ckts import CKCNNClassifier, ParquetPanel
    from peak_memory import peak

    X = ParquetPanel(sys.argv[1], instance="who", time="when")
    y = np.arange(len(X)) % 2
    params = dict(rocket=False, max_epochs=1, hidden_channels=2, n_blocks=1,
        batch_size=64, weight_decay=1.0, observation_dropout=0.1, scales="common",
        random_state=0)
    on_disk.MOST_NUMBERS, on_disk.NUMBERS_AT_A_TIME = 0, 2**18
    model = CKCNNClassifier(**params)
    model.fit(X[:2000], y[:2000])  # loads what any fit needs
    before = peak()
    model.fit(X, y)
    print(X.n_rows, model.n_iter_, (peak() - before) // 2**20)
    X.load()
    print((peak() - before) // 2**20)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_table(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "table.parquet"
    write_table(path, rng, n_series=60_000)
    n_rows, n_epochs, of_fit, of_table = map(int, run_alone(CHILD, path))
    assert (n_rows, n_epochs) == (3_000_000, 1)
    # Megabytes; 80 and 537 alone, the first once above 100 beside other tests.
    assert of_fit < 150 < of_table


def write_table(path, rng, n_series, length=50):
    """Write a long table in pieces."""
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet")
    writer = None
    for first in range(0, n_series, 1000):
        ids = np.arange(first, first + 1000).repeat(length)
        times = rng.exponential(1.0, (1000, length)).cumsum(axis=1).ravel()
        channels = {name: rng.normal(size=len(ids)) + ids % 2 for name in "abc"}
        table = pyarrow.table({"who": ids, "when": times, **channels})
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()
    assert ParquetPanel(path, instance="who", time="when").n_series == n_series
