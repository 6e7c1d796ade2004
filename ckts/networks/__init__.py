"""Complete networks: values, times and masks in, outputs out."""

from torch import nn

from ckts.networks.baselines import GRU
from ckts.networks.fixed import FixedSampling
from ckts.networks.gated import GatedCKCNN

__all__ = ["NETWORKS", "FixedSampling", "GatedCKCNN"]

# What `network=` of the estimators takes by name.
NETWORKS: dict[str, type[nn.Module]] = {
    "gated": GatedCKCNN,
    "gru": GRU,
}
