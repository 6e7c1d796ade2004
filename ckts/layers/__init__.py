"""Modules that join offsets, weights and kernels."""

from ckts.layers.block import GatedBlock
from ckts.layers.ckconv import CKConv, Plan, make_plan
from ckts.layers.pool import TimePool

__all__ = ["CKConv", "GatedBlock", "Plan", "TimePool", "make_plan"]
