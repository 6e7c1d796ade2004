"""Complete networks: values, times and masks in, outputs out."""

from torch import nn

from ckts.networks.baselines import (
    GRU,
    GRUD,
    GRUODE,
    LMU,
    LSTM,
    NCDE,
    ODERNN,
    TCN,
    DilatedRNN,
    GRUdt,
    HiPPO,
    IndRNN,
    ReconstructingLSTM,
    Transformer,
    TrellisNet,
)
from ckts.networks.fixed import FixedSampling
from ckts.networks.gated import GatedCKCNN
from ckts.networks.paper import PaperCKCNN

__all__ = ["NETWORKS", "FixedSampling", "GatedCKCNN", "PaperCKCNN"]

# What `network=` of the estimators takes by name.
NETWORKS: dict[str, type[nn.Module]] = {
    "gated": GatedCKCNN,
    "paper": PaperCKCNN,
    "gru": GRU,
    "lstm": LSTM,
    "r_lstm": ReconstructingLSTM,
    "dilated_rnn": DilatedRNN,
    "indrnn": IndRNN,
    "lmu": LMU,
    "hippo": HiPPO,
    "tcn": TCN,
    "trellisnet": TrellisNet,
    "transformer": Transformer,
    "gru_dt": GRUdt,
    "gru_d": GRUD,
    "ode_rnn": ODERNN,
    "gru_ode": GRUODE,
    "ncde": NCDE,
}
