"""A training in passes: one over each panel, and the next call goes on."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from ckts.estimators._base import AbstractCKCNN
from ckts.estimators.training.checkpoint import NoCheckpoint
from ckts.estimators.training.continuing import Continuing, check_alone


def trains_alone(estimator: Any) -> bool:
    """Raise unless a network is trained alone, which can go on with other series."""
    if estimator.get_params(deep=False)["rocket"]:
        raise AttributeError(
            "`rocket` must be False for partial_fit: the ridge regression of CKRocket "
            "needs all series at once; got True. Set it before the first call."
        )
    return True


class AbstractPasses(AbstractCKCNN):
    """What `partial_fit` of a classifier and of a regressor share."""

    def _partial_fit(self, X, y, sample_weight, **classes) -> Self:
        """Train one pass over a panel, and go on with it in the next call.

        The learning rate is constant: nobody knows how many calls follow.
        """
        fresh = copy.copy(self)  # becomes the model when all went well
        check_alone(fresh)
        before = self if "nets_" in vars(self) else None
        fresh._learn_part(X, y, sample_weight, before, **classes)
        self.__dict__ = fresh.__dict__
        return self

    def _learn_part(self, X, y, sample_weight, before: Self | None, **classes) -> None:
        given = self._check_training(X, y, sample_weight, None, reset=before is None)
        self._recall_targets(before, whole=False, **classes)
        target, n_outputs = self._begin(given, before)
        part = given.take(np.arange(len(given.used)))
        history = [] if before is None else before.history_
        generator = check_random_state(self.random_state)
        if history:  # with a seed, too, a call draws other numbers than those before
            seeds = generator.randint(np.iinfo(np.int32).max, size=len(history))
            generator = check_random_state(int(seeds[-1]))
        self._learn_units(part, generator, before)
        dataset = self._dataset(part.panel, target=target, weight=part.weight)
        one = copy.copy(self).set_params(max_epochs=1, lr_schedule="constant")
        net = one._make_net(n_outputs, dataset, n_networks=1, generator=generator)
        continuing = Continuing(before and before.net_, vars(self).get("_moments"))
        continuing.attach(net)
        self.history_, self.n_iter_, self.max_epochs_ = [], 0, 1
        self._train(net, dataset, NoCheckpoint())
        self._moments, self.nets_ = continuing.moments_, [net]
        self.history_ = history + [
            {**row, "network": 0, "epoch": len(history) + 1} for row in self.history_
        ]
        self.n_iter_, self.network_share_ = len(self.history_), 1.0
