"""The console command ``ckts``: models of tables in files, data sets, and a demo."""

from ckts.cli.program import main

__all__ = ["main"]
