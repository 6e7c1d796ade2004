"""Random continuous kernels on real time stamps: features, classes, numbers."""

import copy
from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import softmax
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ckts.estimators._calibration import calibrate
from ckts.estimators._input import weights_of
from ckts.estimators._interface import Training
from ckts.estimators._parameters import share_docstring
from ckts.estimators._ridge import fit_ridge
from ckts.estimators._rocket import AbstractCKRocket, Learned
from ckts.estimators._targets import ClassesMixin, NumbersMixin
from ckts.panel import Panel, check_same_order, merge_ties

# Targets beyond this many standard deviations count as if they were there.
FARTHEST_TARGET = 20.0
# Rows of features at once, where there is one for each observation.
MOST_MOMENTS = 2**13


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
    the values in the scale of all series, the other half in that of the series.

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
            n_series irregular series, with their time stamps.
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
        panel = fresh._check_panel(X, reset=True)
        check_same_order("sample_weight", sample_weight, panel)
        weight = weights_of(sample_weight, len(panel))
        used = np.flatnonzero(weight > 0)
        panel = panel if len(used) == len(panel) else panel[used]
        rng = check_random_state(self.random_state)
        fresh._learn_features(panel, weight[used] / weight.max(), rng)
        self.__dict__ = fresh.__dict__
        return self

    def transform(self, X):
        """Compute the features of series.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
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


def _is_causal(model: AbstractCKRocket) -> bool:
    """Whether a model can tell what it would have predicted earlier."""
    return model.causal


class AbstractCKRocketModel(AbstractCKRocket):
    """A ridge regression on the features of :class:`CKRocket`.

    A causal model learns from series as of their end, and as of up to three earlier
    observations, which share half of the weight: what it says early means something.

    Attributes
    ----------
    ridge_ : BlockRidge
        Coefficients, penalty, and the shares of the blocks: kernels over the common
        scale, kernels over the own scale, summaries, and levels.
    """

    _n_cuts = 3

    def fit(self, X, y, sample_weight=None, groups=None):
        """Learn features and a model of them.

        The blocks of features that are used, their penalty and the calibration of
        probabilities are chosen by leaving out one series after the other, exactly and
        without another fit; equal series, and those of a group, are left out together.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Class labels of a classifier, one per series; numbers of a regressor,
            finite.
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
        given = fresh._check_training(X, y, sample_weight, groups)
        rng = check_random_state(self.random_state)
        used, panel = given.used, given.panel
        panel = panel if len(used) == len(panel) else panel[used]
        learned = fresh._learn_features(panel, given.weight, rng)
        fresh._fit_ridge(learned, given, rng)
        self.__dict__ = fresh.__dict__
        return self

    def _fit_ridge(self, learned: Learned, given: Training, rng) -> None:
        """Fit the ridge regression, and calibrate it by what it says of the left out.

        Equal series are one of the sum of their weights and of their mean target: so
        they are left out together, and a weight of 2 is the same as a series twice.
        """
        moments, features = learned.moments, learned.features
        twins, owner, weight = moments.twins, moments.owner, moments.weight
        encoded, _ = self._encode(given.y[owner], weight)
        _, first, which = np.unique(twins, return_index=True, return_inverse=True)
        if len(first) == len(twins):
            first = which = np.arange(len(twins))
        else:
            features = [table[first] for table in features]
        merged = np.bincount(which, weight)
        sums = [
            np.bincount(which, column * weight)
            for column in self._ridge_target(encoded).T
        ]
        groups = owner if given.groups is None else given.groups[owner]
        self.ridge_, chosen, left_out = fit_ridge(
            features,
            np.column_stack(sums) / merged[:, None],
            merged,
            join_groups(twins, groups)[first],
            rng,
        )
        place = np.full(len(first), -1)
        place[chosen] = np.arange(len(chosen))
        known = place[which] >= 0
        left_out = left_out[place[which][known]]
        self._calibrate(left_out, encoded[known], weight[known])

    def _calibrate(self, left_out, encoded, weight) -> None:
        """Learn from predictions of series that were left out."""

    def _calibrated(self, outputs: np.ndarray) -> np.ndarray:
        return outputs

    def _predict_raw(self, X) -> np.ndarray:
        check_is_fitted(self, "ridge_")
        panel = self._check_panel(X, reset=False)
        return self._calibrated(self.ridge_.predict(self._features(panel)))

    def _predict_raw_path(self, X) -> tuple[Panel, np.ndarray]:
        """Predict as of each row of a panel; return the panel, too."""
        check_is_fitted(self, "ridge_")
        panel = merge_ties(self._check_panel(X, reset=False), "mean")
        dataset = self._dataset(panel)
        pieces = [
            self.ridge_.predict(
                self._features_at(panel, dataset, np.arange(piece.start, piece.stop))
            )
            for piece in gen_batches(len(panel.times), MOST_MOMENTS)
        ]
        return panel, self._calibrated(np.vstack(pieces))


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
            `X` up to the landmark: what `predict_proba` says of the series if it had
            ended then.
        """
        panel, raw = self._predict_raw_path(X)
        labels = [str(label) for label in self.classes_]
        return panel.with_values(softmax(raw, axis=1), labels).with_static(None)

    def _ridge_target(self, encoded):
        return np.where(encoded[:, None] == np.arange(len(self.classes_)), 1.0, -1.0)

    def _calibrate(self, left_out, encoded, weight):
        self._factor, self._offsets = calibrate(left_out, encoded, weight)

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
        than 20 of these deviations from the mean count as if they were there.

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
            A channel per target, at each different time of `X` up to the landmark: what
            `predict` says of the series if it had ended then.
        """
        panel, raw = self._predict_raw_path(X)
        return panel.with_values(self._in_units(raw)).with_static(None)

    def _robust_targets(self):
        return True

    def _ridge_target(self, encoded):
        return np.clip(encoded, -FARTHEST_TARGET, FARTHEST_TARGET)


def join_groups(twins: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Give series that twins or groups connect, also indirectly, the same number.

    Parameters
    ----------
    twins : ndarray of int of shape (n_series,)
    groups : ndarray of int of shape (n_series,) or None

    Returns
    -------
    ndarray of int of shape (n_series,)
    """
    if groups is None:
        return twins
    links = np.ones(len(twins)), (twins, groups)
    sizes = twins.max() + 1, groups.max() + 1
    n_twins = int(sizes[0])
    both = coo_array(links, shape=sizes)
    graph = block_array([[None, both], [both.T, None]])
    _, numbers = connected_components(graph, directed=False)
    return numbers[:n_twins][twins]
