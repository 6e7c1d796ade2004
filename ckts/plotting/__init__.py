"""Pictures: Display objects in the way of scikit-learn; need matplotlib."""

from ckts.plotting.risk import RiskDisplay, growing_series
from ckts.plotting.sampling import SamplingDisplay

__all__ = ["RiskDisplay", "SamplingDisplay", "growing_series"]
