"""The processes that train one network together, each with its share of every batch.

They exist and are connected before `fit`: by torchrun, `accelerate launch` or
``torch.multiprocessing``. Here they only ask the process group of torch.
"""

from __future__ import annotations

import copy
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import joblib
import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

Result = TypeVar("Result")


class AbstractProcesses(ABC):
    """Those that train together."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """The number of this process, from 0."""

    @property
    @abstractmethod
    def n_processes(self) -> int:
        """How many there are."""

    @property
    @abstractmethod
    def n_local(self) -> int:
        """How many of them share the cores of this machine."""

    @abstractmethod
    def first(self, function: Callable[[], Result]) -> Result:
        """Let the first process compute what all return, or raise."""

    @abstractmethod
    def check_same(self, parts: Callable[[], Any]) -> None:
        """Raise, in each of them, if one was given other data."""

    @abstractmethod
    def learn(
        self,
        model: Any,
        generator: np.random.RandomState,
        function: Callable[[], Result],
    ) -> Result:
        """Let the first process run what sets attributes of a model and draws."""

    def agree_on(self, generator: np.random.RandomState) -> np.random.RandomState:
        """Give a generator the state that the first process has."""
        generator.set_state(self.first(generator.get_state))
        return generator


class OneProcess(AbstractProcesses):
    """One alone, which has nobody to ask.

    Parameters
    ----------
    n_started : int, default=1
        Processes that were started to train together.
    """

    rank, n_processes, n_local = 0, 1, 1

    def __init__(self, n_started: int = 1) -> None:
        self.n_started = n_started

    def first(self, function):
        """Compute it."""
        return function()

    def check_same(self, parts):
        """Raise if there are others, which would train models of their own."""
        if self.n_started > 1:
            raise ValueError(
                "`data_parallel` must find a process group where there are several "
                f"processes; got True, {self.n_started} processes and no group. Call "
                "`torch.distributed.init_process_group()` before `fit`, or make an "
                "Accelerator of accelerate, which calls it."
            )

    def learn(self, model, generator, function):
        """Run it."""
        return function()


class ProcessGroup(AbstractProcesses):
    """The default process group of ``torch.distributed``, which keeps the state."""

    @property
    def rank(self) -> int:
        """The number of this process."""
        return dist.get_rank()

    @property
    def n_processes(self) -> int:
        """How many there are."""
        return dist.get_world_size()

    @property
    def n_local(self) -> int:
        """How many are here; all of them, where the launcher does not tell."""
        return int(os.environ.get("LOCAL_WORLD_SIZE", self.n_processes))

    def first(self, function):
        """Let the first compute and send it: a model learned twice costs twice."""
        if self.rank == 0:
            try:
                result = function()
                dist.broadcast_object_list([(result, None)], src=0)
            except Exception as error:  # the others wait: they must hear of it
                _send(error)
                raise
            return result
        received: list[Any] = [None]
        dist.broadcast_object_list(received, src=0)
        result, failure = received[0]
        if failure is not None:
            raise failure
        return result

    def learn(self, model, generator, function):
        """Take over its result, the attributes, and how far it has drawn."""
        known = dict(vars(model))

        def run():
            result, found = function(), vars(model)
            new = {
                k: v for k, v in found.items() if k not in known or v is not known[k]
            }
            return result, new, known.keys() - found.keys(), generator.get_state()

        result, new, gone, state = self.first(run)
        for name in gone:
            vars(model).pop(name, None)
        vars(model).update(new)
        generator.set_state(state)
        return result

    def check_same(self, parts):
        """Compare digests."""
        digests: list[Any] = [None] * self.n_processes
        dist.all_gather_object(digests, joblib.hash(parts(), coerce_mmap=True))
        others = [i for i, digest in enumerate(digests) if digest != digests[0]]
        if others:
            raise ValueError(
                "`X`, `y` and weights must be the same in every process with "
                f"`data_parallel=True`; got others in process {others[0]} than in 0. "
                "Give all data to each: `fit` divides every batch."
            )

    def add_up(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Sum each of some tensors over the processes, in one message.

        Parameters
        ----------
        tensors : sequence of Tensor
            Of the same shapes in every process, on one device.

        Returns
        -------
        list of Tensor
            Of these shapes, the same to the bit in every process.
        """
        flat = torch.cat([one.flatten() for one in tensors])
        dist.all_reduce(flat)
        parts = flat.split([one.numel() for one in tensors])
        return [p.view_as(one) for p, one in zip(parts, tensors, strict=True)]

    def copy_first(self, module: nn.Module) -> None:
        """Give a module the parameters and buffers that it has in the first process."""
        for tensor in (*module.parameters(), *module.buffers()):
            whole = tensor.detach().contiguous()
            dist.broadcast(whole, src=0)
            if whole.data_ptr() != tensor.data_ptr():
                tensor.detach().copy_(whole)

    def gather(self, value: Any) -> list[Any]:
        """Return the values that the processes have, in their order."""
        found: list[Any] = [None] * self.n_processes
        dist.all_gather_object(found, value)
        return found


def find_processes(data_parallel: bool) -> AbstractProcesses:
    """Find with whom to train.

    Parameters
    ----------
    data_parallel : bool
        Whether to ask at all: a process group may serve something else.
    """
    if not data_parallel:
        return OneProcess()
    if dist.is_available() and dist.is_initialized():
        return ProcessGroup() if dist.get_world_size() > 1 else OneProcess()
    return OneProcess(int(os.environ.get("WORLD_SIZE", "1")))


def _send(error: Exception) -> None:
    """Send an error to the others, or its text if it cannot be made anew there."""
    try:
        copy.deepcopy(error)
        dist.broadcast_object_list([(None, error)], src=0)
    except Exception:  # whatever the class of a user does
        text = f"{type(error).__name__} in the first process: {error}"
        dist.broadcast_object_list([(None, RuntimeError(text))], src=0)
