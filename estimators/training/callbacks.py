"""Callbacks of skorch that every training has."""

import torch
from skorch.callbacks import Callback
from tqdm.auto import tqdm


class WeightedClipping(Callback):
    """Clips the norm of a gradient at the mean weight of its batch.

    A series given twice brings two steps of at most the largest norm; given once with
    a weight of 2 it brings one step of at most twice that norm. A fixed largest norm
    would make all weights alike where gradients are long.

    Parameters
    ----------
    largest : float
        Largest norm of the gradient of a batch of weight 1.
    """

    def __init__(self, largest: float) -> None:
        self.largest = largest

    def on_grad_computed(self, net, batch, **kwargs):
        """Shorten the gradient where it is too long."""
        _, (_, weight) = batch
        # Not from skorch's `named_parameters`, which walks through the module anew.
        groups = net.optimizer_.param_groups
        parameters = (parameter for group in groups for parameter in group["params"])
        gradients = [one.grad for one in parameters if one.grad is not None]
        # As torch's `clip_grad_norm_`, which takes three times as long.
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        largest = self.largest * float(weight.mean())
        torch._foreach_mul_(gradients, (largest / (norm + 1e-6)).clamp(max=1))


class EpochBar(Callback):
    """One progress bar over the epochs, with the losses.

    Parameters
    ----------
    title : str
        Text in front of the bar.
    """

    def __init__(self, title: str) -> None:
        self.title = title

    def on_train_begin(self, net, **kwargs):
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", desc=self.title)

    def on_epoch_end(self, net, **kwargs):
        """Advance the bar."""
        names = ("train_loss", "valid_loss")
        losses = {name: net.history[-1].get(name) for name in names}
        shown = {name: f"{v:.4f}" for name, v in losses.items() if v is not None}
        self.bar_.set_postfix(shown, refresh=False)
        self.bar_.update(len(net.history) - self.bar_.n)  # resumed ones, too

    def on_train_end(self, net, **kwargs):
        """Close the bar."""
        self.bar_.close()
        del self.bar_
