"""Pictures: Display objects as in scikit-learn; they need matplotlib.

The names below are resolved on first use, so that a picture of a panel loads neither
torch nor scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "CalibrationByHorizonDisplay": "calibration",
    "ChannelImportanceDisplay": "importance",
    "ConfusionBySamplingDisplay": "confusion",
    "HistoryDisplay": "history",
    "KernelDisplay": "kernels",
    "RiskDisplay": "risk",
    "SamplingDisplay": "sampling",
    "SimilarSeriesDisplay": "similar",
}

__all__ = [
    "CalibrationByHorizonDisplay",
    "ChannelImportanceDisplay",
    "ConfusionBySamplingDisplay",
    "HistoryDisplay",
    "KernelDisplay",
    "RiskDisplay",
    "SamplingDisplay",
    "SimilarSeriesDisplay",
]

if TYPE_CHECKING:
    from ckts.plotting.calibration import CalibrationByHorizonDisplay
    from ckts.plotting.confusion import ConfusionBySamplingDisplay
    from ckts.plotting.history import HistoryDisplay
    from ckts.plotting.importance import ChannelImportanceDisplay
    from ckts.plotting.kernels import KernelDisplay
    from ckts.plotting.risk import RiskDisplay
    from ckts.plotting.sampling import SamplingDisplay
    from ckts.plotting.similar import SimilarSeriesDisplay


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ckts.plotting' has no attribute {name!r}")
    value = getattr(import_module(f"ckts.plotting.{_HOMES[name]}"), name)
    globals()[name] = value  # the next access is a plain look-up
    return value


def __dir__() -> list[str]:
    return list(__all__)
