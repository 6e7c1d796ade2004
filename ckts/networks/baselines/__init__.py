"""Networks of others on the same batches: what `network=` compares with."""

from ckts.networks.baselines.base import AbstractBaseline, RowBatch
from ckts.networks.baselines.dilated_rnn import DilatedRNN
from ckts.networks.baselines.gru import GRU
from ckts.networks.baselines.gru_d import GRUD
from ckts.networks.baselines.gru_dt import GRUdt
from ckts.networks.baselines.gru_ode import GRUODE
from ckts.networks.baselines.hippo import HiPPO
from ckts.networks.baselines.indrnn import IndRNN
from ckts.networks.baselines.lmu import LMU
from ckts.networks.baselines.lstm import LSTM
from ckts.networks.baselines.ncde import NCDE
from ckts.networks.baselines.ode_rnn import ODERNN
from ckts.networks.baselines.r_lstm import ReconstructingLSTM
from ckts.networks.baselines.tcn import TCN
from ckts.networks.baselines.transformer import Transformer
from ckts.networks.baselines.trellisnet import TrellisNet

__all__ = [
    "GRU",
    "GRUD",
    "GRUODE",
    "LMU",
    "LSTM",
    "NCDE",
    "ODERNN",
    "TCN",
    "AbstractBaseline",
    "DilatedRNN",
    "GRUdt",
    "HiPPO",
    "IndRNN",
    "ReconstructingLSTM",
    "RowBatch",
    "Transformer",
    "TrellisNet",
]
