"""The convolution of any stamps by way of a regular mesh."""
