"""Fixed steps for differential equations, each series over an interval of its own.

Why no library does this is told in ``docs/decisions/ode-solver.md``.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Field = Callable[[Tensor], Tensor]
Step = Callable[[Field, Tensor, Tensor], Tensor]

# A step may be longer than 1 by this, so that rounding does not decide about one more.
SLACK = 0.01


def euler(field: Field, state: Tensor, size: Tensor) -> Tensor:
    """Take a step of order 1."""
    return state + size * field(state)


def midpoint(field: Field, state: Tensor, size: Tensor) -> Tensor:
    """Take a step of order 2, along the slope in the middle."""
    return state + size * field(state + size / 2 * field(state))


def rk4(field: Field, state: Tensor, size: Tensor) -> Tensor:
    """Take a step of order 4, that of Runge and Kutta."""
    first = field(state)
    second = field(state + size / 2 * first)
    third = field(state + size / 2 * second)
    fourth = field(state + size * third)
    return state + size / 6 * (first + 2 * second + 2 * third + fourth)


SOLVERS: dict[str, Step] = {"euler": euler, "midpoint": midpoint, "rk4": rk4}


def count_steps(lengths: Tensor, most: int) -> Tensor:
    """Count the steps of at most 1 that lengths hold, `most` at most; none for 0."""
    counts = (lengths - SLACK).ceil().clamp(1, most)
    return torch.where(lengths > 0, counts, 0)


def integrate(field: Field, state: Tensor, counts: Tensor, step: Step = rk4) -> Tensor:
    """Solve ``dh/ds = field(h)`` from 0 to 1, in a number of steps of each series' own.

    A series that is done waits for the others with steps of length 0, so that no result
    depends on batch mates. Real time enters by the field: over a gap, ``dh/dt = f(h)``
    becomes ``dh/ds = gap f(h)``.

    Parameters
    ----------
    field : callable
        Maps states to their slopes, each of shape (batch, channels).
    state : Tensor of shape (batch, channels)
        State at 0.
    counts : Tensor of shape (batch,)
        Number of steps; with 0 the state stays as it is.
    step : callable, default=rk4
        One of `SOLVERS`.

    Returns
    -------
    Tensor of shape (batch, channels)
        State at 1.

    Examples
    --------
    >>> import torch
    >>> state = torch.ones(2, 1)
    >>> integrate(lambda h: -h, state, torch.tensor([20, 0]))
    tensor([[0.3679],
            [1.0000]])
    """
    sizes = 1 / counts.clamp(min=1).to(state.dtype)
    for number in range(int(counts.max())):
        state = step(field, state, torch.where(number < counts, sizes, 0).unsqueeze(1))
    return state
