"""Classification of irregular time series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ckts.estimators._base import AbstractCKCNN
from ckts.estimators._input import check_target
from ckts.estimators._parameters import share_docstring


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKCNNClassifier(ClassifierMixin, AbstractCKCNN):
    """Classify irregular time series by their values *and* their time stamps.

    A network of continuous-kernel convolutions with inverse-density weights. Missing
    values, unequal lengths, channels measured at different times and static features
    need no preparation; time stamps may be numbers, datetimes, timedeltas or periods.

    Parameters
    ----------
    class_weight : "balanced", dict or None
        Weights of the classes, multiplied with `sample_weight`; "balanced" gives every
        class the same sum of both.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels of series of positive `sample_weight`.

    See Also
    --------
    CKCNNRegressor : The same for numbers.
    ckts.as_panel : The formats that `X` may have.

    References
    ----------
    Romero et al., CKConv: Continuous Kernel Convolution For Sequential Data, 2021:
    Eq. 4 and 8, Appendices A.1 and A.2.

    Examples
    --------
    >>> from ckts import CKCNNClassifier
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(60, random_state=0)
    >>> model = CKCNNClassifier(max_epochs=10, random_state=0).fit(X[:40], y[:40])
    >>> model.predict(X[40:44]).shape
    (4,)
    """

    class_weight: Mapping[Any, float] | str | None = None

    def _check_y(self, y, n_series):
        y = column_or_1d(check_target(self, y, n_series), warn=True)
        check_classification_targets(y)
        return y

    def _weigh(self, weight, y):
        self.classes_ = np.unique(y[weight > 0])
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            weight = _balance(weight, y)
        else:
            weight = weight * compute_sample_weight(self.class_weight, y)
        if weight.min() < 0 or not 0 < weight.max() < np.inf:
            raise ValueError(
                "`class_weight` must be finite, not negative, and positive for a class "
                f"of a positive `sample_weight`; got {self.class_weight!r}. Leave a "
                "class out to give it the weight 1."
            )
        return weight / weight.max()

    def _encode(self, y, weight):
        return np.searchsorted(self.classes_, y).astype(np.int64), len(self.classes_)

    def _loss(self):
        return torch.nn.CrossEntropyLoss

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            Columns in the order of `classes_`.
        """
        return softmax(self._predict_raw(X), axis=1)

    def predict(self, X):
        """Predict the class of each series.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series,)
        """
        raw = self._predict_raw(X)
        return self.classes_[raw.argmax(axis=1)]


def _balance(weight: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give every class the same sum of weights, whatever that is.

    scikit-learn counts the series of a class, also those of weight 0.
    """
    _, numbers = np.unique(y, return_inverse=True)
    totals = np.bincount(numbers, weight)[numbers]
    return np.divide(weight, totals, out=np.zeros_like(weight), where=totals > 0)
