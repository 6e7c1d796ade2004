"""`model.save` and `ckts.load`: a model in one file that holds no code."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.metadata_routing import MetadataRequest
from skorch.exceptions import DeviceWarning

from ckts._checks import check_path
from ckts._version import __version__
from ckts._warnings import warn
from ckts.estimators._parameters import resolve_device
from ckts.estimators.saving.card import card_path, card_text, check_card
from ckts.estimators.saving.file import read_file, refusal, write_file
from ckts.estimators.saving.values import CLASSES, Reader, Writer, savable

# What scikit-learn hangs on an estimator for the search or pipeline around it.
AROUND = ("_metadata_request", "_parent_callback_ctx", "_skl_callbacks")
# Under which the metadata requests stand in files, as plain dicts.
REQUESTS = "_requests"
# Parameters that files of earlier versions lack: their defaults change nothing.
ADDED = {"data_parallel"}

PathLike = str | os.PathLike[str]


class AbstractSavable(BaseEstimator):
    """An estimator that can be saved: its parameters, and what `fit` set.

    A subclass in ckts need do nothing, if its attributes are plain values or instances
    of classes that are :func:`~ckts.estimators.saving.values.savable`.
    """

    def __init_subclass__(cls, **kwargs) -> None:
        """Let files name the classes of ckts, and no others."""
        super().__init_subclass__(**kwargs)
        abstract = cls.__name__.startswith("Abstract")
        if cls.__module__.startswith("ckts.") and not abstract:
            savable(cls)

    def save(self, path: PathLike, *, card: Any = None) -> None:
        """Save the model, fitted or not, in one file.

        The file is in safetensors format, with parameters and what was learned as JSON
        in its header. It holds no code and no pickle, so that :func:`ckts.load` of a
        file from elsewhere runs none. It is written as a whole or not at all.

        Parameters
        ----------
        path : str or PathLike
            Where to; a file that is there is replaced.
        card : bool or dict, optional
            Whether to write a model card beside it, "model.md": what it was fitted to,
            parameters, versions, and places for what only you know. A dict fills these:
            "metrics", a dict of numbers, and the texts "intended_use", "limitations"
            and "data". A card that is there is never replaced.

        Raises
        ------
        TypeError
            If a parameter cannot be written, such as callbacks or a function.
            Nothing is written then.
        ValueError
            If there is a card already, or the folder does not exist.

        Examples
        --------
        >>> import ckts
        >>> ckts.CKRocket(n_kernels=500).save("rocket.safetensors")
        >>> ckts.load("rocket.safetensors").n_kernels
        500
        """
        target = check_path("path", path, "model.safetensors")
        if target.is_dir() or not target.parent.is_dir():
            raise ValueError(
                f"`path` must be a file in a folder that exists; got {str(target)!r}. "
                "Make the folder first, or give the file a name."
            )
        if CLASSES.get(type(self).__name__) is not type(self):
            raise TypeError(
                "`save` must be called on an estimator of ckts itself; got "
                f"{type(self).__name__} of {type(self).__module__}. Use `joblib.dump`, "
                "whose files run code when they are loaded."
            )
        signature = inspect.signature(type(self)).parameters
        told = check_card(card, self, target)
        writer = Writer({name: one.default for name, one in signature.items()})
        write_file(target, writer.write(self, ""), writer.arrays)
        if told is not None:
            card_path(target).write_text(card_text(self, target, told), "utf-8")

    def to_state(self) -> dict[str, Any]:
        """Return parameters and all that `fit` set."""
        state = vars(self).items()
        plain = {name: _plain(one) for name, one in state if name not in AROUND}
        requests = vars(self).get("_metadata_request")
        return plain if requests is None else plain | {REQUESTS: _asked(requests)}

    @classmethod
    def from_state(cls, state: dict[str, Any], place: Callable[[str], str]) -> Self:
        """Make an estimator of its state, on a device that is here."""
        requests = state.pop(REQUESTS, {})
        names = set(cls._get_param_names())
        for name in state.keys() - names:
            _check_attribute(cls, name)
        for name in ADDED & names:  # the class holds the default
            state.setdefault(name, getattr(cls, name))
        if names - state.keys():
            raise ValueError(f"its {cls.__name__} lacks {sorted(names - state.keys())}")
        if "device_" in state:
            state["device_"] = place(state["device_"])
        made = cls.__new__(cls)
        made.__dict__.update(state)
        if requests:
            made._metadata_request = _ask(made, requests)
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Tell in a pickle which ckts wrote it."""
        return {**super().__getstate__(), "_ckts_version": __version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Warn of a pickle that another ckts wrote."""
        state = dict(state)
        _check_version(type(self), state.pop("_ckts_version", None))
        super().__setstate__(state)


def _asked(requests: MetadataRequest) -> dict[str, dict[str, Any]]:
    """Return which metadata each method asks for: True, False, None, or an alias."""
    asked = {name: getattr(one, "requests", {}) for name, one in vars(requests).items()}
    return {method: dict(names) for method, names in asked.items() if names}


def _ask(model: BaseEstimator, asked: dict[str, dict[str, Any]]) -> MetadataRequest:
    """Return the requests of a model, with those that a file has of it."""
    requests = model.get_metadata_routing()
    for method, names in asked.items():
        if not hasattr(vars(requests).get(method), "add_request"):
            raise ValueError(f"its requests name the method {method!r}")
        for name, alias in names.items():
            getattr(requests, method).add_request(param=name, alias=alias)
    return requests


def _plain(value: Any) -> Any:
    """Return a path as text, a range as a list, numbers of pandas as an array."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, range):
        return list(value)
    return value.to_numpy() if isinstance(value, pd.Index | pd.Series) else value


def load(path: PathLike, *, device: Any = None) -> Any:
    """Load a model that was saved with ``model.save(path)``.

    Its predictions are those of the saved model, to the last bit on the same kind of
    machine. No code of the file is run, and nothing is unpickled.

    Parameters
    ----------
    path : str or PathLike
    device : str, optional
        Where the model is to predict: "cpu", "cuda", ...; "auto" takes the GPU if there
        is one. By default, where it was fitted, or on the CPU if that device is not
        here.

    Returns
    -------
    CKCNNClassifier, CKRocketClassifier, ...
        An estimator of the class that was saved.

    Raises
    ------
    ValueError
        If the file is no saved model, is damaged, or one of a format or with a class
        that this ckts does not know.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    UserWarning
        If another version of ckts wrote it.
    DeviceWarning
        If it was fitted on a device that is not here, and no other one is given.

    Examples
    --------
    >>> import ckts
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(60, random_state=0)
    >>> model = ckts.CKRocketClassifier(n_kernels=500, random_state=0).fit(X, y)
    >>> model.save("speed.safetensors")
    >>> loaded = ckts.load("speed.safetensors")
    >>> bool((loaded.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    source = check_path("path", path, "model.safetensors")
    if source.is_dir():
        raise refusal(source, "is a folder", "Give the path of a saved model.")
    chosen = None if device is None else resolve_device(device)
    moved: set[str] = set()

    def place(saved: str) -> str:
        if chosen is not None:
            return chosen
        try:
            return resolve_device(saved)
        except ValueError:
            moved.add(saved)
            return "cpu"

    state, arrays, version = read_file(source)
    try:
        model = Reader(arrays, place).read(state)
        if not isinstance(model, AbstractSavable):
            raise ValueError(f"it holds a {type(model).__name__}, no estimator")
    except Exception as error:  # whatever else a file may say
        found = f"is of ckts {version}, and this is {__version__}: {error}"
        way_out = "Load it with the ckts that wrote it, or fit again."
        raise refusal(source, found, way_out) from error
    _check_version(type(model), version)
    for one in sorted(moved):
        message = f"The model was fitted on {one!r}; it goes on on 'cpu'."
        warn(message, DeviceWarning)
    return model


def _check_attribute(cls: type, name: str) -> None:
    """Raise unless a name is one that `fit` may set on an instance."""
    meant = inspect.getattr_static(cls, name, None)
    hides = callable(meant) or hasattr(meant, "__get__")
    if hides or name.startswith("__") or not name.isidentifier():
        raise ValueError(f"its {cls.__name__} has the attribute {name!r}")


def _check_version(cls: type, version: str | None) -> None:
    if version != __version__:
        other = "an earlier ckts" if version is None else f"ckts {version}"
        warn(
            f"The {cls.__name__} was saved by {other}, and this is ckts "
            f"{__version__}: it may predict otherwise, or fail. Fit it again, or "
            "install the ckts that saved it.",
        )
