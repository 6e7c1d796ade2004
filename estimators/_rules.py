"""Rules of parameters: what is wrong with a value, and what to write instead."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from os import PathLike
from typing import Any

import numpy as np
import torch
from sklearn.metrics import get_scorer_names
from skorch.callbacks import Callback

# From the name of a parameter and its value to an error, if there is something wrong.
Rule = Callable[[str, Any], object]


def auto_or(name: str, value: Any, *, rule: Rule) -> None:
    """Raise if it is neither "auto" nor follows a rule."""
    if isinstance(value, str) and value == "auto":
        return
    try:
        rule(name, value)
    except TypeError as error:
        raise TypeError(f'{error} Or write "auto".') from None


def check_optimizer(name: str, value: Any) -> None:
    """Raise if it is no optimizer, or sets what other parameters set."""
    callable_or(name, value, ("adamw",))
    taken = {"lr", "weight_decay"} & set(getattr(value, "keywords", {}))
    if taken:
        raise ValueError(
            f"`{name}` must leave {' and '.join(sorted(taken))} to the parameters of "
            f"that name; got {value!r}. Set e.g. `lr=0.01` of the model."
        )


def check_schedule(name: str, value: Any) -> None:
    """Raise if it is neither the name of a schedule nor a function."""
    callable_or(name, value, ("one_cycle", "cosine", "plateau", "constant"))
    if isinstance(value, type):
        raise ValueError(
            f"`{name}` must be a function of the optimizer and the number of steps; "
            f"got the class {value.__name__}. Write for example `lambda optimizer, "
            "n_steps: torch.optim.lr_scheduler.StepLR(optimizer, n_steps // 3)`."
        )


def callable_or(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise if it is none of the choices and makes nothing."""
    if isinstance(value, torch.nn.Module) or (
        not callable(value) and value not in choices
    ):
        names = ", ".join(f'"{choice}"' for choice in choices)
        raise ValueError(
            f"`{name}` must be {names} or callable; got {value!r}. Give the class, or "
            "a function that makes one of yours."
        )


def check_mapping(name: str, params: Any, *, example: str) -> None:
    """Raise if it is neither None nor a dict."""
    if params is not None and not isinstance(params, Mapping):
        raise TypeError(
            f"`{name}` must be a dict or None; got {params!r}. Write for example "
            f"{example}."
        )


def check_scoring(name: str, scoring: Any) -> None:
    """Raise if it is neither None nor a scorer or the name of one."""
    named = isinstance(scoring, str)
    if (
        scoring is None
        or callable(scoring)
        or (named and scoring in get_scorer_names())
    ):
        return
    raise (ValueError if named else TypeError)(
        f"`{name}` must be None, a callable or the name of a scorer, such as "
        f'"roc_auc"; got {scoring!r}. See `sklearn.metrics.get_scorer_names()`.'
    )


def check_callbacks(name: str, callbacks: Any) -> None:
    """Raise if there are other items than skorch callbacks or (name, callback)."""
    if callbacks is None:
        return
    items = callbacks if isinstance(callbacks, (list, tuple)) else [None]
    ends = [item[-1] if isinstance(item, tuple) and item else item for item in items]
    if not all(isinstance(end, Callback) for end in ends):
        raise TypeError(
            f"`{name}` must be a list of skorch callbacks; got {callbacks!r}. Write "
            "for example [skorch.callbacks.Checkpoint()]."
        )


def check_folder(name: str, value: Any) -> None:
    """Raise if it is neither None nor the path of a folder."""
    if not (value is None or isinstance(value, str | PathLike)):
        raise TypeError(
            f"`{name}` must be a folder or None; got {value!r}. Write for example "
            f'{name}="checkpoints".'
        )


def check_n_jobs(name: str, n_jobs: Any) -> None:
    """Raise if it is neither None nor an integer that joblib takes."""
    integer = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and not (integer and n_jobs != 0):
        raise (ValueError if integer else TypeError)(
            f"`{name}` must be None, a number of threads, or negative; got {n_jobs!r}. "
            "Use -1 for all cores."
        )


def check_verbose(name: str, verbose: Any) -> None:
    """Raise if it is neither an integer from 0 on nor a bool, which is one."""
    integer = hasattr(verbose, "__index__") or isinstance(verbose, np.bool_)
    if not integer or verbose < 0:
        raise (ValueError if integer else TypeError)(
            f"`{name}` must be an integer of at least 0; got {verbose!r}. Use 0, "
            "1 or 2."
        )
