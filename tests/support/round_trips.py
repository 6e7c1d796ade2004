"""Models that are saved, and what must be the same of the loaded ones."""

import numpy as np
import torch

from ckts.estimators.training.net import PanelNet

PREDICTING = ("predict_proba", "predict", "transform", "predict_path")
PREDICTING += ("predict_proba_path", "get_feature_names_out")


def answers(model, X):
    """Everything that a model says of a panel, by the name of the method."""
    said = {}
    for name in PREDICTING:
        if hasattr(model, name):
            said[name] = getattr(model, name)(X)
    return {name: getattr(one, "values", one) for name, one in said.items()}


def check_same_answers(model, other, X):
    """Raise unless two models say the same of a panel, to the last bit."""
    mine, theirs = answers(model, X), answers(other, X)
    assert mine.keys() == theirs.keys()
    assert mine
    for name, expected in mine.items():
        assert theirs[name].dtype == expected.dtype
        np.testing.assert_array_equal(theirs[name], expected, err_msg=name)


def check_same_state(found, expected):
    """Raise unless two values are the same, with their types, down to each number."""
    assert type(found) is type(expected)
    if isinstance(expected, PanelNet):
        check_same_state(found.to_state(), expected.to_state())
    elif isinstance(expected, torch.Tensor):
        check_same_state(found.numpy(), expected.numpy())
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        if expected.size > 1 and expected.flags.f_contiguous:
            assert found.flags.f_contiguous  # it decides how products are rounded
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        check_same_state(list(found.values()), list(expected.values()))
    elif isinstance(expected, list | tuple):
        for one, other in zip(found, expected, strict=True):
            check_same_state(one, other)
    elif type(expected).__module__.startswith(("ckts.", "sklearn.frozen")):
        check_same_state(vars(found), vars(expected))
    else:
        assert found == expected or (found != found and expected != expected)
