"""Ways to compute the convolution, each exact or with a documented error."""

from collections.abc import Callable

from torch import Tensor

from ckts.methods.base import Features
from ckts.methods.fourier import convolve_regular, is_depthwise, next_fast_length
from ckts.methods.lattice import convolve_lattice
from ckts.methods.mesh import convolve_mesh
from ckts.methods.pairs import PairSums, pair_sums
from ckts.methods.pairwise import convolve_pairwise

__all__ = [
    "METHODS",
    "Features",
    "PairSums",
    "convolve_lattice",
    "convolve_mesh",
    "convolve_pairwise",
    "convolve_regular",
    "is_depthwise",
    "next_fast_length",
    "pair_sums",
]

# All are called as method(weighted, features, mixing, geometry, causal=, reach=).
METHODS: dict[str, Callable[..., Tensor]] = {
    "lattice": convolve_lattice,
    "mesh": convolve_mesh,
    "pairwise": convolve_pairwise,
}
