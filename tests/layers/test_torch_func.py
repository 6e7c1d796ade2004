"""torch.func on the layer: per-sample gradients, ensembles, tangents, Hessians."""

import pytest
import torch
from torch.func import (
    functional_call,
    grad,
    hessian,
    jvp,
    stack_module_state,
    vmap,
)

from ckts.kernels import KERNELS
from ckts.layers import CKConv

# torch itself compiles rules of jvp by what it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
REGULAR = torch.arange(12, dtype=torch.float64).unsqueeze(0)
RANDOM = REGULAR + torch.rand(1, 12, generator=torch.Generator().manual_seed(0)) / 2
DENSE = 12 * torch.rand(1, 90, generator=torch.Generator().manual_seed(2)).sort().values
HOLES = 2 * REGULAR + (REGULAR > 5)
# All methods, and of the mesh both near fields.
CASES = {
    "regular": (REGULAR, {"method": "lattice"}, {}),
    "lattice": (HOLES, {"method": "lattice"}, {}),
    "pairs": (RANDOM, {"method": "pairwise"}, {}),
    "pairs in blocks": (DENSE.repeat(1, 3).sort().values, {"method": "pairwise"}, {}),
    "mesh": (RANDOM, {"method": "mesh"}, {}),
    "mesh of intervals": (DENSE.repeat(1, 3).sort().values, {"method": "mesh"}, {}),
    "centred mesh": (RANDOM, {"method": "mesh"}, {"causal": False}),
    "integral": (RANDOM, {"method": "pairwise"}, {"quadrature": "linear"}),
    "integral on a mesh": (RANDOM, {"method": "mesh"}, {"quadrature": "linear"}),
    "depthwise": (REGULAR, {}, {"depthwise": True}),
}


@pytest.fixture
def series():
    """Return some series of a length."""

    def draw(n_series, times, dtype=torch.float64):
        generator = torch.Generator().manual_seed(1)
        shape = n_series, times.shape[1], 3
        return torch.randn(shape, generator=generator, dtype=dtype)

    return draw


def make_layer(seed=0, dtype=torch.float64, **settings):
    generator = torch.Generator().manual_seed(seed)
    sizes = (3, 3) if settings.get("depthwise") else (3, 4)
    return CKConv(*sizes, horizon=12.0, generator=generator, **settings).to(dtype)


def make_loss(layer, plan):
    """Return the loss of one series, a function of the parameters."""

    def loss(parameters, values):
        arguments = (values.unsqueeze(0),), {"plan": plan}
        return functional_call(layer, parameters, *arguments).square().sum()

    return loss


def parameters_of(layer):
    return {name: one.detach() for name, one in layer.named_parameters()}


def looped_gradients(layer, plan, values):
    """Per-sample gradients by one backward pass for each series."""
    found = []
    for one in values:
        layer.zero_grad()
        layer(one.unsqueeze(0), plan=plan).square().sum().backward()
        found.append([part.grad.clone() for part in layer.parameters()])
    return [torch.stack(parts) for parts in zip(*found, strict=True)]


def assert_near(result, expected, tolerance):
    scale = expected.abs().max().clamp(min=1e-3)
    assert (result - expected).abs().max() <= tolerance * scale


# 1e-10: two orders of summation of float64; float32 has nine digits less.
TOLERANCES = [(torch.float64, 1e-10), (torch.float32, 2e-6)]


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("case", CASES)
def test_gradients_per_sample_are_those_of_a_loop(case, dtype, tolerance, series):
    times, planned, settings = CASES[case]
    layer = make_layer(dtype=dtype, **settings)
    plan = layer.plan(times, **planned)
    values = series(4, times, dtype)
    per_sample = vmap(grad(make_loss(layer, plan)), in_dims=(None, 0))
    gradients = per_sample(parameters_of(layer), values)
    expected = looped_gradients(layer, plan, values)
    for gradient, other in zip(gradients.values(), expected, strict=True):
        assert_near(gradient, other, tolerance)


@pytest.mark.parametrize("kernel", KERNELS)
def test_gradients_per_sample_of_every_kernel(kernel, series):
    layer = make_layer(kernel=kernel)
    plan = layer.plan(REGULAR)
    values = series(4, REGULAR)
    per_sample = vmap(grad(make_loss(layer, plan)), in_dims=(None, 0))
    gradients = per_sample(parameters_of(layer), values)
    expected = looped_gradients(layer, plan, values)
    for gradient, other in zip(gradients.values(), expected, strict=True):
        assert_near(gradient, other, 1e-10)


@pytest.mark.parametrize("case", CASES)
def test_an_ensemble_in_one_call_is_its_members(case, series):
    times, planned, settings = CASES[case]
    layers = [make_layer(seed, **settings) for seed in range(3)]
    plan = layers[0].plan(times, **planned)
    values = series(1, times)

    def call(parameters, buffers):
        state = {**parameters, **buffers}
        return functional_call(layers[0], state, (values,), {"plan": plan})

    outputs = vmap(call)(*stack_module_state(layers))
    for output, layer in zip(outputs, layers, strict=True):
        assert_near(output, layer(values, plan=plan), 1e-10)


@pytest.mark.parametrize("case", CASES)
def test_a_tangent_is_a_difference_quotient(case, series):
    times, planned, settings = CASES[case]
    layer = make_layer(**settings)
    plan = layer.plan(times, **planned)
    values, parameters = series(1, times), parameters_of(layer)
    torch.manual_seed(0)
    directions = {name: torch.randn_like(one) for name, one in parameters.items()}

    def call(parameters):
        return functional_call(layer, parameters, (values,), {"plan": plan})

    _, tangent = jvp(call, (parameters,), (directions,))
    step = 1e-6  # an error of 1e-6^2 of the slope, and 1e-16 / 1e-6 by rounding

    def moved(length):
        return {k: one + length * directions[k] for k, one in parameters.items()}

    ahead, behind = call(moved(step)), call(moved(-step))
    assert_near(tangent, (ahead - behind) / (2 * step), 1e-6)


def test_a_hessian_is_a_difference_quotient_of_gradients(series):
    layer = make_layer(kernel="bands", n_features=2)
    loss = make_loss(layer, layer.plan(REGULAR))
    values, parameters = series(1, REGULAR)[0], parameters_of(layer)

    def by_frequency(frequencies):
        return loss({**parameters, "kernel.frequencies": frequencies}, values)

    at, step = parameters["kernel.frequencies"], 1e-5
    rows = [
        (grad(by_frequency)(at + shift) - grad(by_frequency)(at - shift)) / (2 * step)
        for shift in step * torch.eye(len(at), dtype=at.dtype)
    ]
    assert_near(hessian(by_frequency)(at), torch.stack(rows), 1e-5)
