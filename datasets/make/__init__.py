"""Data sets with a known truth."""
