"""Complete networks: values, times and masks in, outputs out."""

from torch import nn

from ckts.networks.baselines import GRU
from ckts.networks.gated import GatedCKCNN

__all__ = ["NETWORKS", "GatedCKCNN"]

# What `network=` of the estimators takes by name.
NETWORKS: dict[str, type[nn.Module]] = {
    "gated": GatedCKCNN,
    "gru": GRU,
}
