"""Regression on irregular time series."""

import numpy as np
import torch
from sklearn.base import RegressorMixin

from ckts.estimators.base import AbstractCKCNN
from ckts.estimators.inputs import check_target, weights_of


class CKCNNRegressor(RegressorMixin, AbstractCKCNN):
    """Predict numbers from irregular time series and their time stamps."""

    _criterion = torch.nn.MSELoss

    def __sklearn_tags__(self):
        """Declare that several targets at once are fine."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X, y, sample_weight=None):
        """Train on series with numeric targets."""
        panel = self._check_panel(X, reset=True)
        y = check_target(self, y, len(panel), numeric=True)
        weight = weights_of(sample_weight, len(panel))
        self._n_target_dims = y.ndim
        targets = y.reshape(len(y), -1)
        self.target_mean_ = np.average(targets, axis=0, weights=weight)
        variance = np.average(
            (targets - self.target_mean_) ** 2, axis=0, weights=weight
        )
        self.target_scale_ = np.where(variance > 0, np.sqrt(variance), 1.0)
        scaled = (targets - self.target_mean_) / self.target_scale_
        return self._fit(panel, scaled, weight, targets.shape[1])

    def predict(self, X):
        """Predict the target of each series."""
        targets = self._predict_raw(X) * self.target_scale_ + self.target_mean_
        return targets.ravel() if self._n_target_dims == 1 else targets
