"""What the methods share: the type of a kernel's features."""

from collections.abc import Callable

from torch import Tensor

# Maps lags of shape (...), float64 in the unit of the time stamps, to
# (..., n_features); 0 at an infinite lag.
Features = Callable[[Tensor], Tensor]
