"""Classification of irregular time series."""

import numpy as np
import torch
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ckts.estimators.base import AbstractCKCNN
from ckts.estimators.inputs import check_target, weights_of


class CKCNNClassifier(ClassifierMixin, AbstractCKCNN):
    """Classify irregular time series by their values *and* their time stamps."""

    _criterion = torch.nn.CrossEntropyLoss

    def __init__(
        self,
        *,
        max_epochs=30,
        lr=5e-3,
        batch_size="auto",
        weight_decay=0.01,
        hidden_channels=32,
        n_blocks=2,
        dropout=0.1,
        kernel="bands",
        kernel_params=None,
        causal=False,
        density="gap",
        device="auto",
        dtype="float32",
        class_weight=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        callbacks=None,
        verbose=0,
        random_state=None,
    ):
        super().__init__(
            max_epochs=max_epochs,
            lr=lr,
            batch_size=batch_size,
            weight_decay=weight_decay,
            hidden_channels=hidden_channels,
            n_blocks=n_blocks,
            dropout=dropout,
            kernel=kernel,
            kernel_params=kernel_params,
            causal=causal,
            density=density,
            device=device,
            dtype=dtype,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            callbacks=callbacks,
            verbose=verbose,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X, y, sample_weight=None):
        """Train on labeled series."""
        panel = self._check_panel(X, reset=True)
        y = check_target(self, y, len(panel))
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        weight = weights_of(sample_weight, len(panel))
        weight = weight * compute_sample_weight(self.class_weight, y)
        return self._fit(panel, codes.astype(np.int64), weight, len(self.classes_))

    def _strata(self, target):
        return target

    def predict_proba(self, X):
        """Predict class probabilities."""
        return softmax(self._predict_raw(X), axis=1)

    def predict(self, X):
        """Predict the class of each series."""
        raw = self._predict_raw(X)
        return self.classes_[raw.argmax(axis=1)]
