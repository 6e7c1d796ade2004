"""The digest of a training: another one for all that counts, in any storage."""

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.utils import check_random_state

from ckts import CKCNNClassifier, Panel
from ckts.estimators.training.digest import digest_of
from irregular import irregular_panel
from storages import in_both_storages

X, Y = irregular_panel(static=True)
PLAIN = {
    "max_epochs": 7,
    "lr": 0.1,
    "optimizer": torch.optim.SGD,
    "lr_schedule": "cosine",
    "network": torch.nn.Linear,
    "batch_size": 5,
    "rocket": False,
    "weight_decay": 0.2,
    "hidden_channels": 7,
    "n_blocks": 3,
    "dropout": 0.25,
    "observation_dropout": 0.3,
    "scales": "both",
    "kernel": "siren",
    "kernel_params": {"n_features": 8},
    "causal": True,
    "quadrature": "none",
    "landmark": 4.0,
    "dtype": "float64",
    "early_stopping": True,
    "validation_fraction": 0.3,
    "n_iter_no_change": 3,
    "scoring": "roc_auc",
    "class_weight": "balanced",
    "data_parallel": True,
    "warm_start": True,
    "amp": "bfloat16",
    "random_state": 5,
}
# They change no weight, or only by rounding; the device counts as it is resolved.
IRRELEVANT = {"callbacks": [], "checkpoint": "a", "n_jobs": 2, "verbose": 1}


def digest(X=X, y=Y, *, sample_weight=None, groups=None, device="cpu", **params):
    model = clone(CKCNNClassifier(**{"random_state": 0, **params}))
    model.device_ = device
    given = model._check_training(X, y, sample_weight, groups)
    target, _ = model._encode(given.y, given.weight)
    generator = check_random_state(model.random_state)
    return digest_of(model, generator, given, target)


def test_every_parameter_counts_but_those_that_change_no_weight():
    own = {"norm": "channels"}  # the default network takes none
    known = {**PLAIN, **IRRELEVANT, "device": "cuda", "network_params": own}
    assert set(known) == set(CKCNNClassifier().get_params())
    changed = [digest(**{name: value}) for name, value in PLAIN.items()]
    assert len({digest(), *changed}) == 1 + len(PLAIN)
    assert {digest(**{name: value}) for name, value in IRRELEVANT.items()} == {digest()}
    assert digest(network="paper") != digest(network="paper", network_params=own)


def test_all_data_count():
    later = X.with_times(np.where(X.times == X.times[-1], 11.0, X.times))
    panels = [
        X.with_values(np.where(X.values == X.values[0, 0], 7.0, X.values)),
        later,
        X.with_static(X.static + 1),
        Panel(X.values, X.times, X.indptr, static=X.static, channels=["a", "b"]),
        X[:-1],
    ]
    found = [digest(panel, Y[: len(panel)]) for panel in panels]
    found += [digest(y=Y + 1), digest(y=Y[::-1]), digest(device="cuda")]
    found += [digest(sample_weight=1.0 + Y), digest(groups=np.arange(24) // 2)]
    assert len({digest(), *found}) == 11


def test_names_of_series_storage_and_maps_of_memory_do_not_count(tmp_path):
    named = X.with_instances([f"patient {number}" for number in range(24)])
    assert digest(named) == digest()
    for panel in in_both_storages(X):
        assert digest(panel) == digest()
    joblib.dump(X, tmp_path / "panel")
    mapped = joblib.load(tmp_path / "panel", mmap_mode="r")
    assert digest(mapped) == digest()


def test_without_a_seed_numpys_global_numbers_do_not_count():
    before = digest(random_state=None)
    check_random_state(None).uniform()
    assert digest(random_state=None) == before != digest()
    drawn = np.random.RandomState(0)
    assert digest(random_state=drawn) == digest()  # clone copies it
    drawn.uniform()
    assert digest(random_state=drawn) != digest()


def test_scorers_are_known_by_their_names():
    assert digest(scoring=get_scorer("r2")) == digest(scoring=get_scorer("r2"))
    assert digest(scoring=get_scorer("r2")) != digest(scoring=get_scorer("roc_auc"))
    told = "`scoring` must be something that can be pickled, .* top of a module"
    with pytest.raises(TypeError, match=told):
        digest(scoring=lambda model, X, y: 0.0)
