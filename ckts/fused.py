"""Operations with fast passes of their own, and the plain ones that torch transforms.

A few operations write their backward pass themselves, in place and in few passes over
memory. torch's transformations can look into none of that: vmap would have to batch
what is written in place, jvp needs another derivative, an exported program holds
operations of torch only. They are given the same formula in plain operations instead,
whose rules torch knows: all transformations work, in any order and to any depth, and
what is not transformed is as fast as without them.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# Early versions of torch cannot tell: an export meets the fast operations there.
is_exporting: Callable[[], bool] = getattr(
    torch.compiler, "is_exporting", lambda: False
)


def is_transformed() -> bool:
    """Tell whether torch.func transforms what runs now, or torch.export records it.

    torch has no public name for the first; its own `Function.apply` asks the same.

    Examples
    --------
    >>> is_transformed()
    False
    >>> bool(torch.func.vmap(lambda x: x + is_transformed())(torch.zeros(1)))
    True
    """
    return is_exporting() or torch._C._are_functorch_transforms_active()


class AbstractFused(torch.autograd.Function):
    """An operation with a backward pass of its own, and its formula in plain ones.

    A subclass supplies `forward`, `backward` and :meth:`plain`, which take the same
    arguments, and is called by :meth:`run`.
    """

    @staticmethod
    @abstractmethod
    def plain(*inputs: Any) -> Tensor:
        """Compute the same by differentiable operations of torch, none in place."""

    @classmethod
    def run(cls, *inputs: Any) -> Tensor:
        """Compute, as fast as what surrounds the call allows."""
        return cls.plain(*inputs) if is_transformed() else cls.apply(*inputs)
