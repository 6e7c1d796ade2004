"""Ways to compute the convolution, each exact or with a documented error."""
