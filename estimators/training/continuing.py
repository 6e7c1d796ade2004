"""A training that goes on with the weights of a net that was trained before."""

from __future__ import annotations

from typing import Any

import numpy as np
from skorch.callbacks import Callback

from ckts.estimators.training.net import PanelNet
from ckts.estimators.training.net_state import as_plain

# Arguments of a network that may differ from before, since they change no weight.
CHANGEABLE = ("dropout", "observation_dropout")
# What follows from the lengths of the series; those of the first panel decide.
KEPT = ("module__n_bins",)


class Continuing(Callback):
    """Gives a net, when its training begins, the weights of one before.

    Parameters
    ----------
    before : PanelNet or None
        A trained net, whose statistics those of the new one are. None begins anew.
    moments : dict or None
        What the optimizer knew of each weight; None if it begins anew.

    Attributes
    ----------
    moments_ : dict
        The same at the end of the training, plain values.
    """

    def __init__(
        self, before: PanelNet | None, moments: dict[int, Any] | None = None
    ) -> None:
        self.before = before
        self.moments = moments

    def attach(self, net: PanelNet) -> None:
        """Join the callbacks of a net that is not initialized.

        Raises
        ------
        ValueError
            If its network is not made as the one before.
        """
        net.callbacks.append(("continuing", self))
        if self.before is None:
            return
        old = self.before.get_params(deep=False)
        net.set_params(**{name: old[name] for name in KEPT if name in old})
        ours, theirs = (_made_by(one) for one in (net, self.before))
        changed = [
            name for name, one in ours.items() if not _same(one, theirs.get(name))
        ]
        if changed:
            name = changed[0]
            raise ValueError(
                f"`{name}` must be {theirs.get(name)!r} as before, so that the "
                f"training can go on; got {ours[name]!r}. Set it back, or begin anew: "
                "`fit` with warm_start=False."
            )

    def on_train_begin(self, net, **kwargs):
        """Load weights, and what the optimizer knew of them."""
        if self.before is not None:
            net.module_.load_state_dict(self.before.module_.state_dict())
            net.planner_.set_steps(self.before.planner_.steps())
        if self.moments is not None:
            state = net.optimizer_.state_dict()  # with the learning rate of now
            net.optimizer_.load_state_dict({**state, "state": self.moments})

    def on_train_end(self, net, **kwargs):
        """Keep what the optimizer knows."""
        self.moments_ = as_plain(net.optimizer_.state_dict()["state"])


def check_landmark(estimator: Any, before: Any) -> None:
    """Raise if an estimator that goes on would see another part of its series."""
    landmark = estimator.get_params(deep=False)["landmark"]
    if landmark != before._landmark:
        raise ValueError(
            f"`landmark` must be {before._landmark!r} as before, so that the training "
            f"can go on; got {landmark!r}. Set it back, or begin anew: `fit` "
            "with warm_start=False."
        )


def check_alone(estimator: Any) -> None:
    """Raise if what is set, or was learned, needs more than a pass over a panel."""
    given = estimator.get_params(deep=False)
    if given["early_stopping"]:
        raise ValueError(
            "`early_stopping` must be False for partial_fit; got True. Set it, and "
            "score series of your own between the calls."
        )
    if "rocket_" in vars(estimator):
        raise ValueError(
            "`partial_fit` must go on with a network alone; got a model that is joined "
            "with CKRocket. Begin anew with rocket=False."
        )
    balanced = given.get("class_weight")
    parts = balanced if isinstance(balanced, list) else [balanced]
    if any(isinstance(one, str) for one in parts):
        raise ValueError(
            "`class_weight` must be None or a dict for partial_fit, which sees a part "
            f"of the series; got {balanced!r}. Give the weights that "
            "`sklearn.utils.class_weight.compute_class_weight` finds."
        )


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(np.array_equal(one, other))


def _made_by(net: PanelNet) -> dict[str, Any]:
    """Return what makes a network, by names: its class, and arguments of weights."""
    made = {"network": net.module, **net.get_params_for("module")}
    return {name: value for name, value in made.items() if name not in CHANGEABLE}
