"""A network for one sampling pattern: values in, outputs out, ready to be exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn

from ckts.convolution.geometry import convert
from ckts.convolution.plan import layer_geometry
from ckts.layers import CKConv
from ckts.networks.gated import GatedCKCNN


class FixedSampling(nn.Module):
    """A trained layer or network that is given values only; stamps are constants.

    All that time stamps decide, the method, weights and gaps, is computed once, when
    it is made. So `torch.export.export` and `torch.onnx.export` can record it, and a
    server needs neither ckts nor time stamps.

    Parameters
    ----------
    module : GatedCKCNN or CKConv
        What was trained; it is shared, not copied, and set to evaluation, where it
        stays: `train()` of what is served turns no dropout on.
    times : Tensor of shape (time,)
        The time stamps of every series, non-decreasing, in the unit of the module.
    observed : Tensor of shape (time, in_channels), optional
        Which values exist, boolean; by default all.
    method : {"auto", "lattice", "pairwise"}, default="auto"
        "auto" takes a lattice, such as a regular grid, and else all pairs.

    Raises
    ------
    TypeError
        If it is another module.
    ValueError
        If its quadrature is "linear", or `method` is "mesh": their sparse sums are
        those of one batch.

    Examples
    --------
    >>> import torch
    >>> from ckts.networks import GatedCKCNN
    >>> network = GatedCKCNN(3, 2, horizon=20.0)
    >>> fixed = FixedSampling(network, torch.arange(20.0))
    >>> fixed(torch.randn(5, 20, 3)).shape
    torch.Size([5, 2])
    """

    module: GatedCKCNN | CKConv

    def __init__(
        self,
        module: GatedCKCNN | CKConv,
        times: Tensor,
        observed: Tensor | None = None,
        *,
        method: str = "auto",
    ) -> None:
        super().__init__()
        if not isinstance(module, GatedCKCNN | CKConv):
            raise TypeError(
                "`module` must be a GatedCKCNN or a CKConv; got "
                f"{type(module).__name__}. Of a joined model it is "
                "`model.net_.module_`, trained with `rocket=False`."
            )
        _check(module, times, method)
        _check_observed(observed, (len(times), module.in_channels))
        self.module = module
        device = next(module.parameters()).device
        self.times = times.to(device).unsqueeze(0)
        self.observed = None if observed is None else observed.to(device).unsqueeze(0)
        self.known = self._sample(method)
        self.eval()

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation, whatever the mode: what is served has no dropout."""
        return super().train(False)

    def _sample(self, method: str) -> Any:
        """Compute what the stamps decide: of a network, or the plan of a layer."""
        module, times, observed = self.module, self.times, self.observed
        groups = [[module]] if isinstance(module, CKConv) else module.convolutions()
        geometries = [
            layer_geometry(
                times,
                quadrature=group[0].quadrature,
                horizon=group[0].horizon,
                causal=group[0].causal,
                method=method,
            )
            for group in groups
        ]
        if isinstance(module, CKConv):
            return module.plan(times, observed, geometry=geometries[0])
        if observed is None:
            n_channels = module.in_channels
            observed = times.new_ones(*times.shape, n_channels, dtype=torch.bool)
        dtype = module.head.weight.dtype
        return module.sample(times, observed, geometries, dtype=dtype)

    def forward(self, values: Tensor, static: Tensor | None = None) -> Tensor:
        """Map series to what the module gives.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
            Values at the time stamps, standardized as those of the training.
        static : Tensor of shape (batch, n_static), optional
            Static features, of a network.

        Returns
        -------
        Tensor of shape (batch, n_outputs) or (batch, time, out_channels)

        Raises
        ------
        ValueError
            If `values` or `static` have other sizes than those of the module.
        """
        module = self.module
        shape = self.times.shape[1], module.in_channels
        _check_series(values, static, shape, getattr(module, "n_static", 0))
        known = convert(self.known, _repeat(values.shape[0]), {})
        if isinstance(self.module, GatedCKCNN):
            return self.module.head(self.module.embed_sampled(values, known, static))
        return self.module(values, plan=known)


def _repeat(n_series: int) -> Callable[[Tensor], Tensor]:
    """Return what repeats a tensor of one series."""
    return lambda tensor: tensor.expand(n_series, *tensor.shape[1:])


def _check(module: GatedCKCNN | CKConv, times: Any, method: str) -> None:
    """Raise if the stamps are no row, or cannot serve batches of any size."""
    if not isinstance(times, Tensor) or times.ndim != 1:
        found = tuple(times.shape) if isinstance(times, Tensor) else times
        raise ValueError(
            f"`times` must be a Tensor of shape (time,); got {found!r}. All series "
            "share them."
        )
    if module.quadrature == "linear":
        raise ValueError(
            "`quadrature` must be 'gap' or 'none' for a fixed sampling; got 'linear', "
            "whose sparse sums are those of one batch. Train with one of them."
        )
    if method == "mesh":
        raise ValueError(
            "`method` must be 'auto', 'lattice' or 'pairwise' for a fixed sampling; "
            "got 'mesh', whose sparse sums are those of one batch. Take 'auto'."
        )


def _check_observed(observed: Any, shape: tuple[int, int]) -> None:
    """Raise if a mask is not that of one series of this shape."""
    if observed is None:
        return
    if not isinstance(observed, Tensor) or tuple(observed.shape) != shape:
        found = f"a {type(observed).__name__}"
        if isinstance(observed, Tensor):
            found = str(tuple(observed.shape))
        raise ValueError(
            f"`observed` must be a Tensor of shape (time, in_channels) = {shape}; got "
            f"{found}. All series share it."
        )


def _check_series(
    values: Tensor, static: Tensor | None, shape: tuple[int, int], n_static: int
) -> None:
    """Raise if values or static features have other sizes than what was fixed."""
    if values.ndim != 3 or values.shape[1:] != shape:
        raise ValueError(
            f"`values` must have the shape (batch, {shape[0]}, {shape[1]}), a row for "
            f"each of `times`; got {tuple(values.shape)}. Make a FixedSampling for "
            "each sampling pattern."
        )
    found = (0,) if static is None else tuple(static.shape[1:])
    if found != (n_static,):
        raise ValueError(
            f"`static` must have the shape (batch, {n_static}); got "
            f"{None if static is None else tuple(static.shape)}. They are those of the "
            "training, standardized."
        )
