"""Complete networks: values, times and masks in, outputs out."""

from torch import nn

from ckts.networks.baselines import (
    GRU,
    LMU,
    LSTM,
    TCN,
    DilatedRNN,
    HiPPO,
    IndRNN,
    ReconstructingLSTM,
    Transformer,
    TrellisNet,
)
from ckts.networks.gated import GatedCKCNN

__all__ = ["NETWORKS", "GatedCKCNN"]

# What `network=` of the estimators takes by name.
NETWORKS: dict[str, type[nn.Module]] = {
    "gated": GatedCKCNN,
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
}
