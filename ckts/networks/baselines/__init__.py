"""Networks of others on the same batches: what `network=` compares with."""

from ckts.networks.baselines.base import AbstractBaseline, RowBatch
from ckts.networks.baselines.gru import GRU
from ckts.networks.baselines.gru_d import GRUD
from ckts.networks.baselines.gru_dt import GRUdt
from ckts.networks.baselines.gru_ode import GRUODE
from ckts.networks.baselines.ncde import NCDE
from ckts.networks.baselines.ode_rnn import ODERNN

__all__ = [
    "GRU",
    "GRUD",
    "GRUODE",
    "NCDE",
    "ODERNN",
    "AbstractBaseline",
    "GRUdt",
    "RowBatch",
]
