"""What trained networks see in a series, for models of other kinds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from ckts.estimators._partitions import by_partitions
from ckts.estimators.classifier import CKCNNClassifier
from ckts.estimators.saving.savable import AbstractSavable
from ckts.estimators.training.net import PanelNet


@dataclass(kw_only=True, eq=False, repr=False)
class CKCNNEmbedder(TransformerMixin, AbstractSavable):
    """Describe series by the features of which a trained network's outputs are linear.

    For clustering, pictures, nearest neighbors, or another model behind them. That
    model should see other series than the networks, or their predictions out of fold:
    the features of the series of `fit` are fitted to their targets.

    Parameters
    ----------
    estimator : CKCNNClassifier or CKCNNRegressor, default=None
        What is trained, a clone of it; None is ``CKCNNClassifier(rocket=False)``. One
        that is trained already is given as `sklearn.frozen.FrozenEstimator(model)`.

    Attributes
    ----------
    estimator_ : CKCNNClassifier or CKCNNRegressor
        The trained one.
    n_features_in_ : int
        That of the estimator.

    Examples
    --------
    >>> from ckts import CKCNNClassifier, CKCNNEmbedder
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(20, random_state=0)
    >>> quick = CKCNNClassifier(rocket=False, max_epochs=2, random_state=0)
    >>> CKCNNEmbedder(estimator=quick).fit(X, y).transform(X[:3]).shape
    (3, 160)
    """

    estimator: Any = None

    def __sklearn_tags__(self):
        """Declare what the estimator takes, and that targets are required."""
        tags = super().__sklearn_tags__()
        tags.input_tags = self._trained().__sklearn_tags__().input_tags
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags

    def _trained(self):
        chosen = self.estimator
        return CKCNNClassifier(rocket=False) if chosen is None else chosen

    def fit(self, X, y, **fit_params):
        """Train the networks.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps.
        y : array-like of shape (n_series,) or (n_series, n_targets)
        **fit_params
            `sample_weight` and `groups` of the estimator.

        Returns
        -------
        CKCNNEmbedder
            The transformer itself.
        """
        model = clone(self._trained())
        if not hasattr(model, "_each_network"):
            raise TypeError(
                "`estimator` must be a CKCNNClassifier or a CKCNNRegressor; got "
                f"{type(model).__name__}. For CKRocket, take its own `transform`."
            )
        self.estimator_ = model.fit(X, y, **fit_params)
        self.n_features_in_ = self.estimator_.n_features_in_
        return self

    @by_partitions
    def transform(self, X) -> np.ndarray:
        """Compute the features.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_features)
            float64; of several networks one after the other.
        """
        check_is_fitted(self, "estimator_")
        model = self.estimator_
        check_is_fitted(model)
        panel = model._check_panel(X, reset=False)
        return np.hstack(model._each_network(PanelNet.embeddings, panel))

    def get_feature_names_out(self, input_features=None):
        """Name the features.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (n_features,)
            "network_0_feature_0", ...
        """
        check_is_fitted(self, "estimator_")
        names = [
            f"network_{number}_feature_{feature}"
            for number, net in enumerate(self.estimator_.nets_)
            for feature in range(net.module_.head.in_features)
        ]
        return np.array(names, dtype=object)
