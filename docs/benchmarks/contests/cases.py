"""The contests: who competes at what.

A contest is made by ``CASES[case][contest](limit)``; a limit on the number of
observations makes a small one of the same kind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from ckts.kernels import SirenKernel
from ckts.layers import CKConv
from ckts.networks import GatedCKCNN
from contests import cde, errors, rivals
from contests import problems as p
from contests.measure import Step

LIMIT = 2**20
GROWTH = tuple(2**k for k in range(8, 18))
# Longest series of a method that is not near-linear, for time and memory.
LONGEST = {"naive": 512, "pairwise": 4096, "dense": 16384}


@dataclass(frozen=True)
class Contest:
    """Competitors, made when they are needed, and single figures.

    Attributes
    ----------
    steps : dict
        Makers of what is timed.
    figures : dict
        Functions that return a number: errors, bandwidths.
    twins : tuple of str
        Competitors that return the same output and gradients.
    """

    steps: dict[str, Callable[[], Step]]
    figures: dict[str, Callable[[], float]] = field(default_factory=dict)
    twins: tuple[str, ...] = ()


Maker = Callable[[int], Contest]


def regular(
    batch: int, channels: int, length: int, limit: int = LIMIT, *, with_dense=True
) -> Contest:
    """Compare a layer on a regular grid with the textbook formula and the limit."""
    length = min(length, limit)
    times = p.regular_times(batch, length)
    conv = p.make_layer(p.siren(channels), length - 1)
    values = p.make_values(conv, times)
    steps = {
        "layer": lambda: p.layer_step(conv, times, "lattice"),
        "limit": lambda: rivals.bare_limit(conv, batch, length),
    }
    if with_dense:
        steps["dense"] = lambda: p.both_passes(
            lambda: rivals.dense(conv, values), conv, values
        )
    return Contest(steps, twins=("layer", "dense")[: 1 + with_dense])


def lengths(batch: int, smooth: int, prime: int, limit: int = LIMIT) -> Contest:
    """Compare a prime length with a smooth one of about the same size."""
    smooth, prime = min(smooth, limit), min(prime, limit + 1)

    def layer(length: int) -> CKConv:
        return p.make_layer(p.siren(), length - 1)

    def error(length: int) -> float:
        times, conv = p.regular_times(1, length), layer(length)
        return errors.value_error(conv, times, conv.plan(times, method="lattice"))

    def step(length: int) -> Step:
        times = p.regular_times(batch, length)
        return p.layer_step(layer(length), times, "lattice")

    return Contest(
        {"smooth": partial(step, smooth), "prime": partial(step, prime)},
        {
            f"error, N={length:,}": partial(error, length)
            for length in (1, 2, 161, smooth, prime)
            if length <= prime
        },
    )


def lattice(limit: int = LIMIT) -> Contest:
    """Compare CharacterTrajectories with half of the rows gone and complete."""
    batch, length = min(32, limit), 182
    times, observed = p.dropped_times(batch)
    conv = p.make_layer(p.siren(), length - 1)
    whole = p.regular_times(batch, length)
    return Contest(
        {
            "dropped": lambda: p.layer_step(conv, times, "auto", observed=observed),
            "complete": lambda: p.layer_step(conv, whole, "lattice"),
        },
        {
            "is lattice": lambda: (
                conv.plan(times, observed).geometry.method.name == "lattice"
            ),
        },
    )


def irregular(
    batch: int,
    length: int,
    methods: tuple[str, ...],
    limit: int = LIMIT,
    *,
    kernel: Callable[[], SirenKernel] = p.hard_siren,
) -> Contest:
    """Compare methods at irregular times; `layer` chooses one for itself."""
    batch, length = min(batch, limit), min(length, limit)
    times = p.uniform_times(batch, length)
    conv = p.make_layer(kernel(), length)
    values = p.make_values(conv, times)

    def naive() -> Step:
        plan = conv.plan(times, method="pairwise")
        return p.both_passes(lambda: rivals.naive(conv, values, plan), conv, values)

    def regular_step() -> Step:
        grid = p.make_layer(conv.kernel, length - 1)
        return p.layer_step(grid, p.regular_times(batch, length), "lattice")

    makers: dict[str, Callable[[], Step]] = {
        "layer": lambda: p.layer_step(conv, times, "auto"),
        "plan": lambda: lambda: conv.plan(times, method="auto"),
        "mesh": lambda: p.layer_step(conv, times, "mesh"),
        "pairwise": lambda: p.layer_step(conv, times, "pairwise"),
        "naive": naive,
        "regular": regular_step,
    }
    figures = {"cycles": lambda: p.cycles(conv.kernel), **_errors(conv, times)}
    twins = [name for name in methods if name not in ("plan", "regular")]
    return Contest({name: makers[name] for name in methods}, figures, tuple(twins))


def _errors(conv: CKConv, times: Tensor) -> dict[str, Callable[[], float]]:
    """Errors of what "auto" takes; gradients at 2,048 of the observations at most."""

    def value_error() -> float:
        return errors.value_error(conv, times, conv.plan(times, method="auto"))

    def gradient_error() -> float:
        method = conv.plan(times, method="auto").geometry.method.name
        some = times[:, :: -(-times.shape[1] // 2048)]
        return errors.gradient_error(conv, some, conv.plan(some, method=method))

    return {"error": value_error, "gradient error": gradient_error}


def clusters(length: int, limit: int = LIMIT) -> Contest:
    """Compare uniform times with 85 % of the points in 3 % of the time."""
    length = min(length, limit)
    conv = p.make_layer(p.hard_siren(), length)
    times = {
        "uniform": p.uniform_times(1, length),
        "clustered": p.clustered_times(1, length),
    }
    steps = {
        name: partial(p.layer_step, conv, stamps, "mesh")
        for name, stamps in times.items()
    }
    figures = {
        f"{what}, {name}": check
        for name, stamps in times.items()
        for what, check in _errors(conv, stamps).items()
    }
    return Contest(steps, figures)


def growth(limit: int = LIMIT) -> Contest:
    """Compare all methods on one series of growing length, as far as they go."""
    conv = p.make_layer(p.hard_siren(), 1.0)
    steps = {}
    for length in [n for n in GROWTH if n <= limit] or [limit]:
        contest = irregular(1, length, ("layer", "pairwise", "naive", "regular"))
        makers = contest.steps | {
            "dense": regular(1, p.CHANNELS, length).steps["dense"]
        }
        steps |= {
            f"{name}, N={length:,}": maker
            for name, maker in makers.items()
            if length <= LONGEST.get(name, LIMIT)
        }
    return Contest(steps, {"cycles": lambda: p.cycles(conv.kernel)})


N_CLASSES, N_CHANNELS, WIDTH = 10, 3, 32


def network(batch: int, length: int, limit: int = LIMIT) -> Contest:
    """Compare a training step of the whole default network with neural CDEs as wide."""
    length = min(length, limit)
    grid = p.regular_times(batch, length)
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(batch, length, N_CHANNELS, generator=generator)
    kept = torch.rand(batch, 2 * length, generator=generator).argsort(1)[:, :length]
    stamps = {
        "regular": grid,
        "lattice": kept.sort(1).values.double(),
        "irregular": p.uniform_times(batch, length),
    }
    steps: dict[str, Callable[[], Step]] = {
        name: partial(_network_step, values, times) for name, times in stamps.items()
    }
    for solver in cde.SOLVERS:
        steps[f"CDE, {solver}"] = partial(
            cde.cde_step, values, grid, width=WIDTH, n_classes=N_CLASSES, solver=solver
        )
    return Contest(steps)


def _network_step(values: Tensor, times: Tensor) -> Step:
    """Everything that depends on the batch, its plan too, is in the step."""
    torch.manual_seed(0)
    model = GatedCKCNN(
        N_CHANNELS, N_CLASSES, hidden_channels=WIDTH, horizon=times.max().item()
    )
    observed = torch.ones_like(values, dtype=torch.bool)
    return cde.training_step(model, lambda: model(values, times, observed), N_CLASSES)


METHODS = ("layer", "plan", "mesh", "pairwise", "regular")

CASES: dict[str, dict[str, Maker]] = {
    "regular": {
        "regular, B=4, N=16,000": partial(regular, 4, 30, 16_000),
        "regular, B=32, N=784": partial(regular, 32, 30, 784),
        "regular, B=32, N=182": partial(regular, 32, 30, 182),
        "regular, 100 channels, B=16, N=784": partial(regular, 16, 100, 784),
    },
    "lengths": {
        "prime length, B=4, N=16,001": partial(lengths, 4, 16_000, 16_001),
        "prime length, B=32, N=787": partial(lengths, 32, 784, 787),
        "prime length, B=32, N=181": partial(lengths, 32, 182, 181),
    },
    "lattice": {"CharacterTrajectories, 50 % dropped": lattice},
    "irregular": {
        "irregular, N=512": partial(irregular, 1, 512, (*METHODS, "naive")),
        "irregular, N=4,096": partial(irregular, 1, 4096, METHODS),
        "irregular, N=4,096, initial kernel": partial(
            irregular, 1, 4096, METHODS, kernel=p.siren
        ),
    },
    "pairs": {
        "irregular, N=16,384": partial(
            irregular, 1, 16_384, ("layer", "plan", "pairwise", "regular")
        ),
    },
    "growth": {"growth": growth},
    "clusters": {"clusters, N=16,384": partial(clusters, 16_384)},
    "trained": {
        f"irregular, B=32, N=182, kernel of {name}": partial(
            irregular, 32, 182, METHODS, kernel=partial(p.trained_siren, name)
        )
        for name in p.CHECKPOINT_LAYERS
    },
    "network": {
        "network, B=4, N=2,048": partial(network, 4, 2048),
        "network, B=32, N=182": partial(network, 32, 182),
    },
}
