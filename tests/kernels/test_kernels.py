"""What every kernel keeps, and what each of them begins as."""

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
    SirenKernel,
    make_kernel,
)
from ckts.kernels.bands import _WindowedSines, windowed_sines
from ckts.kernels.base import fade
from ckts.kernels.piecewise import ACTIVATIONS
from ckts.kernels.weight_norm import WeightNormLinear

N_IN, N_OUT = 3, 2


@pytest.fixture(params=KERNELS)
def name(request):
    return request.param


def make(name, *, seed=0, dtype=torch.float64, **params):
    torch.manual_seed(seed)
    return make_kernel(name, N_IN, N_OUT, **params).to(dtype)


def some_lags(*shape, low=0.0, high=1.3):
    generator = torch.Generator().manual_seed(1)
    uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
    return low + (high - low) * uniform


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


def test_half_precision_fades_as_float32_does(name):
    # bfloat16 tells 32 lags apart between the horizon and its quarter
    kernel = make(name, dtype=torch.bfloat16)
    lags = torch.linspace(1, 1.25, 401, dtype=torch.float64)
    basis = kernel.basis(lags.to(torch.bfloat16))
    expected = basis.double() * fade(lags).unsqueeze(-1)
    error = (kernel.features(lags).double() - expected).abs().max()
    assert error < 2**-7 * basis.abs().max()


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


def slope_of(kernel):
    lags = torch.linspace(-1.3, 1.3, 20_001, dtype=torch.float64)
    values = kernel(lags)
    return (values.diff(dim=0).abs().max() / (lags[1] - lags[0])).item()


def test_the_window_is_the_smooth_step_of_degree_seven():
    lags = torch.tensor([-2, -1.25, -1.125, -0.3, 0, 1, 1.0625, 1.125, 1.1875, 1.25])
    lost = 4.0**-4 * (35 - 84 / 4 + 70 / 16 - 20 / 64)
    expected = [0, 0, 0.5, 1, 1, 1, 1 - lost, 0.5, lost, 0]
    np.testing.assert_allclose(fade(lags.double()), expected, atol=1e-15)


def test_three_derivatives_of_the_window_are_continuous():
    for joint in (1.0, 1.25):
        lags = torch.tensor(joint, dtype=torch.float64, requires_grad=True)
        sides = (fade(lags * (1 + side)) for side in (-1e-9, 1e-9))
        derivatives = [[side] for side in sides]
        for _ in range(3):
            for side in derivatives:
                side += torch.autograd.grad(side[-1], lags, create_graph=True)
        for before, after in zip(*derivatives, strict=True):
            assert (before - after).abs() < 1e-2


def test_the_window_of_an_infinite_lag_is_zero():
    assert fade(torch.tensor([math.inf, -math.inf])).tolist() == [0, 0]


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
    params = {"siren": {"omega_0": 3.0}}.get(name, {})
    sizes = "n_frequencies" if name == "fourier" else "hidden_features"
    sizes = "n_features" if name == "bands" else sizes
    kernel = make_kernel(name, 2, 1, n_steps=10.0, **{sizes: 4}, **params).double()
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


# --- errors ---------------------------------------------------------------------------


def test_an_unknown_kernel_is_refused():
    with pytest.raises(
        ValueError,
        match="`kernel` must be one of 'bands', 'siren', 'fourier', 'relu', "
        "'leaky_relu', 'swish'; got 'sine'",
    ):
        make_kernel("sine", 1, 1)


def test_an_unknown_parameter_is_refused_with_those_that_exist(name):
    known = {
        "bands": "['n_features']",
        "siren": "['bias_init', 'hidden_features', 'omega_0']",
        "fourier": "['n_frequencies', 'scale']",
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
def test_wrong_parameters_are_refused(name, params, error, message):
    with pytest.raises(error, match=message):
        make_kernel(name, 1, 1, **params)


def test_an_unknown_activation_is_refused():
    with pytest.raises(
        ValueError,
        match="`activation` must be one of 'relu', 'leaky_relu', 'swish'; got 'tanh'",
    ):
        KERNELS["relu"](1, 1, activation="tanh")


# --- weight normalization -------------------------------------------------------------


def test_weight_normalization_keeps_the_weight_it_began_with():
    weight, bias = torch.randn(5, 3), torch.randn(5)
    layer = WeightNormLinear(weight, bias)
    inputs = torch.randn(7, 3)
    torch.testing.assert_close(layer.weight, weight)
    torch.testing.assert_close(layer(inputs), inputs @ weight.T + bias)


def test_weight_normalization_separates_length_and_direction():
    layer = WeightNormLinear(torch.randn(5, 3), torch.zeros(5)).double()
    before = layer.weight.detach()
    with torch.no_grad():
        layer.direction.mul_(3)
    torch.testing.assert_close(layer.weight, before)
    with torch.no_grad():
        layer.magnitude.mul_(2)
    torch.testing.assert_close(layer.weight, 2 * before)


# --- SIREN (paper, 4.2, B.2, E.1) -----------------------------------------------------


@pytest.mark.parametrize("omega_0", [1.0, 30.0])
def test_the_siren_initialization_survives_weight_normalization(omega_0):
    kernel = make("siren", omega_0=omega_0, hidden_features=256)
    kernel(some_lags(3))  # in the authors' code the first pass discards it
    bound = math.sqrt(6 / 256) / omega_0
    for layer in (kernel.second, kernel.last):
        assert layer.weight.abs().max() <= bound * (1 + 1e-6)
        rms = layer.weight.square().mean().sqrt().item()
        assert rms == pytest.approx(bound / math.sqrt(3), rel=0.02)  # uniform
    assert kernel.first.weight.abs().max() <= 1
    assert kernel.first.weight.abs().mean().item() == pytest.approx(0.5, abs=0.06)
    assert (kernel.last.bias == 0).all()


def test_siren_weights_are_as_small_as_the_formula_says():
    # measured in the authors' code: 0.1034, where the formula says 0.0083
    weights = [make("siren", seed=seed).second.weight for seed in range(10)]
    rms = torch.stack(weights).square().mean().sqrt().item()
    assert rms == pytest.approx(0.00833, rel=0.02)


def test_siren_is_the_network_of_the_paper():
    kernel = make("siren", omega_0=7.0)
    lag = torch.tensor(0.3, dtype=torch.float64)
    hidden = torch.tensor([1 - 2 * 0.3], dtype=torch.float64)  # present +1, oldest -1
    for layer in (kernel.first, kernel.second):
        hidden = torch.sin(7.0 * (layer.weight @ hidden + layer.bias))
    expected = kernel.last.weight @ hidden + kernel.last.bias
    torch.testing.assert_close(kernel(lag).flatten(), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (0,)])
def test_the_fused_siren_is_its_plain_twin(shape, causal):
    kernel = make("siren", omega_0=7.0, causal=causal)
    lags = some_lags(*shape, low=-1.25, high=1.25)
    parameters = (*kernel.first.parameters(), *kernel.second.parameters())
    sensitivity = torch.randn(*shape, 33, dtype=torch.float64)
    results = []
    for basis in (kernel.basis, super(SirenKernel, kernel).basis):
        values = basis(lags)
        gradients = torch.autograd.grad((values * sensitivity).sum(), parameters)
        results.append((values, *gradients))
    for got, expected in zip(*results, strict=True):
        assert got.shape == expected.shape
        scale = expected.abs().max().item() if expected.numel() else 1.0
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-12 * max(scale, 1))


@pytest.mark.parametrize("bias_init", ["period", "fan_in"])
def test_siren_biases_are_those_of_their_formula(bias_init):
    omega_0, width = 30.0, 4000
    torch.manual_seed(0)
    kernel = make_kernel("siren", 1, 1, omega_0=omega_0, bias_init=bias_init)
    # the same draws
    torch.manual_seed(0)
    weights = torch.empty(32, 1).uniform_(-1, 1)
    draw = 2 * torch.rand(32) - 1
    bias = kernel.first.bias.detach().double()
    if bias_init == "fan_in":
        assert torch.equal(bias, draw.double())  # fan_in is 1
    else:
        literal = math.pi / weights.norm(dim=1).double() * draw
        turns = omega_0 * (literal - bias) / (2 * math.pi)
        # whole turns are the same sine; float32 holds the literal phase to 1e-3 or so
        assert (turns - turns.round()).abs().max() < 1e-3
        assert bias.abs().max() <= math.pi / omega_0 * (1 + 1e-6)
    wide = make_kernel(
        "siren", 1, 1, omega_0=omega_0, bias_init=bias_init, hidden_features=width
    )
    bound = 1.0 if bias_init == "fan_in" else math.pi / omega_0
    rms = wide.first.bias.square().mean().sqrt().item()
    assert rms == pytest.approx(bound / math.sqrt(3), rel=0.03)  # uniform
    bound = 1 / math.sqrt(width) if bias_init == "fan_in" else math.pi / omega_0
    rms = wide.second.bias.square().mean().sqrt().item()
    assert rms == pytest.approx(bound / math.sqrt(3), rel=0.03)


def test_few_oscillations_keep_the_biases_of_the_paper():
    # at a small omega_0 the interval of B.2 is less than a period: nothing to cut
    torch.manual_seed(0)
    kernel = make_kernel("siren", 1, 1, omega_0=1.0)
    norms = kernel.second.weight.norm(dim=1)
    inside = math.pi / norms <= math.pi
    assert inside.any()
    assert (kernel.second.bias.abs() <= math.pi / norms + 1e-6)[inside].all()


# --- piecewise kernels (paper, B.1) ---------------------------------------------------


def bends(function, n_points=40_001):
    """Places in (-1, 1) where the slope of a piecewise linear function changes."""
    points = torch.linspace(-1, 1, n_points, dtype=torch.float64)
    slopes = function(points.unsqueeze(-1)).diff(dim=0)
    change = slopes.diff(dim=0).abs()
    return points[1:-1], change


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_neurons_of_the_first_layer_bend_at_uniform_places(name):
    kernel = make(name, hidden_features=4000)
    weight, bias = kernel.first.weight.squeeze(1), kernel.first.bias
    knots = (-bias / weight).detach()
    assert knots.abs().max() <= 1 + 1e-6
    quantiles = torch.quantile(knots, torch.tensor([0.1, 0.5, 0.9]).double())
    np.testing.assert_allclose(quantiles, [-0.8, 0, 0.8], atol=0.06)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_neuron_of_the_second_layer_is_zero_at_its_own_uniform_place(name):
    kernel = make(name, hidden_features=300)
    # the points where the first layer was evaluated are its knots, in another order
    knots = -kernel.first.bias / kernel.first.weight.squeeze(1)
    hidden = ACTIVATIONS[name](kernel.first(knots.unsqueeze(-1)))
    inputs = kernel.second(hidden)  # (knot, neuron)
    nearest = inputs.abs().min(dim=0)
    scale = inputs.abs().mean()
    assert (nearest.values < 1e-5 * scale).all()
    assert len(nearest.indices.unique()) == 300  # each neuron has its own


def test_a_relu_kernel_bends_all_over_the_horizon():
    kernel = make("relu", dtype=torch.float64)
    lags, change = bends(lambda points: kernel.basis((1 - points.squeeze(-1)) / 2))
    places = lags[(change > 1e-8).any(dim=1)]
    # not around the origin only, as with zero biases: every tenth has its knots
    counts = torch.histc(places, bins=10, min=-1, max=1)
    assert (counts > 0).all()


# --- random Fourier features ----------------------------------------------------------


def test_fourier_features_are_cosines_and_sines_of_fixed_frequencies():
    kernel = make("fourier", n_steps=80.0, n_frequencies=2000)
    assert "frequencies" not in dict(kernel.named_parameters())
    frequencies = kernel.frequencies
    assert frequencies.std().item() == pytest.approx(10.0, rel=0.05)  # 80 / 8
    lag = torch.tensor(0.37, dtype=torch.float64)
    phases = 2 * math.pi * 0.37 * frequencies
    expected = torch.cat([phases.cos(), phases.sin()])
    torch.testing.assert_close(kernel.features(lag), expected)


# --- bands ----------------------------------------------------------------------------


def test_band_features_are_windowed_sines():
    kernel = make("bands", n_features=5)
    lag = 0.37
    for k, feature in enumerate(kernel.features(torch.tensor(lag).double())):
        angle = 2 * math.pi * kernel.frequencies[k] * lag + kernel.phases[k]
        window = torch.exp(-((lag / kernel.log_widths[k].exp()) ** 2) / 2)
        expected = kernel.gain[k] * window * angle.sin()
        assert torch.isclose(feature, expected, rtol=1e-6)


@pytest.mark.parametrize("n_steps", [0.5, 2.0, 60.0, 10_000.0, 1e9])
def test_bands_begin_between_half_a_cycle_and_half_of_nyquist(n_steps):
    kernel = make("bands", n_steps=n_steps)
    n_steps = min(n_steps, 2**16)  # what a mesh can follow
    low, high = kernel.frequencies.min().item(), kernel.frequencies.max().item()
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(max(n_steps / 4, 1))
    ratios = kernel.frequencies[1:] / kernel.frequencies[:-1]
    torch.testing.assert_close(ratios, ratios[:1].expand(31), rtol=1e-4, atol=0)
    widths = kernel.log_widths.exp()
    assert widths.max().item() == pytest.approx(1)
    assert widths.min().item() == pytest.approx(min(2 / n_steps, 0.5))


@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (0,)])
def test_the_fused_band_kernel_is_its_plain_twin(shape):
    kernel = make("bands")
    lags = some_lags(*shape, low=-1.25, high=1.25)
    parameters = kernel.frequencies, kernel.phases, kernel.log_widths
    sensitivity = torch.randn(*shape, 32, dtype=torch.float64)
    results = []
    for function in (_WindowedSines.apply, windowed_sines):
        values = function(lags, *parameters, kernel.gain)
        gradients = torch.autograd.grad((values * sensitivity).sum(), parameters)
        results.append((values, *gradients))
    for got, expected in zip(*results, strict=True):
        assert got.shape == expected.shape
        scale = expected.abs().max().item() if expected.numel() else 1.0
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-13 * max(scale, 1))


def test_narrow_windows_are_zero_beyond_them():
    # exponents are clipped at -40: no denormals, and nothing that a sum could notice
    kernel = make("bands")
    with torch.no_grad():
        kernel.log_widths.fill_(math.log(1e-3))
    values = kernel.features(torch.tensor([0.5, 1.0], dtype=torch.float64))
    assert values.abs().max() < 1e-17 * kernel.gain.max()
    values.sum().backward()
    assert kernel.log_widths.grad.isfinite().all()


def test_bands_give_gradients_to_lags_when_asked():
    kernel = make("bands")
    lags = some_lags(5, high=0.9).requires_grad_()
    values = kernel(lags)
    (gradient,) = torch.autograd.grad(values.sum(), lags)
    eps = 1e-6
    with torch.no_grad():
        moved = kernel(lags + eps) - kernel(lags - eps)
    expected = moved.sum((1, 2)) / (2 * eps)
    torch.testing.assert_close(gradient, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("fused", ["bands", "siren"])
def test_fused_kernels_refuse_a_second_derivative(fused):
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
