"""Where a batch was sampled and where it is asked for: origin, lags, lattice, mesh."""

from ckts.geometry.geometry import METHODS, Geometry, make_geometry
from ckts.geometry.lattice import Lattice
from ckts.geometry.mesh import Mesh, make_mesh
from ckts.geometry.near import (
    LAGS,
    Intervals,
    NearField,
    interval_kernel,
)
from ckts.geometry.sparse import SparseMatrix, make_sparse
from ckts.geometry.stamps import count_from_origin, shrink_gaps, sort_stamps
from ckts.geometry.stencil import (
    NODES,
    TAPS,
    spline_taps,
    spline_weights,
)

__all__ = [
    "LAGS",
    "METHODS",
    "NODES",
    "TAPS",
    "Geometry",
    "Intervals",
    "Lattice",
    "Mesh",
    "NearField",
    "SparseMatrix",
    "count_from_origin",
    "interval_kernel",
    "make_geometry",
    "make_mesh",
    "make_sparse",
    "shrink_gaps",
    "sort_stamps",
    "spline_taps",
    "spline_weights",
]
