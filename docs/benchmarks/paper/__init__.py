"""The tables of the CKConv paper: the parts of ``docs/benchmarks/reproduce.py``."""
