"""The integral of the linearly interpolated signal."""
