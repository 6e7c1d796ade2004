"""Pictures: Display objects as in scikit-learn; they need matplotlib."""

from ckts.plotting.risk import RiskDisplay
from ckts.plotting.sampling import SamplingDisplay

__all__ = ["RiskDisplay", "SamplingDisplay"]
