"""The estimators as classifiers, regressors and a transformer of sktime.

They are thin: sktime checks what it is given and converts nothing, so that the real
time stamps reach :func:`ckts.as_panel`. Parameters, predictions and errors are those of
the estimators of the same names in ``ckts``. See the guide, "sktime".
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

import pandas as pd

from ckts import estimators
from ckts.panel import as_panel

try:
    from sktime.base import BaseEstimator
    from sktime.classification.base import BaseClassifier
    from sktime.regression.base import BaseRegressor
    from sktime.transformations.base import BaseTransformer
except ImportError as error:
    raise ImportError(
        f"`ckts.sktime` must find the package sktime; got {error!r}. Install it with "
        "`pip install sktime`, or use the estimators of `ckts`, which take the formats "
        "of sktime, too."
    ) from error

__all__ = [
    "CKCNNClassifier",
    "CKCNNRegressor",
    "CKRocket",
    "CKRocketClassifier",
    "CKRocketRegressor",
]

# What scikit-learn (1.9) hangs on an estimator, for its callbacks and metadata routing,
# and expects to find after `fit`.
KEPT = ("_parent_callback_ctx", "_skl_callbacks", "_metadata_request")
# For sktime's checks.
SMALL_NETWORKS: list[dict[str, Any]] = [
    {
        **{"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "rocket": False},
        **{"weight_decay": 0.1, "observation_dropout": 0.1, "scales": "common"},
    },
    {"max_epochs": 1, "hidden_channels": 2, "n_blocks": 1, "causal": True},
]
FEW_KERNELS: list[dict[str, Any]] = [
    {"n_kernels": 84},
    {"n_kernels": 84, "summaries": False, "causal": True},
]


class AbstractAdapter(BaseEstimator):
    """An estimator of sktime that leaves the work to one of ours.

    Attributes
    ----------
    estimator_ : estimator of ckts
        The fitted estimator of the same name: its other attributes and methods, such as
        `predict_proba_path`, are here. Without one where sktime fits none: `y` of one
        class, or of several columns for a classifier.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "ckts developers",
        "maintainers": "ckts developers",
        "X_inner_mtype": ["df-list", "pd-multiindex", "numpy3D", "nested_univ"],
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": False,
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }
    _native: ClassVar[type]
    _test_params: ClassVar[list[dict[str, Any]]]

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Return parameters of small models, with which sktime checks the class.

        Parameters
        ----------
        parameter_set : str
            Ignored: there is one set of sets.

        Returns
        -------
        list of dict
        """
        return [dict(params) for params in cls._test_params]

    def __sklearn_tags__(self):
        """Return the tags of our estimator: scikit-learn asks, and sktime has none."""
        return self._make().__sklearn_tags__()

    def __sklearn_is_fitted__(self):
        """Return whether it is fitted: sktime has `classes_` from the beginning."""
        return self.is_fitted

    def reset(self):
        """Forget what was learned, but not what scikit-learn has hung on.

        Returns
        -------
        estimator
            The estimator itself.
        """
        state = self.__dict__
        kept = {name: state[name] for name in KEPT if name in state}
        super().reset()
        self.__dict__.update(kept)
        return self

    def _make(self):
        return self._native(**self.get_params(deep=False))

    def _fit(self, X, y=None):
        self.estimator_ = self._make().fit(X, y)
        return self

    def _get_fitted_params(self):
        return self._get_fitted_params_default(getattr(self, "estimator_", self))


def adapt(native: Any) -> Callable[[Any], Any]:
    """Give a class the parameters of one of our estimators, and their description.

    Parameters
    ----------
    native : type
        The estimator: a dataclass, whose ``__init__`` does nothing but set parameters.

    Returns
    -------
    callable
        A decorator of adapters.
    """

    def decorate(cls: Any) -> Any:
        @wraps(native.__init__)
        def __init__(self, **params):
            native.__init__(self, **params)
            super(cls, self).__init__()

        # sktime reads the names and defaults of parameters from the signature.
        signature = inspect.signature(native.__init__)
        __init__.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__, cls._native = __init__, native
        summary, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")
        parameters = _section(native.__doc__, "Parameters")
        attributes = _section(AbstractAdapter.__doc__, "Attributes")
        cls.__doc__ = "\n\n".join([summary, parameters, attributes, rest])
        return cls

    return decorate


def _section(text: str | None, heading: str) -> str:
    """Return a section of a docstring, in which no line is empty."""
    _, found, rest = inspect.cleandoc(text or "").partition(f"{heading}\n---")
    return f"{found}{rest}".partition("\n\n")[0]


class AbstractPredictor(AbstractAdapter):
    """What classifiers and regressors share."""

    _tags: ClassVar[dict[str, Any]] = {"capability:multithreading": True}

    def _predict(self, X):
        return self.estimator_.predict(X)


class AbstractClassifier(AbstractPredictor, BaseClassifier):
    """A classifier of sktime."""

    _tags: ClassVar[dict[str, Any]] = {
        "capability:class_weight": True,
        "capability:predict_proba": True,
    }

    def _predict_proba(self, X):
        return self.estimator_.predict_proba(X)


class AbstractRegressor(AbstractPredictor, BaseRegressor):
    """A regressor of sktime, of one target or several at once."""

    _tags: ClassVar[dict[str, Any]] = {
        "capability:multioutput": True,
        "y_inner_mtype": "numpy2D",
    }

    def _fit(self, X, y=None):
        # One target goes in, and comes out, as a vector.
        return super()._fit(X, y[:, 0] if y.shape[1] == 1 else y)


@adapt(estimators.CKCNNClassifier)
class CKCNNClassifier(AbstractClassifier):
    """:class:`ckts.CKCNNClassifier` for sktime.

    See Also
    --------
    ckts.CKCNNClassifier : The estimator that does the work.

    Examples
    --------
    >>> from ckts.datasets import load_japanese_vowels
    >>> from ckts.sktime import CKCNNClassifier
    >>> X, y = load_japanese_vowels()
    >>> model = CKCNNClassifier(max_epochs=1, rocket=False, random_state=0)
    >>> model.fit(X[:60].to_frame(), y[:60]).predict(X[60:64].to_frame()).shape
    (4,)
    """

    _test_params = SMALL_NETWORKS


@adapt(estimators.CKCNNRegressor)
class CKCNNRegressor(AbstractRegressor):
    """:class:`ckts.CKCNNRegressor` for sktime.

    See Also
    --------
    ckts.CKCNNRegressor : The estimator that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from ckts.sktime import CKCNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 2, 30))
    >>> model = CKCNNRegressor(max_epochs=1, rocket=False, random_state=0)
    >>> model.fit(X, X.mean(axis=(1, 2))).predict(X[:4]).shape
    (4,)
    """

    _test_params = SMALL_NETWORKS


@adapt(estimators.CKRocketClassifier)
class CKRocketClassifier(AbstractClassifier):
    """:class:`ckts.CKRocketClassifier` for sktime.

    See Also
    --------
    ckts.CKRocketClassifier : The estimator that does the work.

    Examples
    --------
    >>> from ckts.datasets import load_japanese_vowels
    >>> from ckts.sktime import CKRocketClassifier
    >>> X, y = load_japanese_vowels()
    >>> model = CKRocketClassifier(n_kernels=500, random_state=0)
    >>> model.fit(X[:60].to_frame(), y[:60]).predict_proba(X[60:64].to_frame()).shape
    (4, 2)
    """

    _test_params = FEW_KERNELS


@adapt(estimators.CKRocketRegressor)
class CKRocketRegressor(AbstractRegressor):
    """:class:`ckts.CKRocketRegressor` for sktime.

    See Also
    --------
    ckts.CKRocketRegressor : The estimator that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from ckts.sktime import CKRocketRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 2, 30))
    >>> model = CKRocketRegressor(n_kernels=500, random_state=0)
    >>> model.fit(X, X.mean(axis=(1, 2))).predict(X[:4]).shape
    (4,)
    """

    _test_params = FEW_KERNELS


@adapt(estimators.CKRocket)
class CKRocket(AbstractAdapter, BaseTransformer):
    """:class:`ckts.CKRocket` for sktime: from a panel to a table of features.

    See Also
    --------
    ckts.CKRocket : The estimator that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from ckts.sktime import CKRocket
    >>> X = np.random.default_rng(0).normal(size=(20, 2, 30))
    >>> CKRocket(n_kernels=100, random_state=0).fit_transform(X).shape[0]
    20
    """

    _tags: ClassVar[dict[str, Any]] = {
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Primitives",
        "scitype:instancewise": False,
        "fit_is_empty": False,
        "capability:unequal_length:removes": True,
        "capability:missing_values:removes": True,
    }
    _test_params = FEW_KERNELS

    def _transform(self, X, y=None):
        """Return the features, a frame of shape (n_series, n_features)."""
        panel, fitted = as_panel(X), self.estimator_
        names = fitted.get_feature_names_out()
        return pd.DataFrame(fitted.transform(panel), panel.instances, names)
