"""Modules that join offsets, weights and kernels."""

from ckts.layers.block import GatedBlock
from ckts.layers.ckconv import CKConv, Plan, make_plan
from ckts.layers.pool import TimePool
from ckts.layers.summary import N_SUMMARIES, ChannelSummary

__all__ = [
    "N_SUMMARIES",
    "CKConv",
    "ChannelSummary",
    "GatedBlock",
    "Plan",
    "TimePool",
    "make_plan",
]
