"""The fake device catches the placement bugs it is there for, and only those."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from skorch import NeuralNetClassifier
from torch import nn
from torch.utils.checkpoint import checkpoint

MIXED = "expected all tensors to be on the same device"


class Bug(nn.Module):
    """A small network whose `forward` leaves the right path by one step."""

    def __init__(self, step):
        super().__init__()
        self.step = step
        self.linear = nn.Linear(3, 3)
        self.forgotten = torch.ones(3)  # neither parameter nor buffer

    def forward(self, x):
        return self.step(self, self.linear(x))


def _write_into_a_cpu_tensor(module, x):
    out = torch.zeros(x.shape)
    out[:] = x * 2
    return out + module.linear.weight.sum() * torch.ones(x.shape)


class CpuInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.full(grad.shape, 2.0)


BUGS = {
    "zeros": lambda m, x: x + torch.zeros(x.shape),
    "ones_of_a_size": lambda m, x: x * torch.ones(3),
    "randn": lambda m, x: x + torch.randn(x.shape),
    "arange": lambda m, x: x * torch.arange(3),
    "linspace": lambda m, x: x * torch.linspace(0, 1, 3),
    "tensor_of_a_list": lambda m, x: x * torch.tensor([1.0, 2.0, 3.0]),
    "numpy_constant": lambda m, x: x * torch.from_numpy(np.ones(3, "float32")),
    "as_tensor": lambda m, x: x * torch.as_tensor(np.ones(3, "float32")),
    "unregistered_buffer": lambda m, x: x + m.forgotten,
    "mask": lambda m, x: x.masked_fill(torch.zeros(x.shape, dtype=torch.bool), 0),
    "where": lambda m, x: torch.where(x > 0, x, torch.zeros(x.shape)),
    "cat": lambda m, x: torch.cat([x, torch.zeros(2, 3)]),
    "stack_with_a_number": lambda m, x: torch.stack([x.sum(), torch.tensor(1.0)]),
    "matmul": lambda m, x: x @ torch.eye(3),
    "einsum": lambda m, x: torch.einsum("ij,jk->ik", x, torch.eye(3)),
    "bmm": lambda m, x: torch.bmm(x[None], torch.eye(3)[None]),
    "new_linear": lambda m, x: nn.Linear(3, 3)(x),
    "new_conv": lambda m, x: nn.Conv1d(3, 3, 1)(x.T[None]),
    "index": lambda m, x: x[torch.tensor([1, 0])],
    "index_of_a_cpu_tensor": lambda m, x: torch.zeros(2, 3)[(x > 0).nonzero()[:, 0]],
    "index_put": lambda m, x: x.index_put((torch.tensor([0]),), x[:1]),
    "gather": lambda m, x: x.gather(1, torch.zeros(2, 1, dtype=torch.long)),
    "index_select": lambda m, x: x.index_select(0, torch.tensor([0])),
    "scatter_add": lambda m, x: x.scatter_add(0, torch.zeros(1, 3).long(), x[:1]),
    "searchsorted": lambda m, x: torch.searchsorted(torch.arange(3.0), x),
    "fft_filter": lambda m, x: torch.fft.rfft(x) * torch.fft.rfft(torch.ones(3)),
    "complex": lambda m, x: torch.complex(x, torch.zeros(x.shape)),
    "embedding": lambda m, x: nn.functional.embedding(torch.tensor([0]), x),
    "layer_norm": lambda m, x: nn.functional.layer_norm(x, (3,), torch.ones(3)),
    "loss_weight": lambda m, x: nn.functional.cross_entropy(
        x, x.argmax(1), weight=torch.ones(3)
    ),
    "other_device_by_name": lambda m, x: x + torch.zeros(3, device="cpu"),
    "half_way_home": lambda m, x: x.cpu() + x,
    "lerp": lambda m, x: torch.lerp(x, torch.zeros(x.shape), 0.5),
    "write_into_a_cpu_tensor": _write_into_a_cpu_tensor,
    "custom_backward": lambda m, x: CpuInBackward.apply(x),
}


@pytest.mark.parametrize("step", BUGS.values(), ids=BUGS)
def test_misplaced_tensor_raises(accelerator, step):
    network = Bug(step).to(accelerator.device)
    x = torch.ones(2, 3, device=accelerator.device)
    with pytest.raises(RuntimeError, match=MIXED):
        network(x).sum().backward()


@pytest.mark.parametrize("convert", [np.asarray, lambda tensor: tensor.numpy()])
def test_numpy_of_a_device_tensor_raises(accelerator, convert):
    with pytest.raises(TypeError, match="can't convert a tensor on fakegpu"):
        convert(torch.ones(2, device=accelerator.device))


def test_use_outside_of_the_context_raises(accelerator):
    x = torch.ones(2, device=accelerator.device)
    accelerator.__exit__(None, None, None)
    try:
        with pytest.raises(RuntimeError, match="outside of its context"):
            x + 1
        assert not torch.accelerator.is_available()
    finally:
        accelerator.__enter__()


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


def _fft_convolution(x):
    spectrum = torch.fft.rfft(x, n=16) * torch.fft.rfft(x.flip(-1), n=16).conj()
    return torch.fft.irfft(spectrum, n=16)[..., :7]


def _scattered(x):
    index = torch.arange(x.shape[1], device=x.device) // 2
    sums = x.new_zeros(x.shape[0], 4)
    sums = sums.index_add(1, index, x)
    return sums.scatter_add(1, index.expand_as(x), x).gather(1, index.expand_as(x))


def _written_in_place(x):
    out = torch.zeros_like(x)
    out[:, 1:] = x[:, :-1].diff(prepend=x[:, :1])
    out[x > 0] += 1.0
    out[:, :2] = 3.0
    return out.mul_(2).clamp_(min=-1)


def _number_from_the_cpu(x):
    return x * torch.tensor(2.0) + np.float64(3.0)


def _complex_parts(x):
    z = torch.polar(x.abs(), x) * 1j
    return torch.view_as_real(z).sum(-1) + z.conj().imag


GOOD = {
    "fft": _fft_convolution,
    "in_place": lambda x: _written_in_place(x.sin()),
    "complex": _complex_parts,
    "scatter": _scattered,
    "number": _number_from_the_cpu,
    "custom_function": Square.apply,
    "checkpoint": lambda x: checkpoint(Square.apply, x.sin(), use_reentrant=False),
    "checkpoint_reentrant": lambda x: checkpoint(torch.sin, x, use_reentrant=True),
    "views": lambda x: x.T.reshape(2, -1).unfold(1, 3, 2).permute(2, 0, 1).flatten(),
    "sort": lambda x: x.sort(dim=1).values.cumsum(1).cummax(1).values,
    "softmax": lambda x: x.log_softmax(1).logsumexp(1),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("program", GOOD.values(), ids=GOOD)
def test_right_program_gives_the_values_and_gradients_of_the_cpu(
    accelerator, program, dtype
):
    start = torch.linspace(-1, 2, 14, dtype=dtype).reshape(2, 7)
    results = []
    for device in ("cpu", accelerator.device):
        x = start.clone().to(device).requires_grad_()
        out = program(x)
        assert (out.device.type, out.dtype) == (device, dtype)
        out.square().sum().backward()
        assert x.grad.device.type == device
        results.append((out.detach().cpu(), x.grad.cpu()))
    # The same CPU kernels ran: equality is exact.
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_waits_of_the_host_are_counted(accelerator):
    x = torch.arange(4.0, device=accelerator.device)
    y = x * 2 + 1
    assert not accelerator.syncs
    y.sum().item()
    x[x > 1]
    y.cpu()
    torch.zeros(4).copy_(y)
    assert bool((x < 5).all())
    assert accelerator.syncs == {
        "_local_scalar_dense": 2,
        "index": 1,
        "_to_copy": 1,
        "copy_": 1,
    }


def test_optimizer_step_moves_the_parameters_in_place(accelerator):
    layer = nn.Linear(2, 1).to(accelerator.device)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    before = layer.weight.detach().cpu()
    for _ in range(2):
        optimizer.zero_grad()
        layer(torch.ones(3, 2, device=accelerator.device)).sum().backward()
        optimizer.step()
    assert isinstance(layer.weight, nn.Parameter)
    assert torch.allclose(before - layer.weight.cpu(), torch.tensor(0.2), atol=0.01)


def _classes():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 4)).astype("float32")
    return X, (X[:, 0] > X[:, 1]).astype("int64")


def _fitted_net(device, module, **options):
    torch.manual_seed(0)
    net = NeuralNetClassifier(
        module,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        max_epochs=3,
        lr=0.1,
        device=device,
        verbose=0,
        **options,
    )
    return net.fit(*_classes())


def _module(hidden):
    return nn.Sequential(
        nn.Linear(4, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, 2)
    )


def test_skorch_fit_equals_the_fit_on_the_cpu(accelerator):
    X, _ = _classes()
    on_device, on_cpu = (
        _fitted_net(device, _module, module__hidden=8)
        for device in (accelerator.device, "cpu")
    )
    assert next(on_device.module_.parameters()).device.type == accelerator.device
    assert np.array_equal(on_device.predict_proba(X), on_cpu.predict_proba(X))
    assert on_device.history[:, "valid_loss"] == on_cpu.history[:, "valid_loss"]


def test_fitted_net_opens_where_the_device_is_unknown(accelerator, tmp_path):
    X, _ = _classes()
    net = _fitted_net(
        accelerator.device, nn.Linear, module__in_features=4, module__out_features=2
    )
    expected = net.predict_proba(X)
    net.device = "cpu"  # skorch reads it, to choose where the tensors go
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(net))
    np.save(tmp_path / "X.npy", X)
    code = (
        "import pickle, numpy as np\n"
        "net = pickle.load(open('net.pkl', 'rb'))\n"
        "np.save('out.npy', net.predict_proba(np.load('X.npy')))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert np.array_equal(np.load(tmp_path / "out.npy"), expected)


def test_state_dict_opens_where_map_location_says(accelerator, tmp_path):
    layer = nn.Linear(2, 2)
    expected = layer.weight.detach().clone()
    torch.save(layer.to(accelerator.device).state_dict(), tmp_path / "state.pt")
    for location in ("cpu", accelerator.device, None):
        state = torch.load(tmp_path / "state.pt", map_location=location)
        assert state["weight"].device.type == (location or accelerator.device)
        assert torch.equal(state["weight"].cpu(), expected)


def test_tensor_outside_of_the_net_does_not_open_elsewhere(accelerator, tmp_path):
    tensor = nn.Parameter(torch.ones(2, device=accelerator.device))
    blob = tmp_path / "tensor.pkl"
    blob.write_bytes(pickle.dumps(tensor))
    back = pickle.loads(blob.read_bytes())
    assert isinstance(back, nn.Parameter)
    assert back.device.type == accelerator.device
    code = f"import pickle; pickle.load(open({str(blob)!r}, 'rb'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0
    assert "device" in done.stderr
