"""Complete networks: values, times and masks in, outputs out."""

from torch import nn

from ckts.networks.baselines import GRU, GRUD, GRUODE, NCDE, ODERNN, GRUdt
from ckts.networks.gated import GatedCKCNN
from ckts.networks.paper import PaperCKCNN

__all__ = ["NETWORKS", "GatedCKCNN", "PaperCKCNN"]

# What `network=` of the estimators takes by name.
NETWORKS: dict[str, type[nn.Module]] = {
    "gated": GatedCKCNN,
    "gru": GRU,
    "paper": PaperCKCNN,
    "gru_dt": GRUdt,
    "gru_d": GRUD,
    "ode_rnn": ODERNN,
    "gru_ode": GRUODE,
    "ncde": NCDE,
}
