"""Which training it is: a digest of all that determines it, the same in any process."""

from __future__ import annotations

import pickle
from pkgutil import resolve_name
from typing import Any

import joblib
import numpy as np
import torch
from sklearn.utils import check_random_state

from ckts.estimators._interface import Training
from ckts.estimators.preprocessing.on_disk import SeriesOnDisk
from ckts.panel import Panel

# What changes no trained network, or enters as the state of a generator.
IRRELEVANT = ("n_jobs", "verbose", "callbacks", "checkpoint", "random_state")


def digest_of(
    estimator: Any,
    generator: np.random.RandomState,
    given: Training,
    target: Any,
    before: Any = None,
) -> str:
    """Return a digest of all that determines a training: its parameters and its data.

    Versions belong to it, since other ones may round otherwise. A function is known by
    its name.

    Parameters
    ----------
    estimator : CKCNNClassifier or CKCNNRegressor
        The model in training, with its parameters and its `device_`.
    generator : RandomState
        From which nothing was drawn yet.
    given : Training
        What `fit` is given.
    target : ndarray of shape (n_used, ...)
        The encoded targets.
    before : CKCNNClassifier or CKCNNRegressor, optional
        A trained model with whose weights the training begins.

    Returns
    -------
    str
        Hexadecimal.
    """
    params = estimator.get_params(deep=False)
    parts = [(one, params[one]) for one in sorted(params) if one not in IRRELEVANT]
    parts += {
        "random_state": None if is_global(generator) else generator.get_state(),
        "class": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        # Not imported: the package names the estimators, for type checkers.
        "versions": [resolve_name("ckts:__version__"), torch.__version__],
        "device": estimator.device_,
        **data_of(given, target),
    }.items()
    if before is not None:
        weights = [net.module_.state_dict() for net in before.nets_]
        numbers = [{k: v.cpu().numpy() for k, v in one.items()} for one in weights]
        parts.append(("weights before", [before.statistics_, numbers]))
    return joblib.hash([_digest(name, part) for name, part in parts], "sha1")


def data_of(given: Training, target: Any) -> dict[str, Any]:
    """Return all data of a training by names.

    Parameters
    ----------
    given : Training
        What `fit` is given.
    target : ndarray of shape (n_used, ...)
        The encoded targets.
    """
    return {
        **_content(given.panel),
        "y": [given.y, target, given.used, given.groups],
        "weights": [given.weight, given.own_weight],
    }


def _content(panel: Panel | SeriesOnDisk) -> dict[str, Any]:
    """Return the parts of which a panel consists, digests of those on disk."""
    if not isinstance(panel, Panel):
        parts = (_content(part) for _, part in panel.partitions())
        return {"series on disk": [joblib.hash(part, "sha1") for part in parts]}
    return {
        "times": [panel.times, panel.indptr, panel.time_scale],
        "names": [panel.channels, panel.static_names],
        "values": list(panel.observations.columns()),  # whatever the storage
        "static": panel.static,
    }


def _digest(name: str, part: Any) -> str:
    """Digest one part; joblib maps large arrays, of which only the content counts."""
    try:
        return f"{name}: {joblib.hash(part, 'sha1', coerce_mmap=True)}"
    except (AttributeError, TypeError, pickle.PicklingError) as error:
        raise TypeError(
            f"`{name}` must be something that can be pickled, for a training to be "
            f"known again by `checkpoint`; got {part!r}: {error}. Write a function at "
            "the top of a module, or take checkpoint=None."
        ) from None


def is_global(generator: np.random.RandomState) -> bool:
    """Tell whether it is numpy's own, which is used where no seed is given."""
    return generator is check_random_state(None)
