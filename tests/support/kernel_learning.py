"""Kernels learned from a small panel, with the statistics that they were learned by."""

import numpy as np
import torch

from ckts.estimators._batches import learn_statistics
from ckts.estimators._kernel_features import KernelFeatures


def standardize(panel, statistics):
    return statistics.dataset(panel, panel.time_scale, dtype=torch.float64)


class Learned:
    """Kernels learned from a panel, with its statistics."""

    def __init__(self, panel, weight=None, *, n_kernels=1344, seed=0, statistics=None):
        weight = np.ones(len(panel)) if weight is None else np.asarray(weight, float)
        self.statistics = statistics or learn_statistics(panel, weight)
        self.kernels = KernelFeatures.learn(
            standardize(panel, self.statistics),
            weight,
            self.statistics.time,
            n_kernels,
            np.random.RandomState(seed),
        )

    def compute(self, panel, device="cpu"):
        return self.kernels.compute(standardize(panel, self.statistics), device)

    def __call__(self, panel):
        return self.compute(panel)[0]
