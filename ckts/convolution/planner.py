"""What a training loop holds beside a network: geometries of batches, kept and refined.

Geometries are made on the CPU, from stamps that are there, and moved without a device
synchronization; the kernels are evaluated between steps only.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from hashlib import blake2b
from typing import Any, Protocol

import torch
from torch import Tensor

from ckts.convolution.geometry import Geometry, move
from ckts.convolution.plan import layer_geometry

# Bytes of geometries to keep.
LARGEST = 2**28


class Convolution(Protocol):
    """What a planner needs of a layer, such as :class:`ckts.layers.CKConv`."""

    horizon: float
    causal: bool
    quadrature: str

    def mesh_step(
        self, method: str = "auto", *, known: float | None = None
    ) -> float | None:
        """Return the mesh step that the kernel needs now."""


# Groups of layers; those of a group share horizon, direction, quadrature: a geometry.
Groups = Sequence[Sequence[Convolution]]


class Planner:
    """Makes the geometries of a network's batches, and keeps those made last.

    Batches come again in every epoch where a data set is evaluated, and where it is
    one batch: their stamps are compared.

    Parameters
    ----------
    largest : int, default=2**28
        Bytes to keep; 0 keeps nothing.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self.size = 0
        self.mesh_steps: tuple[float | None, ...] | None = None
        self._kept: OrderedDict[Hashable, tuple[tuple[Geometry, ...], int]]
        self._kept = OrderedDict()

    def refine(self, groups: Groups) -> None:
        """Refine the meshes to what the kernels need now; they never get coarser.

        This reads from the device of the kernels, which synchronizes.

        Parameters
        ----------
        groups : sequence of sequences of layers
            Those of one network, always in the same order.
        """
        known = self.mesh_steps or (None,) * len(groups)
        pairs = zip(groups, known, strict=True)
        self.mesh_steps = tuple(_finest_step(group, step) for group, step in pairs)

    def geometries(
        self,
        groups: Groups,
        times: Tensor,
        *,
        rounding: Tensor | None = None,
        device: torch.device | str = "cpu",
    ) -> tuple[Geometry, ...]:
        """Return the geometries of a batch: one for each group of layers.

        Parameters
        ----------
        groups : sequence of sequences of layers
            As for :meth:`refine`, which comes first: before it there is no mesh.
        times : Tensor of shape (batch, time)
            Time stamps. On the CPU: those on a device are fetched.
        rounding : Tensor of shape (batch,), optional
            By how much the stamps of each series may be off, see
            :func:`ckts.convolution.plan.make_geometry`.
        device : torch.device or str, default="cpu"
            Where the geometries are to be.

        Returns
        -------
        tuple of Geometry
        """
        key = self.mesh_steps, _digest(times), _digest(rounding)
        if key in self._kept:
            self._kept.move_to_end(key)
            made = self._kept[key][0]
        else:
            steps = self.mesh_steps or (None,) * len(groups)
            made = tuple(
                layer_geometry(
                    times,
                    quadrature=group[0].quadrature,
                    horizon=group[0].horizon,
                    mesh_step=step,
                    causal=group[0].causal,
                    rounding=rounding,
                )
                for group, step in zip(groups, steps, strict=True)
            )
            self._keep(key, made)
        return move(made, device, {})

    def _keep(self, key: Hashable, made: tuple[Geometry, ...]) -> None:
        parts: dict[int, Any] = {}
        move(made, "cpu", parts)  # each tensor once
        tensors = (part for part in parts.values() if isinstance(part, Tensor))
        size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        self._kept[key] = made, size
        self.size += size
        while self.size > self.largest:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= dropped

    def drop_cache(self) -> None:
        """Drop what is kept, and keep nothing from now on."""
        self.largest = self.size = 0
        self._kept.clear()


def _finest_step(layers: Sequence[Convolution], known: float | None) -> float | None:
    """Mesh step that is fine enough for all kernels; None if one has no mesh."""
    for layer in layers:
        step = layer.mesh_step(known=known)
        if step is None:
            return None
        known = step if known is None else min(known, step)
    return known


def _digest(tensor: Tensor | None) -> Hashable:
    """Tell stamps apart, of batches in any order and of any data set."""
    if tensor is None:
        return None
    array = tensor.detach().cpu().numpy()
    return array.shape, array.dtype.str, blake2b(array.tobytes()).digest()
