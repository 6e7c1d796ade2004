"""How the integral of the kernel times the signal becomes a sum."""

from ckts.convolution.quadrature.base import AbstractQuadrature
from ckts.convolution.quadrature.linear import LinearQuadrature
from ckts.convolution.quadrature.weights import GapWeights, UnitWeights

# The names are those of `quadrature=` of the layers and estimators.
QUADRATURES: dict[str, type[AbstractQuadrature]] = {
    "gap": GapWeights,
    "linear": LinearQuadrature,
    "none": UnitWeights,
}
