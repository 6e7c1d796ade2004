"""torch.compile changes nothing, and does not begin anew at every length."""

import shutil

import pytest
import torch

from ckts.layers import CKConv
from ckts.networks import GatedCKCNN

LENGTHS = (20, 25, 31, 40, 55, 64)
pytestmark = [
    pytest.mark.filterwarnings("ignore:The .grad attribute"),  # of dynamo itself
    pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _compiles_anew():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


class Counter:
    """A backend that runs graphs as they are, and counts them."""

    def __init__(self):
        self.n_graphs = 0

    def __call__(self, graph, inputs):
        self.n_graphs += 1
        return graph.forward


def make_batch(length, *, regular):
    generator = torch.Generator().manual_seed(length)
    times = torch.arange(length, dtype=torch.float64).repeat(2, 1)
    observed = torch.ones(2, length, 3, dtype=torch.bool)
    if not regular:
        times = times + torch.rand(2, length, generator=generator) / 2
        observed = torch.rand(2, length, 3, generator=generator) < 0.7
    return torch.randn(2, length, 3, generator=generator), times, observed


def make_module(kind):
    torch.manual_seed(0)
    if kind == "layer":
        return CKConv(3, 4, horizon=20.0)
    causal = kind == "causal network"
    return GatedCKCNN(3, 2, hidden_channels=8, horizon=20.0, causal=causal).eval()


@pytest.mark.parametrize(
    "kind",
    [
        "layer",
        pytest.param("network", marks=pytest.mark.slow),
        pytest.param("causal network", marks=pytest.mark.slow),
    ],
)
def test_six_lengths_need_no_more_graphs_than_two(kind):
    module, counter = make_module(kind), Counter()
    compiled, counts = torch.compile(module, backend=counter), []
    for length in LENGTHS:
        for regular in (True, False):
            batch = make_batch(length, regular=regular)
            output, expected = compiled(*batch), module(*batch)
            assert (output - expected).abs().max() <= 1e-5 * expected.abs().max()
        counts.append(counter.n_graphs)
    # once for the first length, and once for any
    assert 0 < counts[0] < counts[1]
    assert set(counts[1:]) == {counts[1]}


def slopes(module, run, batch):
    module.zero_grad()
    run(*batch).square().sum().backward()
    return torch.cat([one.grad.flatten() for one in module.parameters()])


@pytest.mark.parametrize(
    ("kind", "backend"),
    [
        ("layer", "aot_eager"),
        pytest.param("network", "aot_eager", marks=pytest.mark.slow),
        pytest.param("layer", "inductor", marks=pytest.mark.slow),
    ],
)
def test_outputs_and_gradients_are_those_of_the_module(kind, backend):
    if backend == "inductor" and shutil.which("g++") is None:
        pytest.skip("inductor needs a compiler of C++")
    module, batch = make_module(kind), make_batch(30, regular=False)
    compiled = torch.compile(module, backend=backend)
    output, expected = compiled(*batch), module(*batch)
    assert (output - expected).abs().max() <= 1e-5 * expected.abs().max()
    found, wanted = slopes(module, compiled, batch), slopes(module, module, batch)
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()
