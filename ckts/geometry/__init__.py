"""Where a batch was sampled and where it is asked for: origin, lags, lattice, mesh."""

from ckts.geometry.geometry import METHODS, Geometry, make_geometry
from ckts.geometry.lattice import Lattice, find_lattice
from ckts.geometry.mesh import NODES, Interpolation, Mesh, lagrange_weights, make_mesh

__all__ = [
    "METHODS",
    "NODES",
    "Geometry",
    "Interpolation",
    "Lattice",
    "Mesh",
    "find_lattice",
    "lagrange_weights",
    "make_geometry",
    "make_mesh",
]
