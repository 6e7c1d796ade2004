"""An accelerator without hardware: device "fakegpu", data on the CPU, strict placement.

torch keeps one device slot for backends outside it and lets Python fill it. A tensor on
"fakegpu" wraps a CPU tensor; an operation unwraps, computes on the CPU and wraps the
result, and raises on mixed devices where CUDA would. A program that runs here with the
CPU's results places every tensor rightly. It proves nothing about kernels, memory or
speed. Stricter than CUDA in one point: an index on the CPU raises, because CUDA
copies it over without a word.

`register` changes the process for good, and must come before the first backward pass
(autograd starts its threads, one per known device, then): conftest.py does it when a
test asks for the fixture `accelerator`. Outside of `FakeAccelerator` the device exists
but says it is not available. `Module.to` does not move parameters that a living graph
still refers to.
"""

import io
import sys
from collections import Counter, OrderedDict

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _DummyPrivateUse1Hook,
    _setup_privateuseone_for_python_backend,
)

NAME = "fakegpu"
aten = torch.ops.aten

# Their result, or its shape, has to come back to the host: a real device waits here.
_WAITS = (
    "_local_scalar_dense",
    "equal",
    "masked_select",
    "nonzero",
    "repeat_interleave",
    "unique_dim",
    "_unique2",
)
# Where CUDA, too, takes a CPU tensor without dimensions for a number.
_TAKES_NUMBERS = ("index_put", "index_put_", "_index_put_impl_", "fill_", "fill")


class FakeTensor(torch.Tensor):
    """A tensor on the fake device; `data_on_cpu` holds its numbers."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, data):
        data = data.resolve_conj().resolve_neg()  # a wrapper cannot carry these bits
        fake = torch.Tensor._make_wrapper_subclass(
            cls,
            data.shape,
            strides=data.stride(),
            storage_offset=data.storage_offset(),
            dtype=data.dtype,
            device=torch.device(NAME, 0),
        )
        fake.data_on_cpu = data
        return fake

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})

    def __reduce_ex__(self, protocol):
        # As a tensor of CUDA does: `torch.load(map_location="cpu")` works, plain
        # `pickle` holds a `torch.save` inside and insists on the device.
        if not _inside(torch.serialization._save):
            buffer = io.BytesIO()
            torch.save(self, buffer)
            return torch.storage._load_from_bytes, (buffer.getvalue(),)
        if isinstance(self, torch.nn.Parameter):
            args = (FakeTensor(self.data_on_cpu), self.requires_grad, OrderedDict())
            return torch._utils._rebuild_parameter, args
        args = (self.data_on_cpu, self.dtype, str(self.device), self.requires_grad)
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, args

    def tolist(self):
        return self.cpu().tolist()

    def numpy(self, *, force=False):
        if not force:
            raise TypeError(f"can't convert a tensor on {self.device} to numpy")
        return self.detach().cpu().numpy()

    def __repr__(self):
        return f"FakeTensor({self.data_on_cpu!r})"


def _inside(function):
    """Whether `function` is among the callers."""
    frame = sys._getframe()
    while frame is not None and frame.f_code is not function.__code__:
        frame = frame.f_back
    return frame is not None


class FakeAccelerator(TorchDispatchMode):
    """Context in which the device works; `syncs` counts the host's waits by name."""

    device = NAME
    active = None

    def __init__(self):
        super().__init__()
        self.syncs = Counter()

    def __enter__(self):
        assert FakeAccelerator.active is None, "one accelerator at a time"
        self._swap = torch.__future__.get_swap_module_params_on_conversion()
        # Module.to() then replaces whole parameters: the class goes with the device.
        torch.__future__.set_swap_module_params_on_conversion(True)
        # torch.tensor(..., device=) builds on the CPU and moves in a visible step.
        torch._C._set_only_lift_cpu_tensors(True)
        FakeAccelerator.active = self
        return super().__enter__()

    def __exit__(self, *exception):
        FakeAccelerator.active = None
        torch._C._set_only_lift_cpu_tensors(False)
        torch.__future__.set_swap_module_params_on_conversion(self._swap)
        return super().__exit__(*exception)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def _run(func, args, kwargs):
    tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
    fakes = [t for t in tensors if isinstance(t, FakeTensor)]
    target = kwargs.get("device")
    on_device = bool(fakes) if target is None else torch.device(target).type == NAME
    if not (fakes or on_device):
        return func(*args, **kwargs)
    if FakeAccelerator.active is None:
        raise RuntimeError(f"{func}: a tensor on {NAME} is used outside of its context")
    if func not in (aten.copy_.default, aten._to_copy.default):
        _check_devices(func, tensors)
    if fakes and _waits(func, args, on_device):
        FakeAccelerator.active.syncs[func.overloadpacket.__name__] += 1
    wrappers = {id(t.data_on_cpu): t for t in fakes}
    args, kwargs = tree_map_only(FakeTensor, lambda t: t.data_on_cpu, (args, kwargs))
    if on_device and target is not None:
        kwargs["device"] = "cpu"
    result = func(*args, **kwargs)
    if func is aten.copy_.default:
        return wrappers.get(id(result), result)
    if not on_device:
        return result
    return tree_map_only(
        torch.Tensor,
        lambda t: wrappers[id(t)] if id(t) in wrappers else FakeTensor(t),
        result,
    )


def _check_devices(func, tensors):
    name = func.overloadpacket.__name__
    number = torch.Tag.pointwise in func.tags or name in _TAKES_NUMBERS
    devices = {
        str(t.device) for t in tensors if not (number and t.ndim == 0 and t.is_cpu)
    }
    if len(devices) > 1:
        shapes = ", ".join(f"{tuple(t.shape)} on {t.device}" for t in tensors)
        raise RuntimeError(
            f"{name}: expected all tensors to be on the same device, found {shapes}"
        )


def _waits(func, args, on_device):
    if func in (aten.index.Tensor, aten.index_put_.default, aten.index_put.default):
        return any(t is not None and t.dtype == torch.bool for t in args[1])
    if func is aten.copy_.default:
        return not isinstance(args[0], FakeTensor)
    if func is aten._to_copy.default:
        return not on_device
    return func.overloadpacket.__name__ in _WAITS


class _Module(_DummyBackendModule):
    """What torch looks up as `torch.fakegpu`."""

    def is_available(self):
        return FakeAccelerator.active is not None

    def manual_seed(self, seed):
        """Random numbers come from the CPU's generator, seeded elsewhere."""

    def get_rng_state(self, device=None):
        return torch.get_rng_state()

    def set_rng_state(self, state, device=None):
        torch.set_rng_state(state)

    def get_amp_supported_dtype(self):
        return [torch.float16, torch.bfloat16]

    def synchronize(self, device=None):
        if FakeAccelerator.active is not None:  # torch's profiler asks at any time
            FakeAccelerator.active.syncs["synchronize"] += 1


class _Hook(_DummyPrivateUse1Hook):
    def is_available(self):
        return FakeAccelerator.active is not None


_registered = False


def register():
    """Make "fakegpu" a device of this process; a second call does nothing."""
    global _registered
    if not _registered:
        _setup_privateuseone_for_python_backend(NAME, _Module(), _Hook())
        # `torch.load` moves storages to `map_location` before it builds tensors; ours
        # are of the CPU and stay there, the tensor is wrapped when it is built.
        torch.serialization.register_package(
            0, lambda storage: None, lambda s, place: s if NAME in place else None
        )
        _registered = True
