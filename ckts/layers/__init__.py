"""Modules that join offsets, weights and kernels."""

from ckts.convolution.plan import QUADRATURES, Plan, layer_geometry, make_plan
from ckts.layers.block import GatedBlock
from ckts.layers.ckconv import CKConv
from ckts.layers.dropout import Dropout, hide_rows
from ckts.layers.linear import make_linear
from ckts.layers.reductions import TimePool
from ckts.layers.summary import N_SUMMARIES, ChannelSummary

__all__ = [
    "N_SUMMARIES",
    "QUADRATURES",
    "CKConv",
    "ChannelSummary",
    "Dropout",
    "GatedBlock",
    "Plan",
    "TimePool",
    "hide_rows",
    "layer_geometry",
    "make_linear",
    "make_plan",
]
