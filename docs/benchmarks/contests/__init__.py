"""Who convolves faster: the parts of ``docs/benchmarks/speed.py``."""
