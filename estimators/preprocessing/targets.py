"""Targets: classes with their probabilities, or numbers with their center and scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ckts.estimators.preprocessing.input import check_target
from ckts.estimators.preprocessing.statistics import CenterScale, target_center_scale
from ckts.panel import Panel

# The log-probability of a class that one of the joined models has never seen, because
# its weight is 0 or early stopping took its series.
LOG_OF_NONE = -20.0
# Targets beyond this many standard deviations count as if they were there. R2 of
# CKRocketRegressor where 1, 2 or 3 of 200 are 1e9 (clean .98): .96, .89, .78; at 20
# deviations .83, .55, -.47.
FARTHEST_TARGET = 5.0


def _is_causal(predictor: Any) -> bool:
    """Raise unless `fit` learned what series were earlier, or is to learn it."""
    if not getattr(predictor, "_causal", predictor.causal):
        raise AttributeError(
            "`causal` must be True in fit for predictions as of each observation; got "
            "False. Set it and fit again."
        )
    return True


@dataclass(kw_only=True, eq=False, repr=False)
class ClassesMixin(ClassifierMixin):
    """Learn classes; `_predict_raw` gives unnormalized log-probabilities.

    `_predict_raw_path` gives them as of each observed row, and the panel of these rows.

    Parameters
    ----------
    class_weight : "balanced", dict or None
        Weights of the classes, multiplied with `sample_weight`; "balanced" gives every
        class the same sum of both.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels of series of positive `sample_weight`.
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

    def _losses(self, raw: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the log-loss of each series."""
        return -log_softmax(raw, axis=1)[np.arange(len(codes)), codes]

    def _joinable(self, raw: np.ndarray, model: Any) -> np.ndarray:
        """Return log-probabilities of what a model of these classes, or some, gives."""
        logs = np.full((len(raw), len(self.classes_)), LOG_OF_NONE)
        logs[:, np.searchsorted(self.classes_, model.classes_)] = log_softmax(raw, 1)
        return logs

    def _baseline_losses(self, codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the losses of a model that knows the shares of the classes only."""
        shares = np.bincount(codes, weight, len(self.classes_)) / weight.sum()
        with np.errstate(divide="ignore"):  # a class may have no series here
            return -np.log(shares)[codes]

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

    def predict_log_proba(self, X):
        """Predict the logarithms of class probabilities.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            Columns in the order of `classes_`. Finite also where a probability is so
            small that it is rounded to 0.
        """
        return log_softmax(self._predict_raw(X), axis=1)

    def decision_function(self, X):
        """Compute the evidence for each class.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_classes)
            Of two classes the log-odds of the second, ``classes_[1]``; else the
            logarithms of the probabilities.
        """
        logs = self.predict_log_proba(X)
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs

    @available_if(_is_causal)
    def predict_proba_path(self, X) -> Panel:
        """Predict class probabilities as of each observation; `causal=True` only.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        Panel
            A channel per class, in the order of `classes_`, at each different time of
            an observation up to the landmark: what `predict_proba` says of the series
            if it had ended then. Rows of `X` in which nothing was observed have none.
        """
        panel, raw = self._predict_raw_path(X)
        labels = [str(label) for label in self.classes_]
        return panel.with_values(softmax(raw, axis=1), labels).with_static(None)

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


class NumbersMixin(RegressorMixin):
    """Learn numbers; `_predict_raw` gives them in units of `target_scale_`.

    `_predict_raw_path` gives them as of each observed row, and the panel of these rows.
    """

    def __sklearn_tags__(self):
        """Declare that several targets at once are fine."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_y(self, y, n_series):
        y = check_target(self, y, n_series, numeric=True)
        self._n_target_dims = y.ndim
        return y

    def _encode(self, y, weight):
        targets = y.reshape(len(y), -1)
        center, scale = target_center_scale(
            targets, weight, robust=self._robust_targets()
        )
        self._constant = (targets == targets[0]).all(axis=0)
        center = np.where(self._constant, targets[0], center)  # a mean is rounded
        self.target_mean_, self.target_scale_ = center, scale
        # Clips at 10,000: the square of that fits in float32, and the gradient of
        # "huber" is constant there.
        standard = CenterScale(center, scale, np.ones(len(scale), dtype=bool))
        return standard.standardize(targets), targets.shape[1]

    def _losses(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the squared error of each series."""
        return np.square(raw - self._bound(targets)).mean(axis=1)

    def _bound(self, targets: np.ndarray) -> np.ndarray:
        """Bound odd targets, unless each is to count in full."""
        farthest = FARTHEST_TARGET if self._robust_targets() else np.inf
        return np.clip(targets, -farthest, farthest)

    def _joinable(self, raw: np.ndarray, model: Any) -> np.ndarray:
        """Return what a model of the same targets gives in units of this one."""
        return (model._in_units(raw) - self.target_mean_) / self.target_scale_

    def _baseline_losses(self, targets: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the losses of a model that knows the mean of the targets only."""
        mean = np.average(self._bound(targets), axis=0, weights=weight)
        return self._losses(mean, targets)

    def predict(self, X):
        """Predict the target of each series.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_targets)
            As `y` was in `fit`.
        """
        targets = self._in_units(self._predict_raw(X))
        return targets.ravel() if self._n_target_dims == 1 else targets

    @available_if(_is_causal)
    def predict_path(self, X) -> Panel:
        """Predict targets as of each observation; `causal=True` only.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        Panel
            A channel per target, at each different time of an observation up to the
            landmark: what `predict` says of the series if it had ended then. Rows of
            `X` in which nothing was observed have none.
        """
        panel, raw = self._predict_raw_path(X)
        return panel.with_values(self._in_units(raw)).with_static(None)

    def _in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Return the targets of standardized outputs of shape (n, n_targets)."""
        outputs = np.where(self._constant, 0.0, outputs)
        return outputs * self.target_scale_ + self.target_mean_


def _balance(weight: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give every class the same sum of weights, whatever that is.

    scikit-learn counts the series of a class, also those of weight 0.
    """
    _, numbers = np.unique(y, return_inverse=True)
    totals = np.bincount(numbers, weight)[numbers]
    return np.divide(weight, totals, out=np.zeros_like(weight), where=totals > 0)
