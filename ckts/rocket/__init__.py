"""Random continuous kernels: how large a share of the time each of them responds.

The idea is that of MiniRocket (Dempster et al., 2021), on real time stamps: kernels are
functions of time, responses are exact integrals, and a share is one of time.
"""

from ckts.rocket.causal import CausalKernelGroup
from ckts.rocket.centered import CenteredKernelGroup
from ckts.rocket.drawing import BalancedDraws, draw_kernels
from ckts.rocket.kernels import CHUNK, GOLDEN, PATTERNS, AbstractKernelGroup
from ckts.rocket.periodogram import fit_harmonics, power_spectrum
from ckts.rocket.signal import Signal, fill_forward, fill_gaps

__all__ = [
    "CHUNK",
    "GOLDEN",
    "PATTERNS",
    "AbstractKernelGroup",
    "BalancedDraws",
    "CausalKernelGroup",
    "CenteredKernelGroup",
    "Signal",
    "draw_kernels",
    "fill_forward",
    "fill_gaps",
    "fit_harmonics",
    "power_spectrum",
]
