"""The network of the CKConv paper as published, its hyper-parameters, its weights."""

from ckts.networks.paper.network import PaperCKCNN
from ckts.networks.paper.presets import paper_parameters

__all__ = ["PaperCKCNN", "paper_parameters"]
