"""Irregular time series in the scikit-learn style, with their real time stamps.

The names below are resolved on first use, so that ``import ckts`` alone loads
neither torch nor scikit-learn, skorch or pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ckts import _checkout
from ckts._version import __version__

_HOMES = {
    "CKCNNClassifier": "ckts.estimators",
    "CKCNNEmbedder": "ckts.estimators",
    "CKCNNRegressor": "ckts.estimators",
    "CKRocket": "ckts.estimators",
    "CKRocketClassifier": "ckts.estimators",
    "CKRocketRegressor": "ckts.estimators",
    "Panel": "ckts.panel",
    "PanelResampler": "ckts.estimators",
    "PanelScaler": "ckts.estimators",
    "PanelSummary": "ckts.estimators",
    "ParquetPanel": "ckts.panel",
    "as_panel": "ckts.panel",
    "load": "ckts.estimators",
    "predict_dask": "ckts.estimators",
    "predict_frame": "ckts.estimators",
}

# Parts that are used as `ckts.layers.CKConv` after a plain `import ckts`.
_ROOMS = ("datasets", "estimators", "kernels", "layers", "networks", "plotting")

__all__ = [
    "CKCNNClassifier",
    "CKCNNEmbedder",
    "CKCNNRegressor",
    "CKRocket",
    "CKRocketClassifier",
    "CKRocketRegressor",
    "Panel",
    "PanelResampler",
    "PanelScaler",
    "PanelSummary",
    "ParquetPanel",
    "__version__",
    "as_panel",
    "load",
    "predict_dask",
    "predict_frame",
]

_checkout.add_folders(__path__)

if TYPE_CHECKING:
    from ckts.estimators import (
        CKCNNClassifier,
        CKCNNEmbedder,
        CKCNNRegressor,
        CKRocket,
        CKRocketClassifier,
        CKRocketRegressor,
        PanelResampler,
        PanelScaler,
        PanelSummary,
        load,
        predict_dask,
        predict_frame,
    )
    from ckts.panel import Panel, ParquetPanel, as_panel


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"ckts.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'ckts' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # the next access is a plain look-up
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
