"""Kernels learned from a small panel, with the statistics that they were learned by."""

import numpy as np
import torch

from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.rocket.kernel_features import KernelFeatures, content_keys
from ckts.estimators.rocket.kernel_time import learn_kernel_time
from ckts.estimators.rocket.scales import learn_limits
from ckts.estimators.rocket.views import CenteredViews


def standardize(panel, statistics):
    return statistics.dataset(panel, panel.time_scale, dtype=torch.float64)


class Learned:
    """Kernels learned from a panel, with its statistics.

    The series are drawn by their content, or, `in_order`, by their numbers.
    """

    def __init__(
        self,
        panel,
        weight=None,
        *,
        n_kernels=1344,
        seed=0,
        statistics=None,
        kind=CenteredViews,
        in_order=False,
        **options,
    ):
        weight = np.ones(len(panel)) if weight is None else np.asarray(weight, float)
        self.statistics = statistics or learn_statistics(panel, weight)
        dataset = standardize(panel, self.statistics)
        keys = np.arange(len(panel))
        if not in_order:
            keys = content_keys(dataset, self.statistics.time.row_time_step)
        time = learn_kernel_time(panel, weight, self.statistics.time)
        self.views = kind(time, learn_limits(dataset, weight), **options)
        self.kernels = KernelFeatures.learn(
            dataset, weight, self.views, keys, n_kernels, np.random.RandomState(seed)
        )

    def signals(self, panel, series=0):
        """Signals of one series in each view."""
        dataset = standardize(panel, self.statistics)
        return self.views.signals(dataset.batch([series]))

    def compute(self, panel, device="cpu"):
        return self.kernels.compute(standardize(panel, self.statistics), device)

    def compute_at(self, panel, rows, device="cpu"):
        dataset = standardize(panel, self.statistics)
        return self.kernels.compute_at(dataset, device, np.asarray(rows))

    def __call__(self, panel):
        return self.compute(panel)[0]
