"""Modules that join time stamps, weights and kernels."""

from ckts.convolution.plan import Plan, layer_geometry, make_plan
from ckts.convolution.quadrature import QUADRATURES as _QUADRATURES
from ckts.layers.bins import RelativeBins
from ckts.layers.block import (
    Dropout,
    GatedBlock,
    gelu,
    hide_rows,
    make_linear,
    truncate_randomly,
)
from ckts.layers.ckconv import CKConv
from ckts.layers.reductions import (
    N_SUMMARIES,
    ChannelSummary,
    TimePool,
)
from ckts.layers.scales import expanding_scale, own_scale

__all__ = [
    "N_SUMMARIES",
    "QUADRATURES",
    "CKConv",
    "ChannelSummary",
    "Dropout",
    "GatedBlock",
    "Plan",
    "RelativeBins",
    "TimePool",
    "expanding_scale",
    "gelu",
    "hide_rows",
    "layer_geometry",
    "make_linear",
    "make_plan",
    "own_scale",
    "truncate_randomly",
]

QUADRATURES = tuple(_QUADRATURES)
