"""`save` and `ckts.load`: the loaded model is the saved one, to the last bit."""

import copy
import inspect
import pickle
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback, Checkpoint

import ckts
from ckts import (
    CKCNNClassifier,
    CKCNNEmbedder,
    CKCNNRegressor,
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
    PanelResampler,
    PanelScaler,
    PanelSummary,
    estimators,
)
from ckts.estimators.saving.savable import AbstractSavable
from ckts.kernels import KERNELS
from irregular import irregular_panel
from round_trips import check_same_answers, check_same_state

NETWORK = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 2, "random_state": 0}
ALONE = {**NETWORK, "rocket": False}
KERNELS_ONLY = {"n_kernels": 84, "random_state": 0}
CLASSES = [
    (CKCNNClassifier, NETWORK),
    (CKCNNRegressor, NETWORK),
    (CKRocket, KERNELS_ONLY),
    (CKRocketClassifier, KERNELS_ONLY),
    (CKRocketRegressor, KERNELS_ONLY),
]
ALL = [one for one, _ in CLASSES]


class Stops(Callback):
    """Presses Ctrl-C in the second epoch."""

    def on_epoch_begin(self, net, **kwargs):
        if net.history and len(net.history) == 2:
            raise KeyboardInterrupt


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def again(model, path):
    """Save and load a model; saved once more it makes the same file."""
    model.save(path)
    loaded = ckts.load(path)
    other = path.with_name("again")
    loaded.save(other)
    assert other.read_bytes() == path.read_bytes()
    return loaded


@pytest.mark.parametrize("estimator", ALL)
def test_an_unfitted_estimator_keeps_its_parameters(estimator, path):
    model = estimator(random_state=3, n_jobs=np.int64(2), landmark=pd.Timedelta("3D"))
    loaded = again(model, path)
    assert type(loaded) is estimator
    assert loaded.get_params() == model.get_params()
    assert type(loaded.n_jobs) is np.int64
    assert vars(loaded).keys() == vars(model).keys()


OPTIONS = {
    "plain": {},
    "causal": {"causal": True},
    "landmark": {"landmark": np.float64(6.5)},
    "no rocket": {"rocket": False},
    "early stopping": {"early_stopping": True, "rocket": False},
    "float64": {"dtype": "float64", "rocket": False, "quadrature": "linear"},
    "blind": {"lengths": False},
    "blind and causal": {"lengths": False, "causal": True},
    "no summaries": {"summaries": False},
    "device": {"device": torch.device("cpu")},
}
CASES = [
    pytest.param(one, {**quick, **options}, id=f"{one.__name__}, {name}")
    for one, quick in CLASSES
    for name, options in OPTIONS.items()
    if set(options) <= set(inspect.signature(one).parameters)
]


@pytest.mark.parametrize(("estimator", "options"), CASES)
def test_a_loaded_model_predicts_the_same_to_the_last_bit(estimator, options, path):
    X, y = irregular_panel(36, static=True)
    model = estimator(**options).fit(X, y)
    loaded = again(model, path)
    check_same_state(loaded, model)
    check_same_answers(model, loaded, X)


def test_a_loaded_model_can_be_fitted_anew(path):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(**ALONE).fit(X, y)
    loaded = again(model, path)
    check_same_answers(clone(loaded).fit(X, y), model, X)
    check_same_answers(loaded.fit(X, y), model, X)


LABELS = {
    "negative": np.array([-3, 7]),
    "booleans": np.array([False, True]),
    "floats": np.array([0.0, 2.0]),
    "text": np.array(["gesund", "krank ☤"]),
    "objects": np.array(["a", "b\ud800"], dtype=object),
    "Int64": pd.array([4, 9], dtype="Int64"),
    "string": pd.array(["no", "yes"], dtype="string"),
    "categories": pd.Categorical(["low", "high"]),
    "dates": np.array(["2024-03-01", "2025-01-01"], "datetime64[s]"),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize(
    ("estimator", "quick"), [(CKCNNClassifier, ALONE), (CLASSES[3])]
)
def test_labels_of_any_type_come_back(estimator, quick, labels, path):
    X, y = irregular_panel(12)
    model = estimator(**quick, class_weight="balanced").fit(X, labels[y])
    loaded = again(model, path)
    check_same_state(loaded, model)
    check_same_answers(model, loaded, X)


def test_weights_of_classes_keep_their_labels(path):
    X, y = irregular_panel(12)
    weights = {"a": 1.0, "b": np.float32(2)}
    model = CKRocketClassifier(**KERNELS_ONLY, class_weight=weights)
    loaded = again(model.fit(X, np.array(["a", "b"])[y]), path)
    assert loaded.class_weight == weights
    assert type(loaded.class_weight["b"]) is np.float32
    check_same_answers(model, loaded, X)


@pytest.mark.parametrize("estimator", [CKCNNRegressor, CKRocketRegressor])
def test_several_targets_come_back(estimator, path):
    X, y = irregular_panel(12)
    quick = NETWORK if estimator is CKCNNRegressor else KERNELS_ONLY
    model = estimator(**quick).fit(X, np.column_stack([y, 2.0 * y, np.ones(12)]))
    check_same_answers(model, again(model, path), X)


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_comes_back(kernel, path):
    X, y = irregular_panel(12)
    model = CKCNNClassifier(kernel=kernel, **ALONE).fit(X, y)
    check_same_answers(model, again(model, path), X)


@pytest.mark.parametrize("landmark", [timedelta(days=9), np.timedelta64(9, "D")])
def test_dates_names_and_landmarks_come_back(landmark, path):
    X, y = irregular_panel(12)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(X.times, unit="D")
    frame = pd.DataFrame(X.values, columns=["heart rate", "β"])
    frame = frame.assign(who=X.series_of_rows, when=days)
    X = Panel.from_long(frame, instance="who", time="when")
    model = CKRocketClassifier(landmark=landmark, **KERNELS_ONLY).fit(X, y)
    loaded = again(model, path)
    check_same_state(loaded, model)
    check_same_answers(model, loaded, X)
    assert loaded.feature_names_in_.tolist() == ["heart rate", "β"]
    with pytest.raises(ValueError, match="channels of fit"):
        loaded.predict(X.with_values(X.values, ["β", "heart rate"]))


def test_a_model_of_an_interrupted_training_comes_back(path):
    X, y = irregular_panel(12)
    model = CKCNNClassifier(**{**ALONE, "max_epochs": 9}, callbacks=[Stops()])
    with pytest.warns(ConvergenceWarning), pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    loaded = again(model.set_params(callbacks=None), path)
    assert loaded.n_iter_ == 1
    check_same_answers(model, loaded, X)


def test_features_stay_a_frame(path):
    X, _ = irregular_panel(12)
    model = CKRocket(**KERNELS_ONLY).set_output(transform="pandas").fit(X)
    frame = again(model, path).transform(X)
    pd.testing.assert_frame_equal(frame, model.transform(X))


def test_a_model_that_was_copied_or_pickled_is_saved_as_itself(path):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(**NETWORK).fit(X, y)
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        check_same_answers(model, again(copied, path), X)
    check_same_answers(model, copy.deepcopy(again(model, path)), X)


TRANSFORMERS = [
    CKCNNEmbedder(estimator=CKCNNRegressor(**ALONE)),
    CKCNNEmbedder(estimator=FrozenEstimator(CKCNNClassifier(**ALONE))),
    *(PanelScaler(), PanelSummary(), PanelResampler(grid=np.arange(5.0))),
]


@pytest.mark.parametrize("model", TRANSFORMERS, ids=lambda one: type(one).__name__)
def test_a_transformer_comes_back(model, path):
    X, y = irregular_panel(12, static=True)
    model = copy.deepcopy(model)
    check_same_state(again(model, path), model)
    if isinstance(getattr(model, "estimator", None), FrozenEstimator):
        model.estimator.estimator.fit(X, y)
    loaded = again(model.fit(X, y), path)
    check_same_state(loaded, model)
    check_same_answers(model, loaded, X)


class Small(torch.nn.Module):
    """A network of a user."""

    def __init__(self, in_channels, n_outputs):
        super().__init__()
        self.head = torch.nn.Linear(in_channels, n_outputs)

    def forward(self, values):
        return self.head(values.mean(1))


def test_a_network_of_the_user_is_left_to_pickle(path):
    X, y = irregular_panel(12)
    model = CKCNNClassifier(network=Small, max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(TypeError, match=r"`network` must be made of plain.*Small"):
        model.save(path)
    with pytest.raises(TypeError, match=r"`network` must be one of \['gated', .*Sm"):
        model.set_params(network="gated").save(path)
    assert not path.exists()


def test_the_best_of_a_search_comes_back_with_its_requests(path):
    X, y = irregular_panel(12)
    with sklearn.config_context(enable_metadata_routing=True):
        model = CKRocketClassifier(**KERNELS_ONLY)
        model.set_fit_request(sample_weight="trust", groups=False)
        model.set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"summaries": [True]}, cv=2).fit(X, y)
        best = search.best_estimator_
        loaded = again(best, path)
        check_same_answers(best, loaded, X)
        assert str(loaded.get_metadata_routing()) == str(model.get_metadata_routing())
        # routed by the name that was asked for: no weights, no series
        search = GridSearchCV(loaded, {"summaries": [True]}, cv=2, error_score="raise")
        with pytest.raises(ValueError, match="`sample_weight` must"):
            search.fit(X, y, trust=np.zeros(12))
    unasked = again(CKRocketClassifier(), path)
    assert not hasattr(unasked, "_metadata_request")


def test_requests_of_a_file_name_methods_and_metadata_only():
    state = CKRocketClassifier().to_state()
    for asked in ({"owner": {"a": True}}, {"fit": {"a": 3}}, {"__init__": {"a": True}}):
        with pytest.raises(ValueError, match=r"its requests name|alias"):
            CKRocketClassifier.from_state(state | {"_requests": asked}, str)


def test_a_table_comes_back(path):
    X, y = np.random.default_rng(0).normal(size=(20, 30)), np.arange(20) % 2
    model = CKRocketClassifier(**KERNELS_ONLY).fit(X, y)
    check_same_answers(model, again(model, path), X)


def test_bursts_and_meshes_come_back(path):
    """The mesh step that a network has used is that of the loaded one."""
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 1, (6, 3000)), axis=1)
    series = [(t, np.sin(9 * t)[:, None]) for t in times]
    y = np.arange(6.0)
    model = CKCNNRegressor(**ALONE).fit(series, y)
    steps = model.net_.planner_.steps()
    assert steps
    loaded = again(model, path)
    assert loaded.net_.planner_.steps() == steps
    check_same_answers(model, loaded, series)
    assert loaded.net_.planner_.steps() == model.net_.planner_.steps()
    check_same_answers(model, again(model, path), series)


def test_every_estimator_of_the_library_can_be_saved():
    """A new one need only derive from AbstractSavable."""
    public = {
        **vars(estimators),
        **{name: getattr(ckts, name) for name in ckts.__all__},
    }
    classes = {one for one in public.values() if hasattr(one, "fit")}
    assert classes >= set(ALL)
    for one in classes:
        assert issubclass(one, AbstractSavable)
        assert not inspect.isabstract(one)


def test_a_file_that_is_there_is_replaced_and_a_link_stays(path):
    CKRocket(n_kernels=100).save(path)
    path.chmod(0o640)
    link = path.with_name("link")
    link.symlink_to(path)
    CKRocket(n_kernels=200).save(str(link))
    assert link.is_symlink()
    assert ckts.load(path).n_kernels == 200
    assert sorted(one.name for one in path.parent.iterdir()) == ["link", path.name]


# --- What cannot be written ---------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("callbacks", [Checkpoint()], r"Checkpoint.* at `callbacks\.0`"),
        ("scoring", lambda *a: 1.0, "<function"),
        ("random_state", np.random.RandomState(0), "RandomState"),
        ("random_state", torch.Generator(), "Generator"),
        ("kernel_params", {"omega_0": lambda: 1}, r" at `kernel_params\.omega_0`"),
        ("network", torch.nn.Linear, "Linear"),
        ("optimizer", torch.optim.SGD, "SGD"),
        ("class_weight", {(1, print): 1.0}, r"print.* at `class_weight\.key\.0\.1`"),
    ],
)
def test_what_cannot_be_written_is_named_before_anything_is(name, value, shown, path):
    path.write_text("as it was")
    model = CKCNNClassifier(**{name: value})
    with pytest.raises(TypeError, match=f"`{name}` must be made of plain.*{shown}"):
        model.save(path)
    default = getattr(CKCNNClassifier(), name)
    with pytest.raises(TypeError, match=rf"set_params\({name}={default!r}\).*joblib"):
        model.save(path)
    assert path.read_text() == "as it was"
    assert list(path.parent.iterdir()) == [path]
    model.set_params(**{name: default}).save(path)
    assert getattr(ckts.load(path), name) == default


def test_labels_that_cannot_be_written_are_named(path):
    model = CKRocketClassifier()
    model.classes_ = np.array([pd.Period("2024"), pd.Period("2025")], dtype=object)
    with pytest.raises(TypeError, match=r"`classes_` must.*2024.*0`\. Use `joblib"):
        model.save(path)


class Mine(CKRocket):
    """Code that a file must not name."""


def test_a_class_of_the_user_is_left_to_pickle(path):
    with pytest.raises(TypeError, match=r"an estimator of ckts itself; got Mine.*jobl"):
        Mine().save(path)


@pytest.mark.parametrize("target", [".", "missing/model"])
def test_where_no_file_can_be_is_told(target, tmp_path):
    with pytest.raises(ValueError, match=r"`path` must be a file in a folder.*Make"):
        CKRocket().save(tmp_path / target)


@pytest.mark.parametrize("argument", [None, 3, b"model"])
def test_what_is_no_path_is_told(argument):
    for use in (CKRocket().save, ckts.load):
        with pytest.raises(TypeError, match=r"`path` must be the path .*Write for ex"):
            use(argument)


def test_a_path_is_saved_as_text(tmp_path):
    model = CKCNNClassifier(checkpoint=tmp_path / "folder")
    model.save(tmp_path / "model")
    assert ckts.load(tmp_path / "model").checkpoint == str(tmp_path / "folder")


def test_a_file_from_before_a_parameter_came_has_its_default():
    state = CKCNNClassifier(lr=0.1).to_state()
    del state["data_parallel"]
    loaded = CKCNNClassifier.from_state(state, str)
    assert loaded.get_params() == CKCNNClassifier(lr=0.1).get_params()
