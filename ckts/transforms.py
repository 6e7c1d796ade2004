"""What torch.func, torch.export and torch.compile see of the library.

A few operations write their backward pass themselves, in place and in few passes over
memory. torch's transformations can look into none of that: vmap would have to batch
what is written in place, jvp needs another derivative, an exported program holds
operations of torch only. They are given the same formula in plain operations instead,
whose rules torch knows: all transformations work, in any order and to any depth, and
what is not transformed is as fast as without them.

torch.compile sees neither: what searches in time stamps, and sums that are transforms
or sparse, run as they are, see :func:`untraced`.
"""

from abc import abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

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


def untraced(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Keep torch.compile out of a function: it runs there as everywhere else.

    Tracing would gain nothing, take minutes, and begin anew at numbers that differ from
    batch to batch. torch's own decorator would import the compiler at once, which takes
    a second and more of every process.
    """

    @wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if torch.compiler.is_dynamo_compiling():
            return torch.compiler.disable(function)(*args, **kwargs)
        return function(*args, **kwargs)

    return call


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
