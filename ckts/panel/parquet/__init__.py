"""Panels in Parquet files: tables larger than memory, of which series are read."""
