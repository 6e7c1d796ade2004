"""Random continuous kernels on real time stamps: features, classes, numbers."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils.validation import check_is_fitted

from ckts.estimators._learned import Fact
from ckts.estimators._parameters import share_docstring
from ckts.estimators._partitions import by_partitions
from ckts.estimators.preprocessing.input import weights_of
from ckts.estimators.preprocessing.targets import (
    FARTHEST_TARGET,
    ClassesMixin,
    NumbersMixin,
)
from ckts.estimators.rocket.base import (
    AbstractCKRocket,
    is_since,
    observed_rows,
)
from ckts.estimators.rocket.calibration import calibrate
from ckts.estimators.rocket.learning import AbstractLearning
from ckts.estimators.rocket.passes import load_sample
from ckts.panel import Panel, ParquetPanel, check_same_order, percent

# Of kernels over common and own scale, summaries, levels, periods.
BLOCK_NAMES = ("common scale", "own scale", "summaries", "levels", "periods")
# Rows of features that are predicted from at once: more would take much memory.
MOST_ROWS = 2**11


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKRocket(TransformerMixin, AbstractCKRocket):
    """Describe irregular time series by random continuous kernels.

    Each feature is the share of the time for which the response of a random kernel
    exceeds a bias, as in MiniRocket; but kernels are functions of real time, and their
    responses exact integrals of the signal, which is a straight line between
    observations. So nothing is resampled, and series may have any lengths, gaps,
    missing values, and channels with clocks of their own. Half of the kernels sees the
    time since the first observation, the other half its share of the span; half of each
    the values in the scale of all series, the other half in that of the series. Where
    series have enough rows, features of periods join: the power in bands of frequency,
    and the shape of the main wave, also of one that is faster than the observations.

    See Also
    --------
    CKRocketClassifier, CKRocketRegressor : With a ridge regression behind them.

    References
    ----------
    Dempster et al., MiniRocket: A Very Fast (Almost) Deterministic Transform for Time
    Series Classification, 2021.

    Examples
    --------
    >>> from ckts import CKRocket
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(60, random_state=0)
    >>> rocket = CKRocket(n_kernels=1000, summaries=False, random_state=0).fit(X)
    >>> rocket.transform(X[:5]).shape
    (5, 924)
    """

    def __sklearn_tags__(self):
        """Declare that the features are float32 whatever comes in."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def fit(self, X, y=None, sample_weight=None):
        """Draw kernels, and learn their biases.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps. Of more than 4,096 on
            disk, a `ckts.ParquetPanel`, so many are drawn by `random_state`.
        y : ignored
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice, 0 like none.

        Returns
        -------
        CKRocket
            The transformer itself.
        """
        fresh = copy.copy(self)  # becomes the transformer when all went well
        fresh._check_parameters()
        rng = check_random_state(self.random_state)
        known: dict = {}
        if isinstance(X, ParquetPanel):
            fresh._keep_landmark()
            found = load_sample(X, sample_weight, fresh._landmark, rng)
            X, sample_weight, known["one_hot"] = found
        panel = fresh._check_panel(X, reset=True, sample_weight=sample_weight, **known)
        check_same_order("sample_weight", sample_weight, panel)
        weight = weights_of(sample_weight, len(panel))
        used = np.flatnonzero(weight > 0)
        panel = panel if len(used) == len(panel) else panel[used]
        fresh._learn_features(panel, weight[used] / weight.max(), rng)
        self.__dict__ = fresh.__dict__
        return self

    @by_partitions
    def transform(self, X):
        """Compute the features of series.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_features)
            float32, without NaN, between 0 and 1. The same for a series in whatever
            company.
        """
        check_is_fitted(self, "kernels_")
        return np.hstack(self._features(self._check_panel(X, reset=False)))

    def get_feature_names_out(self, input_features=None):
        """Name the features.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (n_features,)
        """
        check_is_fitted(self, "kernels_")
        return np.array(self._feature_names(), dtype=object)


class AbstractCKRocketModel(AbstractLearning):
    """A ridge regression on the features of :class:`CKRocket`.

    It is fitted by one call: there is neither `warm_start` nor `partial_fit`.

    A causal model learns from each whole series, and from up to three prefixes of it,
    which share half of its weight: what it says early means something.

    Attributes
    ----------
    ridge_ : BlockRidge
        Coefficients, penalty, and the shares of the blocks: kernels over the common
        scale, kernels over the own scale, summaries, levels, and periods. Levels and
        periods are no block where they are not computed, see `lengths` and `causal`.
    unexplained_ : float
        The share of the entropy of the classes, or of the variance of the targets, that
        predictions of left-out series leave unexplained, from 0 to 1.
    """

    def fit(self, X, y, sample_weight=None, groups=None):
        """Learn features and a model of them.

        The blocks of features that are used, their penalty and the calibration of
        probabilities are chosen by leaving out one series after the other, exactly and
        without another fit; equal series, and those of a group, are left out together.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps. More than 4,096 on disk,
            a `ckts.ParquetPanel`, are learned from in passes: so many of them, drawn by
            `random_state`, with each class, decide all but the coefficients, which the
            sums of one pass over all give. That takes ``4 * n_kernels**2`` bytes.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Class labels of a classifier, for one output or several; numbers of a
            regressor, finite. One ridge regression serves all columns: their blocks
            and penalty are those of the least mean squared error of all of them.
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice, 0 like none; only ratios count.
        groups : array-like of shape (n_series,), optional
            Series that must not be predicted from each other, such as the records of
            one patient.

        Returns
        -------
        CKRocketClassifier or CKRocketRegressor
            The model itself. A fit that fails leaves it as it was.
        """
        fresh = copy.copy(self)
        fresh._learn(X, y, sample_weight, groups)
        self.__dict__ = fresh.__dict__
        return self

    def _learned(self) -> Iterator[Fact]:
        yield from super()._learned()
        if "ridge_" in vars(self):
            shares = zip(BLOCK_NAMES, self.ridge_.shares, strict=False)
            yield "blocks", ", ".join(f"{name} {percent(s)}" for name, s in shares)
            yield "left out", f"{percent(self.unexplained_)} unexplained"

    @by_partitions
    def _predict_raw(self, X) -> np.ndarray:
        check_is_fitted(self, "ridge_")
        return self._predict_panel(self._check_panel(X, reset=False))

    def _predict_panel(self, panel: Panel) -> np.ndarray:
        """Predict a panel that is checked, and truncated at the landmark."""
        pieces = [
            self._apply_ridge(self._features(panel[piece]))
            for piece in gen_batches(len(panel), MOST_ROWS)
        ]
        return self._calibrated(np.vstack(pieces))

    def _apply_ridge(self, features: list[np.ndarray]) -> np.ndarray:
        with self._limit_threads(len(features[0]) ** 2):
            return self.ridge_.predict(features)

    @by_partitions
    def _predict_raw_path(self, X, since=None) -> tuple[Panel, np.ndarray]:
        """Predict as of each observed row, perhaps since a time; return them, too."""
        check_is_fitted(self, "ridge_")
        return self._predict_panel_path(self._check_panel(X, reset=False), since)

    def _predict_panel_path(self, panel, since=None) -> tuple[Panel, np.ndarray]:
        panel = observed_rows(panel)
        dataset, later = self._dataset(panel), is_since(panel, since)
        rows = np.flatnonzero(later)
        pieces = [np.empty((0, len(self.ridge_.intercept)))]  # there may be no row
        for start in range(0, len(rows), MOST_ROWS):
            piece = rows[start : start + MOST_ROWS]
            pieces.append(self._apply_ridge(self._features_at(panel, dataset, piece)))
        return panel.keep_rows(later), self._calibrated(np.vstack(pieces))


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKRocketClassifier(ClassesMixin, AbstractCKRocketModel):
    """Classify irregular time series by random continuous kernels, in seconds.

    See Also
    --------
    CKRocket : The features alone.
    CKCNNClassifier : A network that learns its kernels.

    Examples
    --------
    >>> from ckts import CKRocketClassifier
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(60, random_state=0)
    >>> model = CKRocketClassifier(random_state=0).fit(X[:40], y[:40])
    >>> model.predict_proba(X[40:44]).shape
    (4, 2)
    """

    def _ridge_target(self, encoded):
        columns = encoded.reshape(len(encoded), -1).T
        hits = [
            code[:, None] == np.arange(size)
            for code, size in zip(columns, self._labels.sizes, strict=True)
        ]
        return np.where(np.hstack(hits), 1.0, -1.0)

    def _outputs(self):
        labels = self._labels
        names = self.classes_ if labels.kind == "single" else labels.score_names()
        return np.asarray(names), 1.0, 0.0

    def _calibrate(self, left_out, encoded, weight, n_different):
        """Find a factor and offsets for each output by itself."""
        labels = self._labels
        factors, offsets = zip(
            *(
                calibrate(scores, codes, weight, n_different)
                for scores, codes in labels.each(left_out, encoded)
            ),
            strict=True,
        )
        self._factor = np.repeat(factors, labels.sizes)
        self._offsets = np.concatenate(offsets)

    def _calibrated(self, outputs):
        return self._factor * outputs + self._offsets


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKRocketRegressor(NumbersMixin, AbstractCKRocketModel):
    """Predict numbers from irregular time series by random continuous kernels.

    Attributes
    ----------
    target_mean_, target_scale_ : ndarray of shape (n_targets,)
        Weighted mean and standard deviation of the training targets; those more than 10
        interquartile ranges from the median are moved there before, unless they are
        more than 5 % of all. The scale is 1 where a target is constant. Targets more
        than 5 of these deviations from the mean count as if they were there.

    See Also
    --------
    CKRocket : The features alone.
    CKCNNRegressor : A network that learns its kernels.

    Examples
    --------
    >>> from ckts import CKRocketRegressor
    >>> from ckts.datasets import make_irregular_regression
    >>> X, y = make_irregular_regression(60, random_state=0)
    >>> CKRocketRegressor(random_state=0).fit(X[:40], y[:40]).predict(X[40:]).shape
    (20,)
    """

    def _robust_targets(self):
        return True

    def _outputs(self):
        unit = np.where(self._constant, 0.0, self.target_scale_)
        return np.arange(len(unit)), unit, self.target_mean_

    def _ridge_target(self, encoded):
        return np.clip(encoded, -FARTHEST_TARGET, FARTHEST_TARGET)
