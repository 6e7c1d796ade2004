"""A training that goes on with the weights of a net that was trained before."""

from __future__ import annotations

from typing import Any

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
        changed = [name for name in ours if ours[name] != theirs.get(name)]
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


def _made_by(net: PanelNet) -> dict[str, Any]:
    """Return what makes a network, by names: its class, and arguments of weights."""
    made = {"network": net.module, **net.get_params_for("module")}
    return {name: value for name, value in made.items() if name not in CHANGEABLE}
