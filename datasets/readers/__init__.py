"""Readers of files in the formats that data sets are published in."""
