"""The continuous-kernel convolution on irregular times (paper, Eq. 8)."""
