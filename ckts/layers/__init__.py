"""Modules that join offsets, weights and kernels."""

from ckts.layers.block import GatedBlock
from ckts.layers.ckconv import CKConv
from ckts.layers.plan import QUADRATURES, Plan, layer_geometry, make_plan
from ckts.layers.pool import TimePool
from ckts.layers.summary import N_SUMMARIES, ChannelSummary

__all__ = [
    "N_SUMMARIES",
    "QUADRATURES",
    "CKConv",
    "ChannelSummary",
    "GatedBlock",
    "Plan",
    "TimePool",
    "layer_geometry",
    "make_plan",
]
