"""What a training loop holds beside a network: geometries of batches, kept and refined.

Geometries are made on the CPU, from stamps that are there, and moved without a device
synchronization; kernels are evaluated before a step, and only where a mesh could pay.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple, Protocol

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


class _Kept(NamedTuple):
    """Geometries of a batch, the steps of their groups that they use, and bytes."""

    geometries: tuple[Geometry, ...]
    steps: dict[int, float | None]
    size: int


class Planner:
    """Makes the geometries of the batches of one network, and keeps those made last.

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
        self._steps: dict[int, float | None] = {}
        self._current: set[int] = set()  # groups whose step fits their kernels
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made again: a pickled net holds no geometries."""
        return {**self.__dict__, "size": 0, "_kept": OrderedDict(), "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock())

    def steps(self) -> list[tuple[int, float | None, bool]]:
        """Return each group with a step, its step, and whether that fits its kernels.

        A planner that is given them, :meth:`set_steps`, makes the same geometries.
        """
        known = list(self._steps.items())  # other threads may add to them
        return [(number, step, number in self._current) for number, step in known]

    def set_steps(self, steps: Iterable[tuple[int, float | None, bool]]) -> None:
        """Go on from the steps of another planner, see :meth:`steps`."""
        self._steps.clear()
        self._current.clear()
        for number, step, current in steps:
            self._steps[number] = step
            if current:
                self._current.add(number)

    def refine(self) -> None:
        """Search for mesh steps again, where the next batches need one.

        The search evaluates the kernels, which took a quarter of a fit of 5 epochs to
        120 short series: it is skipped where series are so short, or stamps so regular,
        that no mesh could pay.
        """
        self._current.clear()

    def mesh_step(self, number: int, layers: Sequence[Convolution]) -> float | None:
        """Return the mesh step that a group of layers has had since :meth:`refine`.

        The first call after it reads from the device of the kernels, which
        synchronizes. A step never gets coarser.

        Parameters
        ----------
        number : int
            Which group of the network.
        layers : sequence of layers
            The group.

        Returns
        -------
        float or None
            None if one of the kernels cannot be interpolated.
        """
        if number not in self._current:
            self._steps[number] = _finest_step(layers, self._steps.get(number))
            self._current.add(number)
        return self._steps[number]

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
            Those of one network, always in the same order.
        times : Tensor of shape (batch, time)
            Time stamps. On the CPU: those on a device are fetched.
        rounding : Tensor of shape (batch,), optional
            By how much the stamps of each series may be off, see
            :func:`ckts.convolution.plan.layer_geometry`.
        device : torch.device or str, default="cpu"
            Where the geometries are to be.

        Returns
        -------
        tuple of Geometry
        """
        if self.largest == 0:  # threads that predict need not wait for each other
            return _place(self._make(groups, times, rounding).geometries, device)
        layers = tuple((g[0].quadrature, g[0].horizon, g[0].causal) for g in groups)
        key = layers, _digest(times), _digest(rounding)
        with self._lock:
            kept = self._take(key, groups) or self._make(groups, times, rounding)
            self._kept[key] = kept
            self.size += kept.size
            while self.size > self.largest:
                self.size -= self._kept.popitem(last=False)[1].size
        return _place(kept.geometries, device)

    def _take(self, key: Hashable, groups: Groups) -> _Kept | None:
        """Take geometries out of the cache; None if a mesh is too coarse by now."""
        kept = self._kept.pop(key, None)
        if kept is None:
            return None
        self.size -= kept.size
        used = kept.steps.items()
        fits = all(self.mesh_step(n, groups[n]) == step for n, step in used)
        return kept if fits else None

    def _make(self, groups: Groups, times: Tensor, rounding: Tensor | None) -> _Kept:
        steps: dict[int, float | None] = {}

        def find(number: int) -> float | None:
            steps[number] = self.mesh_step(number, groups[number])
            return steps[number]

        made = tuple(
            layer_geometry(
                times,
                quadrature=group[0].quadrature,
                horizon=group[0].horizon,
                mesh_step=partial(find, number),
                causal=group[0].causal,
                rounding=rounding,
            )
            for number, group in enumerate(groups)
        )
        parts: dict[int, Any] = {}
        move(made, "cpu", parts)  # each tensor once
        tensors = (part for part in parts.values() if isinstance(part, Tensor))
        size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return _Kept(made, steps, size)

    def drop_cache(self) -> None:
        """Drop what is kept, and keep nothing from now on."""
        self.largest = self.size = 0
        self._kept.clear()


def _place(
    geometries: tuple[Geometry, ...], device: torch.device | str
) -> tuple[Geometry, ...]:
    """Move geometries; what is there stays, with all that it knows by now."""
    target = torch.device(device)
    if all(geometry.times.device == target for geometry in geometries):
        return geometries
    return move(geometries, device, {})


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
