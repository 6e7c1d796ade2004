"""The convolution of stamps that lie on a common lattice."""
