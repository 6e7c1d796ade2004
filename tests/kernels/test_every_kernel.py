"""What every kernel holds to, and its errors."""

import copy
import io
import math
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from ckts.kernels import (
    KERNELS,
    AbstractKernel,
    BandKernel,
    check_kernel_params,
    make_kernel,
)
from kernel_cases import N_IN, N_OUT, make, some_lags


@pytest.fixture(params=KERNELS)
def name(request):
    return request.param


# --- the contract ---------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4), (0, 4)])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_shapes_follow_the_lags(name, shape, causal):
    kernel = make(name, causal=causal)
    lags = some_lags(*shape)
    assert kernel.features(lags).shape == (*shape, kernel.n_features)
    assert kernel.mixing().shape == (N_OUT, N_IN, kernel.n_features)
    assert kernel(lags).shape == (*shape, N_OUT, N_IN)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_a_kernel_is_features_and_one_mixing(name, causal):
    kernel = make(name, causal=causal)
    for lag in some_lags(7, low=0.0 if causal else -1.3):
        features, mixing = kernel.features(lag), kernel.mixing()
        for out in range(N_OUT):
            for channel in range(N_IN):
                expected = features @ mixing[out, channel]
                assert torch.isclose(kernel(lag)[out, channel], expected, rtol=1e-12)


def test_features_within_the_horizon_are_the_basis(name):
    kernel = make(name)
    lags = torch.linspace(0, 1, 50, dtype=torch.float64)
    assert torch.equal(kernel.features(lags), kernel.basis(lags))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_kernel_is_zero_from_a_quarter_beyond_the_horizon_on(name, dtype):
    kernel = make(name, dtype=dtype, causal=False)
    far = torch.tensor([1.25, 1.2501, 2, 1e6, 1e300, math.inf], dtype=torch.float64)
    for lags in (far, -far):
        assert (kernel.features(lags) == 0).all()
        assert (kernel(lags) == 0).all()


def test_half_precision_is_float32_of_rounded_parameters(name):
    # bfloat16 tells 32 lags apart between the horizon and its quarter
    kernel = make(name, dtype=torch.bfloat16)
    lags = torch.linspace(0, 1.25, 401, dtype=torch.float64)
    expected = copy.deepcopy(kernel).float().features(lags)
    found = kernel.features(lags, dtype=torch.float32)
    assert torch.equal(found, expected)
    assert torch.equal(kernel.features(lags), expected.bfloat16())
    (found.square().sum() + kernel.mixing().sum()).backward()
    for parameter in kernel.parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all()


def slope_of(kernel):
    lags = torch.linspace(-1.3, 1.3, 20_001, dtype=torch.float64)
    values = kernel(lags)
    return (values.diff(dim=0).abs().max() / (lags[1] - lags[0])).item()


def test_a_kernel_fades_smoothly(name):
    # C1: values and slopes on either side of the joints agree
    kernel = make(name, causal=False)
    eps = 1e-7
    for joint in (1.0, 1.25, -1.0, -1.25):
        lags = torch.tensor([joint - eps, joint, joint + eps], dtype=torch.float64)
        before, at, after = kernel(lags)
        scale = kernel(some_lags(200, low=-1.3)).abs().max()
        steepest = slope_of(kernel)
        assert (after - before).abs().max() < 3 * eps * steepest
        left, right = (at - before) / eps, (after - at) / eps
        # slopes differ by the curvature (100 times the value, or the kernel's own)
        assert (right - left).abs().max() < 1e-3 * (steepest + scale)


def test_gradients_exist_at_an_infinite_lag(name):
    # what does not enter is masked by an infinite lag
    kernel = make(name)
    lags = torch.tensor([0.3, math.inf, 2.0], dtype=torch.float64, requires_grad=True)
    kernel(lags).sum().backward()
    assert lags.grad.isfinite().all()
    assert lags.grad[1:].tolist() == [0, 0]
    for parameter in kernel.parameters():
        assert parameter.grad.isfinite().all()


def test_float64_lags_keep_their_precision_in_float32_kernels(name):
    kernel = make(name, dtype=torch.float32)
    twin = copy.deepcopy(kernel).double()
    lags = some_lags(500)
    values = kernel(lags)
    assert values.dtype == torch.float32
    expected = twin(lags)
    # phases of about 100 rad, as float32 holds them
    assert (values - expected).abs().max() < 2e-5 * expected.abs().max()


def test_gradients_are_those_of_finite_differences(name):
    torch.manual_seed(0)
    params = {
        "siren": {"omega_0": 3.0, "hidden_features": 4},
        "bands": {"n_features": 4},
        "fourier": {"n_frequencies": 4},
        "recurrent": {},
    }.get(name, {"hidden_features": 4})
    kernel = make_kernel(name, 2, 1, n_steps=10.0, **params).double()
    # no lag near a bend of a piecewise kernel or of the fade
    lags = some_lags(5, low=0.02, high=1.2).requires_grad_()
    names, parameters = zip(*kernel.named_parameters(), strict=True)

    def value(lags, *parameters):
        state = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(kernel, state, (lags,))

    assert torch.autograd.gradcheck(value, (lags, *parameters))
    assert torch.autograd.gradcheck(value, (lags.detach(), *parameters))


def test_forward_sets_no_attribute(name):
    kernel = make(name)
    attributes = {module: set(vars(module)) for module in kernel.modules()}
    state = {key: value.clone() for key, value in kernel.state_dict().items()}
    first = kernel(some_lags(9))
    kernel(some_lags(2, 3))
    kernel.float()(some_lags(4).float())
    kernel.double().load_state_dict(state)
    assert torch.equal(kernel(some_lags(9)), first)
    assert attributes == {module: set(vars(module)) for module in kernel.modules()}


def test_a_kernel_can_be_copied_pickled_and_saved(name):
    kernel = make(name)
    lags = some_lags(9)
    expected = kernel(lags)
    file = io.BytesIO()
    torch.save(kernel.state_dict(), file)
    file.seek(0)
    other = make(name, seed=1)
    assert not torch.equal(other(lags), expected)
    other.load_state_dict(torch.load(file))
    copies = copy.deepcopy(kernel), pickle.loads(pickle.dumps(kernel)), other
    for twin in copies:
        assert torch.equal(twin(lags), expected)
    # and is on its own afterwards
    with torch.no_grad():
        for parameter in kernel.parameters():
            parameter.add_(1)
    for twin in copies:
        assert torch.equal(twin(lags), expected)


def test_the_same_seed_makes_the_same_kernel(name):
    lags = some_lags(9)
    assert torch.equal(make(name)(lags), make(name)(lags))
    assert not torch.equal(make(name)(lags), make(name, seed=1)(lags))


def test_a_generator_draws_what_the_global_one_would(name):
    expected = make(name, seed=6, dtype=torch.float32).state_dict()
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(6)
    got = make_kernel(name, N_IN, N_OUT, generator=generator).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(got[key], expected[key]) for key in expected)
    assert torch.equal(generator.get_state(), before)  # and as many numbers


def test_a_kernel_that_takes_no_generator_is_made_from_one_all_the_same(monkeypatch):
    class Foreign(BandKernel):
        def __init__(self, in_channels, out_channels, *, causal, n_steps):
            super().__init__(in_channels, out_channels, causal=causal, n_steps=n_steps)

    monkeypatch.setitem(KERNELS, "foreign", Foreign)
    before = torch.get_rng_state()
    one, same, other = (
        make_kernel("foreign", 1, 1, generator=torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.phases, same.phases)
    assert not torch.equal(one.phases, other.phases)
    # without a generator it draws from the global one as ever
    torch.manual_seed(5)
    expected = BandKernel(1, 1)
    torch.manual_seed(5)
    assert torch.equal(make_kernel("foreign", 1, 1).phases, expected.phases)


def test_every_parameter_learns(name):
    kernel = make(name, dtype=torch.float32)
    kernel(some_lags(50)).square().sum().backward()
    for key, parameter in kernel.named_parameters():
        if key != "first.direction":  # a row of one number: only its sign matters
            assert (parameter.grad != 0).any(), key


def test_responses_begin_at_the_scale_of_the_signal(name):
    # sums over 100 steps of unit noise neither vanish nor explode
    energies = []
    for seed in range(20):
        values = make(name, seed=seed, n_steps=100.0)(torch.arange(100).double() / 100)
        energies.append(values.square().sum((0, 2)).mean().item())
    assert 0.1 < np.median(energies) < 200


@pytest.mark.parametrize("fused", ["bands", "siren"])
def test_fused_kernels_raise_at_a_second_derivative(fused):
    # what they save are intermediates: it would be wrong in silence
    kernel = make(fused)
    values = kernel(some_lags(5)).square().sum()
    parameter = kernel.phases if fused == "bands" else kernel.first.bias
    (gradient,) = torch.autograd.grad(values, parameter, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_a_kernel_of_ones_own_needs_two_methods():
    class Constant(AbstractKernel):
        def __init__(self):
            super().__init__(1, 1, n_features=1, causal=True)
            self.level = nn.Parameter(torch.ones(1, 1, 1))

        def basis(self, lags):
            return torch.ones_like(lags).unsqueeze(-1)

        def mixing(self):
            return self.level

    lags = torch.tensor([0.0, 0.5, 1.25, 3.0])
    assert Constant()(lags).flatten().tolist() == [1, 1, 0, 0]
    with pytest.raises(TypeError, match="abstract"):
        AbstractKernel(1, 1, n_features=1, causal=True)


# --- errors ---------------------------------------------------------------------------


def test_an_unknown_kernel_raises():
    with pytest.raises(
        ValueError,
        match="`kernel` must be one of 'bands', 'siren', 'fourier', 'relu', "
        "'leaky_relu', 'swish', 'recurrent'; got 'sine'",
    ):
        make_kernel("sine", 1, 1)


def test_an_unknown_parameter_raises_with_those_that_exist(name):
    known = {
        "bands": "['n_features']",
        "siren": "['bias_init', 'hidden_features', 'omega_0']",
        "fourier": "['n_frequencies', 'scale']",
        "recurrent": "It takes []",
    }.get(name, "['hidden_features']")
    with pytest.raises(ValueError, match=r"got \['omega'\]. It takes") as raised:
        make_kernel(name, 1, 1, omega=3.0)
    assert known in str(raised.value)


@pytest.mark.parametrize(
    ("name", "params", "error", "message"),
    [
        ("bands", {"n_features": 0}, ValueError, "`n_features` must be at least 1"),
        ("siren", {"hidden_features": 0}, ValueError, "`hidden_features` must be at"),
        ("relu", {"hidden_features": 0}, ValueError, "`hidden_features` must be at"),
        (
            "swish",
            {"hidden_features": 2.0},
            TypeError,
            "`hidden_features` must be an",
        ),
        (
            "fourier",
            {"n_frequencies": 0},
            ValueError,
            "`n_frequencies` must be at",
        ),
        ("fourier", {"n_frequencies": 1.5}, TypeError, "integer; got 1.5"),
        ("fourier", {"scale": 0.0}, ValueError, "`scale` must be positive and finite"),
        ("siren", {"omega_0": -1.0}, ValueError, "`omega_0` must be positive and fini"),
        ("siren", {"omega_0": "30"}, TypeError, "`omega_0` must be a number; got '30'"),
        (
            "siren",
            {"bias_init": "zero"},
            ValueError,
            "`bias_init` must be one of 'period', 'fan_in'; got 'zero'",
        ),
    ],
)
def test_wrong_parameters_raise(name, params, error, message):
    with pytest.raises(error, match=message):
        make_kernel(name, 1, 1, **params)


def test_an_unknown_activation_raises():
    with pytest.raises(
        ValueError,
        match="`activation` must be one of 'relu', 'leaky_relu', 'swish'; got 'tanh'",
    ):
        KERNELS["relu"](1, 1, activation="tanh")


def test_parameters_must_be_those_of_the_kernel():
    for name in KERNELS:
        check_kernel_params(name, {})
    check_kernel_params("siren", {"omega_0": 3})
    message = (
        r"^`kernel_params` must only hold parameters of the kernel; got \['a', "
        r"'omega_0'\]\. It takes \['n_features'\]\.$"
    )
    with pytest.raises(ValueError, match=message):
        check_kernel_params("bands", {"omega_0": 3, "a": 1, "n_features": 2})
    # these are the convolution's business
    ours = {"in_channels", "out_channels", "causal", "n_steps", "generator"}
    for name in (*ours, "activation"):
        with pytest.raises(ValueError, match="`kernel_params` must only hold"):
            check_kernel_params("relu", {name: 1})
