"""Networks of others on the same batches: what `network=` compares with."""

from ckts.networks.baselines.base import AbstractBaseline, RowBatch
from ckts.networks.baselines.gru import GRU

__all__ = ["GRU", "AbstractBaseline", "RowBatch"]
