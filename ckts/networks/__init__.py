"""Complete networks: values, times and masks in, outputs out."""

from ckts.networks.gated import GatedCKCNN

__all__ = ["GatedCKCNN"]
