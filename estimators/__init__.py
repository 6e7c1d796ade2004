"""Estimators with the interface of scikit-learn."""

if __name__ != "ckts.estimators":
    raise ImportError(
        f"this folder must be imported as `ckts.estimators`; got {__name__!r}. "
        "Use `from ckts import estimators`, or start Python elsewhere if you meant "
        "another package of that name."
    )

from ckts.estimators.attribution.attribute import channel_time_attribution
from ckts.estimators.attribution.display import AttributionDisplay
from ckts.estimators.attribution.result import Attribution
from ckts.estimators.classifier import CKCNNClassifier
from ckts.estimators.embedder import CKCNNEmbedder
from ckts.estimators.frames import predict_dask, predict_frame
from ckts.estimators.importance import channel_importance
from ckts.estimators.preprocessing.summary import summarize
from ckts.estimators.regressor import CKCNNRegressor
from ckts.estimators.rocket.models import (
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
)
from ckts.estimators.saving.savable import load
from ckts.estimators.streaming import SeriesStream
from ckts.estimators.transformers import PanelResampler, PanelScaler, PanelSummary

__all__ = [
    "Attribution",
    "AttributionDisplay",
    "CKCNNClassifier",
    "CKCNNEmbedder",
    "CKCNNRegressor",
    "CKRocket",
    "CKRocketClassifier",
    "CKRocketRegressor",
    "PanelResampler",
    "PanelScaler",
    "PanelSummary",
    "SeriesStream",
    "channel_importance",
    "channel_time_attribution",
    "load",
    "predict_dask",
    "predict_frame",
    "summarize",
]
