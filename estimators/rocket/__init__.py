"""CKRocket: views, kernels, summaries, and the ridge regression on top of them."""
