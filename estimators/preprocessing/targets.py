"""Targets: classes with their probabilities, or numbers with their center and scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import log_softmax
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ckts.estimators.preprocessing.class_weight import weigh_classes
from ckts.estimators.preprocessing.input import check_target
from ckts.estimators.preprocessing.labels import (
    LOG_OF_NONE,
    Labels,
    columns_of,
    declared,
)
from ckts.estimators.preprocessing.statistics import CenterScale, target_center_scale
from ckts.panel import Panel

# Ways out of classes that a model which goes on does not know.
ALL_CLASSES = "Use warm_start=False to learn others."
CLASSES_ONCE = "Name all classes in the first call, in a new model."
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

    `y` may have several columns, one for each output, with the conventions of
    scikit-learn. A matrix of 0 and 1 is one of labels that a series has or has not:
    `predict` returns such a matrix, `predict_proba` the probability of each label, as
    `sklearn.neural_network.MLPClassifier`. Other columns are classes of their own:
    `classes_` and `predict_proba` are lists with an entry for each, as those of
    `sklearn.ensemble.RandomForestClassifier`. A column of one value has it always: a
    rare label may be absent from a part of the series.

    Parameters
    ----------
    class_weight : "balanced", dict, list or None
        Weights of the classes, multiplied with `sample_weight`; "balanced" gives every
        class the same sum of both. Classes that a dict leaves out weigh 1, those that
        no series has are ignored. Of several columns a list with a dict for each, or
        "balanced": the weight of a series is the product over the columns.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), or list of such
        The class labels of series of positive `sample_weight`; a list where `y` has
        columns of classes. The numbers of the columns, from 0, where it is a matrix of
        0 and 1.
    """

    class_weight: Mapping[Any, float] | list[Any] | str | None = None
    _several: ClassVar[Labels | None] = None  # of several columns

    def __sklearn_tags__(self):
        """Declare that several columns of labels are fine."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def _labels(self) -> Labels:
        if self._several:
            return self._several
        return Labels("single", ("y",), [np.asarray(self.classes_)])

    @_labels.setter
    def _labels(self, labels: Labels) -> None:
        self.__dict__["_several"] = None if labels.kind == "single" else labels
        self.classes_ = labels.public

    def _check_y(self, y, n_series):
        given = getattr(y, "columns", None)
        y = check_target(self, y, n_series)
        if y.ndim == 1 or y.shape[1] == 1:
            y, given = column_or_1d(y, warn=True), ["y"]
        for column in columns_of(y):
            check_classification_targets(column)
        names = range(y.shape[1]) if given is None else given
        self._labels = Labels.of(y, [str(name) for name in names])
        return y

    def _weigh(self, weight, y):
        known = self._several
        names, kind = (known.names, known.kind) if known else (("y",), "single")
        self._labels = Labels.of(y[weight > 0], names, kind)
        weight = weigh_classes(weight, columns_of(y), self.class_weight)
        return weight / weight.max()

    def _recall_targets(self, before, *, whole=True, **given):
        """Go on with the classes of a model before, or those that are declared."""
        found, known = self._labels, None if before is None else before._labels
        classes = given.get("classes")
        if known is None:
            known = declared(classes, found)
        elif classes is not None:
            known.including(declared(classes, found), whole=True, way_out=CLASSES_ONCE)
        way_out = ALL_CLASSES if whole else CLASSES_ONCE
        self._labels = known.including(found, whole=whole, way_out=way_out)

    def _encode(self, y, weight, *, keep=False):
        return self._labels.encode(y), sum(self._labels.sizes)

    def _losses(self, raw: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the log-loss of each series, the mean of the outputs."""
        each = [
            -log_softmax(part, axis=1)[np.arange(len(code)), code]
            for part, code in self._labels.each(raw, codes)
        ]
        return np.mean(each, axis=0)

    def _joinable(self, raw: np.ndarray, model: Any) -> np.ndarray:
        """Return log-probabilities of what a model of these classes, or some, gives."""
        ours, theirs = self._labels, model._labels
        logs = np.full((len(raw), sum(ours.sizes)), LOG_OF_NONE)
        parts = ours.split(logs), ours.classes, theirs.classes, theirs.split(raw)
        for part, known, classes, scores in zip(*parts, strict=True):
            part[:, np.searchsorted(known, classes)] = log_softmax(scores, 1)
        return logs

    def _baseline_losses(self, codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the losses of a model that knows the shares of the classes only."""
        columns = codes.reshape(len(codes), -1).T
        each = []
        for code, size in zip(columns, self._labels.sizes, strict=True):
            shares = np.bincount(code, weight, size) / weight.sum()
            with np.errstate(divide="ignore"):  # a class may have no series here
                each.append(-np.log(shares)[code])
        return np.mean(each, axis=0)

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes), or list of such
            Columns in the order of `classes_`. Where `y` was a matrix of 0 and 1, the
            probability of 1 of each label, of shape (n_series, n_labels); where it had
            columns of classes, a list with an array for each.
        """
        raw = self._predict_raw(X)
        return self._labels.proba(raw)

    def predict_log_proba(self, X):
        """Predict the logarithms of class probabilities.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes), or list of such
            As `predict_proba`. Finite also where a probability is so small that it is
            rounded to 0.
        """
        raw = self._predict_raw(X)
        return self._labels.log_proba(raw)

    def decision_function(self, X):
        """Compute the evidence for each class.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_classes), or list of such
            Of two classes the log-odds of the second, ``classes_[1]``; else the
            logarithms of the probabilities. Where `y` was a matrix of 0 and 1, the
            log-odds of each label, of shape (n_series, n_labels); where it had columns
            of classes, a list of logarithms of shape (n_series, n_classes).
        """
        raw = self._predict_raw(X)
        return self._labels.evidence(raw)

    @available_if(_is_causal)
    def predict_proba_path(self, X) -> Panel:
        """Predict class probabilities as of each observation; `causal=True` only.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        Panel
            A channel per class, in the order of `classes_`, at each different time of
            an observation up to the landmark: what `predict_proba` says of the series
            if it had ended then. Rows of `X` in which nothing was observed have none.
            Where `y` was a matrix of 0 and 1, a channel per label, with the name of its
            column; where it had columns of classes, a channel such as "rhythm=sinus"
            per class of each.
        """
        return self._proba_path(X)

    def _proba_path(self, X, since: float | None = None) -> Panel:
        """Predict class probabilities as of each observation from some time on."""
        panel, raw = self._predict_raw_path(X, since=since)
        labels = self._labels
        several = labels.kind == "multilabel"
        channels = list(labels.names) if several else labels.score_names()
        proba = labels.proba(raw)
        values = np.hstack(proba) if isinstance(proba, list) else proba
        return panel.with_values(values, channels).with_static(None)

    def predict(self, X):
        """Predict the class of each series.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
            As `y` was in `fit`; objects where its columns are of different types.
        """
        raw = self._predict_raw(X)
        return self._labels.decode(raw)


class NumbersMixin(RegressorMixin):
    """Learn numbers; `_predict_raw` gives them in units of `target_scale_`.

    `_predict_raw_path` gives them as of each observed row, and the panel of these rows.
    """

    target_mean_: np.ndarray
    target_scale_: np.ndarray

    def __sklearn_tags__(self):
        """Declare that several targets at once are fine."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_y(self, y, n_series):
        columns = getattr(y, "columns", None)
        self._target_names = None if columns is None else [*map(str, columns)]
        y = check_target(self, y, n_series, numeric=True)
        self._n_target_dims = y.ndim
        return y

    def _recall_targets(self, before, *, whole=True, **given):
        """Raise if the targets are those of before in another order."""
        found, known = self._target_names, before and before._target_names
        if found and known and found != known:
            raise ValueError(
                f"`y` must have the columns of before, {known}; got {found}. Select "
                "these, in this order."
            )
        self._target_names = found or known

    def _known_constants(self, n_targets: int) -> np.ndarray:
        """Tell which targets were constant; raise if there are others now."""
        if len(self._constant) != n_targets:
            raise ValueError(
                f"`y` must have {len(self._constant)} targets as before; got "
                f"{n_targets}. Use warm_start=False, or a new model."
            )
        return self._constant

    def _encode(self, y, weight, *, keep=False):
        targets = y.reshape(len(y), -1)
        center, scale = target_center_scale(
            targets, weight, robust=self._robust_targets()
        )
        constant = (targets == targets[0]).all(axis=0)
        center = np.where(constant, targets[0], center)  # a mean is rounded
        if keep:  # what was constant has no unit yet
            known = ~self._known_constants(targets.shape[1])
            center = np.where(known, self.target_mean_, center)
            scale = np.where(known, self.target_scale_, scale)
            constant = constant & ~known
        self._constant = constant
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
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
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
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        Panel
            A channel per target, at each different time of an observation up to the
            landmark: what `predict` says of the series if it had ended then. Rows of
            `X` in which nothing was observed have none.
        """
        return self._number_path(X)

    def _number_path(self, X, since: float | None = None) -> Panel:
        """Predict targets as of each observation from some time on."""
        panel, raw = self._predict_raw_path(X, since=since)
        return panel.with_values(self._in_units(raw)).with_static(None)

    def _in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Return the targets of standardized outputs of shape (n, n_targets)."""
        outputs = np.where(self._constant, 0.0, outputs)
        return outputs * self.target_scale_ + self.target_mean_
