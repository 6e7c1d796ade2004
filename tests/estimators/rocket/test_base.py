"""CKRocket, its classifier and its regressor, as scikit-learn expects them."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from ckts import CKRocket, CKRocketClassifier, CKRocketRegressor, Panel
from ckts.estimators.rocket import kernel_features, models
from irregular import irregular_panel
from storages import in_both_storages

QUICK = {"n_kernels": 336, "random_state": 0}
ALL = [CKRocket, CKRocketClassifier, CKRocketRegressor]
MODELS = ALL[1:]
ALL_CHECKS = list(zip(ALL, [52, 62, 59], strict=True))


def answers(model, X):
    """What a fitted estimator says of series."""
    for method in ("predict_proba", "predict", "transform"):
        if hasattr(model, method):
            return getattr(model, method)(X)
    raise AssertionError


@pytest.fixture(scope="module")
def data():
    return irregular_panel(static=True)


# --- scikit-learn -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings
@pytest.mark.parametrize(("estimator", "at_least"), ALL_CHECKS)
@pytest.mark.parametrize("causal", [False, True])
def test_check_estimator_passes(estimator, at_least, causal, capsys):
    found = {}
    model = estimator(causal=causal, **QUICK)
    for one in check_estimator(model, on_fail=None, on_skip=None):
        name = f"{one['check_name']} {one['exception'] or ''}".strip()
        found.setdefault(one["status"], []).append(name)
    with capsys.disabled():
        counts = {status: len(names) for status, names in found.items()}
        print(f"\ncheck_estimator({estimator.__name__}, {causal=}): {counts}")
    assert not found.get("failed")
    assert not found.get("skipped")
    assert len(found["passed"]) >= at_least


@pytest.mark.parametrize("estimator", ALL)
def test_clone_and_pickle(data, estimator):
    X, y = data
    model = estimator(n_kernels=100, lengths=False, random_state=3)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    fitted = copy.fit(X, y)
    assert fitted is copy
    assert fitted.device_ in ("cpu", "cuda")
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(answers(loaded, X), answers(fitted, X))


def test_features_go_through_a_pipeline(data):
    X, y = data
    model = make_pipeline(CKRocket(**QUICK), LogisticRegression()).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model[:-1].get_feature_names_out().shape == (model[-1].n_features_in_,)


def test_searches_and_validations_take_groups(data):
    X, y = data
    search = GridSearchCV(
        CKRocketClassifier(**QUICK), {"summaries": [True, False]}, cv=2
    )
    assert search.fit(X, y).predict(X).shape == y.shape
    groups = np.repeat(np.arange(6), 4)
    model = CKRocketRegressor(**QUICK)
    scores = cross_val_score(model, X, y, groups=groups, cv=GroupKFold(3))
    assert scores.shape == (3,)
    chances = cross_val_predict(
        CKRocketClassifier(**QUICK), X, y, cv=3, method="predict_proba"
    )
    np.testing.assert_allclose(chances.sum(1), 1)


def test_set_output_gives_a_frame_of_named_float32_columns(data):
    X, _ = data
    plain = CKRocket(**QUICK).fit(X)
    frame = CKRocket(**QUICK).set_output(transform="pandas").fit_transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == plain.get_feature_names_out().tolist()
    assert (frame.dtypes == np.float32).all()
    np.testing.assert_array_equal(frame.to_numpy(), plain.transform(X))


@pytest.mark.parametrize("estimator", ALL)
def test_before_fit_there_is_no_answer(data, estimator):
    model = estimator()
    with pytest.raises(NotFittedError, match=f"This {estimator.__name__} instance"):
        answers(model, data[0])


def test_names_need_a_fit():
    with pytest.raises(NotFittedError):
        CKRocket().get_feature_names_out()


# --- Features and their names -------------------------------------------------------


@pytest.mark.parametrize("summaries", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
def test_columns_are_named_each_and_between_0_and_1(data, summaries, lengths):
    X, _ = data
    rocket = CKRocket(summaries=summaries, lengths=lengths, **QUICK).fit(X)
    features, names = rocket.transform(X), rocket.get_feature_names_out()
    assert features.dtype == np.float32
    assert features.shape == (24, len(names))
    assert names.dtype == object
    assert len(set(names)) == len(names)
    assert features.min() >= 0
    assert features.max() <= 1
    told = [name for name in names if " time, " not in name]
    assert bool(told) == summaries
    counting = ("count of", "number of rows", "span", "mean gap", "longest gap")
    found = {word for word in counting if any(n.startswith(word) for n in told)}
    assert found == (set(counting) if summaries and lengths else set())
    if summaries:
        for word in ("mean of channel_1", "static_0"):
            assert any(name.startswith(word) for name in told)
        level = "level of channel_0 in part 32"
        assert any(name.startswith(level) for name in told) == lengths


def test_columns_stand_where_their_names_say(data):
    X, _ = data
    rocket = CKRocket(n_kernels=1344, random_state=0).fit(X)
    frame = pd.DataFrame(rocket.transform(X), columns=rocket.get_feature_names_out())
    dataset = rocket._dataset(X)
    features, _ = rocket.kernels_.compute(dataset, "cpu")
    for number, name in enumerate(rocket.kernels_.names()):
        np.testing.assert_array_equal(frame[name], features[:, number])
    for name in frame.columns:
        if name.startswith("number of rows > "):
            above = dataset.lengths > float(name.rpartition(" ")[2])
            np.testing.assert_array_equal(frame[name], above)
        if name == "static_0 unknown":
            np.testing.assert_array_equal(frame[name], np.isnan(X.static[:, 0]))


def test_names_are_unique_where_values_are_far_from_0(data):
    X, _ = data
    rocket = CKRocket(**QUICK).fit(X.with_values(1e6 + 1e-3 * X.values))
    names = rocket.get_feature_names_out()
    assert len(set(names)) == len(names)


def test_names_are_those_of_fit(data):
    X, _ = data
    named = Panel(X.values, X.times, X.indptr, channels=["pulse", "lactate"])
    rocket = CKRocket(**QUICK).fit(named)
    names = rocket.get_feature_names_out().tolist()
    rocket.transform(Panel(X.values, X.times, X.indptr))  # names are not needed
    assert rocket.get_feature_names_out().tolist() == names


def test_without_summaries_only_kernels_tell(data):
    X, _ = data
    rocket = CKRocket(summaries=False, **QUICK).fit(X)
    assert rocket.transform(X).shape == (24, rocket.kernels_.n_features)
    later = X.with_static(np.full_like(X.static, 1e9))
    np.testing.assert_array_equal(rocket.transform(later), rocket.transform(X))
    model = CKRocketClassifier(summaries=False, **QUICK).fit(*data)
    assert model.ridge_.shares.shape == (2,)


def test_transform_is_the_same_in_any_company(data):
    X, _ = data
    rocket = CKRocket(n_kernels=1000, random_state=0).fit(X)
    together = rocket.transform(X)
    for number in (0, 5, 23):
        np.testing.assert_array_equal(
            rocket.transform(X[[number]])[0], together[number]
        )


WEIGHT = np.r_[np.full(8, 2.0), np.ones(12), np.zeros(4)]


def test_weights_of_the_transformer_count_and_0_is_absent(data):
    X, _ = data
    weighted = CKRocket(**QUICK).fit(X, sample_weight=WEIGHT).transform(X)
    absent = CKRocket(**QUICK).fit(X[:20], sample_weight=WEIGHT[:20]).transform(X)
    np.testing.assert_array_equal(weighted, absent)
    unweighted = CKRocket(**QUICK).fit(X[:20]).transform(X)
    assert not np.array_equal(unweighted, weighted)


def test_a_weight_of_2_of_the_transformer_is_the_series_twice(data):
    X, _ = data
    weighted = CKRocket(**QUICK).fit(X, sample_weight=WEIGHT).transform(X)
    twice = CKRocket(**QUICK).fit(X[np.r_[0:8, 0:20]]).transform(X)
    np.testing.assert_allclose(weighted, twice, atol=1e-6)


# --- Where and how ------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ALL)
def test_the_storage_and_the_order_of_ties_change_nothing(estimator):
    panel, y = irregular_panel()
    times = np.floor(panel.times)  # many ties; whole numbers have exact means
    panel = panel.with_values(np.round(4 * panel.values)).with_times(times)
    expected = answers(estimator(**QUICK).fit(panel, y), panel)
    for stored in in_both_storages(panel):
        found = answers(estimator(**QUICK).fit(stored, y), stored)
        np.testing.assert_array_equal(found, expected)
    shuffled = np.random.default_rng(0).permutation(len(times))
    shuffled = shuffled[np.lexsort((times[shuffled], panel.series_of_rows[shuffled]))]
    other = panel.with_values(panel.values[shuffled])
    assert (panel.series_of_rows[shuffled] == panel.series_of_rows).all()
    assert (times[shuffled] == times).all()
    found = answers(estimator(**QUICK).fit(other, y), other)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("estimator", ALL)
def test_another_device_gives_the_same(accelerator, data, estimator):
    X, y = data
    there = estimator(device=accelerator.device, **QUICK).fit(X, y)
    here = estimator(device="cpu", **QUICK).fit(X, y)
    assert there.device_ == accelerator.device
    np.testing.assert_allclose(answers(there, X), answers(here, X), atol=1e-5)
    tensors = [v for v in vars(there).values() if isinstance(v, torch.Tensor)]
    assert not tensors
    for _, _, group in there.kernels_.groups:
        assert group.biases.device.type == "cpu"  # a pickle opens anywhere


@pytest.mark.parametrize("estimator", ALL)
def test_random_state_decides(data, estimator):
    X, y = data
    for kind in (lambda: 7, lambda: np.random.RandomState(7)):
        one, two = (
            estimator(n_kernels=84, random_state=kind()).fit(X, y) for _ in range(2)
        )
        np.testing.assert_array_equal(answers(one, X), answers(two, X))
    kernels = [
        estimator(n_kernels=84, random_state=state).fit(X, y).kernels_
        for state in (7, 8, None, None)
    ]
    biases = [one.groups[0][2].biases.flatten() for one in kernels]
    assert len({tuple(one.tolist()) for one in biases}) == 4


def test_a_shared_random_state_goes_on(data):
    state = np.random.RandomState(0)
    one, two = (CKRocket(n_kernels=84, random_state=state) for _ in range(2))
    X = data[0]
    assert (one.fit_transform(X) != two.fit_transform(X)).any()


def test_global_random_states_are_left_alone(data):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
    CKRocketClassifier(**QUICK).fit(*data)
    after = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
    assert after == before


@pytest.mark.parametrize("estimator", ALL)
def test_python_threads_change_no_bit(data, estimator):
    X, y = data
    expected = answers(estimator(n_kernels=2000, random_state=0).fit(X, y), X)

    def fit(_):
        return answers(estimator(n_kernels=2000, random_state=0).fit(X, y), X)

    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(fit, range(4)):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_the_number_of_threads_changes_no_feature(data, n_jobs):
    X, _ = data
    before = torch.get_num_threads()
    found = CKRocket(n_jobs=n_jobs, **QUICK).fit(X).transform(X)
    np.testing.assert_array_equal(found, CKRocket(**QUICK).fit(X).transform(X))
    assert torch.get_num_threads() == before


def test_small_batches_give_the_same_model(data, monkeypatch):
    X, y = data
    expected = CKRocketClassifier(**QUICK).fit(X, y).predict_proba(X)
    monkeypatch.setattr(kernel_features, "BATCH_NUMBERS", 1)
    found = CKRocketClassifier(**QUICK).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("most", [1, 5, 24])
@pytest.mark.parametrize("estimator", MODELS)
def test_pieces_have_the_same_answers_as_all_at_once(
    data, estimator, most, monkeypatch
):
    X, y = data
    model = estimator(**QUICK).fit(X, y)
    expected, sizes = answers(model, X), []
    features = model._features
    monkeypatch.setattr(models, "MOST_ROWS", most)
    model._features = lambda piece: sizes.append(len(piece)) or features(piece)
    # sums of float64 in another order
    np.testing.assert_allclose(answers(model, X), expected, atol=1e-12)
    assert sizes == [most] * (24 // most) + [24 % most] * (24 % most > 0)


# --- What is wrong ------------------------------------------------------------------

BAD = [
    ({"n_kernels": 83}, ValueError, "`n_kernels` must be at least 84; got 83"),
    ({"n_kernels": 1e4}, TypeError, "`n_kernels` must be an integer; got 10000.0"),
    ({"summaries": "no"}, TypeError, "`summaries` must be True or False; got 'no'"),
    ({"lengths": 1}, TypeError, "`lengths` must be True or False; got 1"),
    ({"n_jobs": 0}, ValueError, "`n_jobs` must be None, a number of threads, or"),
    ({"n_jobs": "all"}, TypeError, "`n_jobs` must be None, a number of threads, or"),
    ({"device": "gpu9"}, ValueError, "`device` must be 'auto' or a device that"),
    ({"landmark": -1.0}, ValueError, "`landmark` must be a time"),
    ({"random_state": "now"}, ValueError, "'now' cannot be used to seed"),
]


@pytest.mark.parametrize("estimator", ALL)
@pytest.mark.parametrize(("params", "error", "message"), BAD)
def test_a_bad_parameter_is_named_and_leaves_the_model(
    data, estimator, params, error, message
):
    X, y = data
    model = estimator(**QUICK).fit(X, y)
    expected = answers(model, X)
    model.set_params(**params)
    state = dict(vars(model))
    other = irregular_panel(seed=5, in_channels=3)[0]
    with pytest.raises(error, match=message):
        model.fit(other, y)
    assert vars(model) == state  # the very same objects
    model.set_params(n_jobs=None)  # the only one that `predict` reads
    np.testing.assert_array_equal(answers(model, X), expected)
    assert model.n_features_in_ == 2


FAILURES = [
    ({"sample_weight": -np.ones(24)}, "`sample_weight` must not be negative"),
    ({"sample_weight": np.zeros(24)}, "`sample_weight` must hold a positive weight"),
    ({"y": np.arange(3)}, "inconsistent numbers of samples|`y` must"),
    ({"y": np.full(24, np.nan)}, "NaN|`y` must"),
    ({"y": None}, "requires y to be passed"),
    ({"groups": np.zeros(3)}, r"`groups` must have the shape \(24,\)"),
]


@pytest.mark.parametrize("estimator", MODELS)
@pytest.mark.parametrize(("arguments", "message"), FAILURES)
def test_a_fit_that_fails_leaves_the_model(data, estimator, arguments, message):
    X, y = data
    model = estimator(**QUICK).fit(X, y)
    state = dict(vars(model))
    other = irregular_panel(seed=5, in_channels=3)[0]
    with pytest.raises(ValueError, match=message):
        model.fit(**{"X": other, "y": np.where(y, 5, 7), **arguments})
    assert vars(model) == state


def test_parameters_set_after_fit_change_no_answer(data):
    X, y = data
    for estimator in ALL:
        model = estimator(**QUICK).fit(X, y)
        expected = answers(model, X)
        model.set_params(summaries=False, lengths=False, n_kernels=999, landmark=1.0)
        np.testing.assert_array_equal(answers(model, X), expected)
