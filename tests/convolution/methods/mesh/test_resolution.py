"""How fine a mesh a kernel needs, and that its check sees what it must."""

import copy
import math

import pytest
import torch
from scipy.interpolate import make_interp_spline

from ckconv_cases import MESH, N_IN, assert_like_direct_sum
from ckts.convolution.methods.mesh.resolution import (
    FINEST,
    TOLERANCE,
    make_stretches,
    mesh_resolution,
)
from ckts.convolution.methods.mesh.resolution import mesh_error as error_between
from ckts.convolution.methods.mesh.splines import NODES
from ckts.kernels import KERNELS, AbstractKernel, BandKernel, SirenKernel
from ckts.layers import CKConv, ckconv
from time_patterns import draw_pattern

KINKS = ["relu", "leaky_relu"]
SMOOTH = [name for name in KERNELS if name not in KINKS]
IRREGULAR = draw_pattern("uniform", 4000).unsqueeze(0)


def mesh_error(kernel, resolution):
    kernel = copy.deepcopy(kernel).double()
    return error_between(kernel, resolution, make_stretches(kernel.causal))


def make_bands(cycles, *, n_out=8, causal=True):
    """Kernel whose fastest feature has so many cycles per horizon."""
    torch.manual_seed(0)
    kernel = BandKernel(N_IN, n_out, causal=causal, n_steps=4 * cycles)
    # bands begin below what a mesh can follow; a training may make them faster
    faster = cycles / kernel.frequencies.max().item()
    kernel.frequencies.data.mul_(max(faster, 1.0))
    return kernel


class Waves(AbstractKernel):
    """Sines that do not fade beyond the horizon."""

    def __init__(self, *cycles):
        super().__init__(1, 1, n_features=len(cycles), causal=True)
        self.frequencies = 2 * math.pi * torch.tensor(cycles)
        self.gain = torch.ones(len(cycles))
        self.weight = torch.nn.Parameter(torch.ones(1, 1, len(cycles)))

    def basis(self, lags):
        phases = lags.unsqueeze(-1) * self.frequencies.to(lags.dtype)
        return torch.sin(phases) * self.gain

    def features(self, lags):
        return self.basis(lags)

    def mixing(self):
        return self.weight


def interpolation_error(kernel, resolution):
    """Error of scipy's spline of degree seven through the kernel, at many lags."""
    kernel = copy.deepcopy(kernel).double()
    steps = torch.arange(-100, math.ceil(1.25 * resolution) + 101).double()
    lags = torch.linspace(0, 1.25 * resolution, 9001, dtype=torch.float64)
    with torch.no_grad():
        samples = kernel(steps / resolution).flatten(1)
        exact = kernel(lags / resolution).flatten(1)
    spline = make_interp_spline(steps.numpy(), samples.numpy(), k=NODES - 1)
    error = torch.from_numpy(spline(lags.numpy())) - exact
    sizes = [values.square().mean(1).sqrt().max() for values in (error, exact)]
    return (sizes[0] / sizes[1]).item()


# --- the measure ----------------------------------------------------------------------


@pytest.mark.parametrize("name", SMOOTH)
def test_the_error_is_that_of_interpolation(name):
    torch.manual_seed(0)
    kernel = KERNELS[name](8, 8)
    resolution = mesh_resolution(kernel)
    assert mesh_error(kernel, resolution) <= TOLERANCE
    # 300 lags do not find the largest error, but nearly
    assert interpolation_error(kernel, resolution) < 2 * TOLERANCE
    # powers are measured before lag 0, too, where they grow
    if name != "recurrent":
        assert interpolation_error(kernel, resolution / 2) > 4 * TOLERANCE


def test_the_error_falls_with_the_eighth_power_of_the_resolution():
    kernel = Waves(3.0, 5.0)
    errors = [mesh_error(kernel, resolution) for resolution in (25, 40)]
    # 5 and 8 points per period, see test_splines.py
    assert errors[0] / errors[1] == pytest.approx((7 / 4) ** NODES, rel=0.3)


def test_a_kernel_of_zeros_has_no_error():
    kernel = Waves(5.0)
    torch.nn.init.zeros_(kernel.weight)
    kernel.frequencies.zero_()
    assert mesh_error(kernel, 16.0) == 0


def test_a_feature_without_weight_is_seen():
    # its weight has a gradient, which must be right as well
    kernel = Waves(2.0, 40.0)
    with torch.no_grad():
        kernel.weight[..., 1] = 0
    both = mesh_resolution(Waves(40.0))
    assert mesh_resolution(kernel) == pytest.approx(both, rel=0.3)


def test_a_small_feature_of_large_weight_is_seen():
    kernel = Waves(2.0, 40.0)
    kernel.gain[1] = 1e-3
    with torch.no_grad():
        kernel.weight[..., 1] = 1e3
    alone = mesh_resolution(Waves(40.0))
    assert mesh_resolution(kernel) == pytest.approx(alone, rel=0.3)


@pytest.mark.parametrize("omega_0", [30.0, 150.0])
def test_rounding_of_float32_is_not_taken_for_an_error_of_the_mesh(omega_0):
    # trained kernels of the paper have up to 1200 cycles per horizon, with phases whose
    # rounding in float32 no mesh makes smaller
    torch.manual_seed(0)
    kernel = SirenKernel(8, 8, omega_0=omega_0)
    assert mesh_resolution(kernel) == mesh_resolution(copy.deepcopy(kernel).double())
    assert mesh_resolution(kernel) < 2000
    assert all(parameter.dtype == torch.float32 for parameter in kernel.parameters())


# --- the resolution -------------------------------------------------------------------


def test_slow_kernels_get_a_coarse_mesh_and_fast_ones_a_fine_one():
    found = [mesh_resolution(make_bands(cycles)) for cycles in (1, 10, 100, 1000)]
    assert found[0] < 80  # the fading beyond the horizon wants that much
    assert found[1:] == sorted(found[1:])
    # some six points per cycle of the fastest feature
    for cycles, resolution in zip((10, 100, 1000), found[1:], strict=True):
        assert 4 < resolution / cycles < 10


def test_a_kernel_that_is_too_fast_has_no_resolution():
    assert mesh_resolution(make_bands(FINEST)) == math.inf
    assert mesh_resolution(Waves(1.0), coarsest=2 * FINEST) == math.inf


def test_a_resolution_that_was_enough_stays():
    kernel = make_bands(10)
    needed = mesh_resolution(kernel)
    for coarsest in (needed, 1.5 * needed, 1000.0):
        assert mesh_resolution(kernel, coarsest=coarsest) == coarsest
    finer = mesh_resolution(make_bands(40), coarsest=needed)
    assert finer > 2 * needed


@pytest.mark.parametrize("causal", [True, False])
def test_the_same_kernel_gets_the_same_mesh_and_the_generator_is_spared(causal):
    kernel = make_bands(10, causal=causal)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = mesh_resolution(kernel)
    assert torch.equal(torch.rand(3), expected)
    assert mesh_resolution(kernel) == first


def test_no_gradient_is_recorded_and_none_is_changed():
    kernel = make_bands(10)
    kernel.weight.grad = torch.ones_like(kernel.weight)
    mesh_resolution(kernel)
    assert (kernel.weight.grad == 1).all()
    assert kernel.frequencies.grad is None


# --- the step of a layer --------------------------------------------------------------


@pytest.mark.parametrize("horizon", [1e-6, 7.0, 3e9])
def test_the_step_has_the_unit_of_the_time_stamps(horizon):
    conv = CKConv(N_IN, 8, kernel=make_bands(10), horizon=horizon)
    step = conv.mesh_step()
    assert step == pytest.approx(horizon / mesh_resolution(conv.kernel))
    assert conv.mesh_step(known=step) == step
    assert conv.mesh_step(known=step / 3) == pytest.approx(step / 3, rel=1e-15)
    assert conv.mesh_step(known=step * 3) < step * 1.5
    assert conv.mesh_step("pairwise") is None
    assert conv.mesh_step("lattice") is None


@pytest.mark.parametrize("kernel", KINKS)
def test_a_kernel_with_kinks_never_takes_a_mesh(kernel):
    conv = CKConv(1, 1, kernel=kernel)
    assert conv.mesh_step() is None
    assert conv.plan(IRREGULAR).geometry.method.name == "pairwise"
    with pytest.raises(ValueError, match="`method` must not be 'mesh' for a kernel wi"):
        conv.mesh_step("mesh")
    with pytest.raises(ValueError, match="`method` must not be 'mesh' for a kernel wi"):
        conv.plan(IRREGULAR, method="mesh")


@pytest.mark.parametrize("kernel", SMOOTH)
def test_a_smooth_kernel_takes_a_mesh_for_long_series(kernel):
    conv = CKConv(1, 1, kernel=kernel)
    assert conv.plan(IRREGULAR).geometry.method.name == "mesh"


def test_a_regular_grid_skips_the_search_for_a_mesh_step(monkeypatch):
    conv = CKConv(1, 1)
    monkeypatch.setattr(ckconv, "find_mesh_step", lambda *_: 1 / 0)
    grid = torch.arange(50).double().expand(2, -1)
    assert conv.plan(grid).geometry.method.regular
    with pytest.raises(ZeroDivisionError):
        conv.plan(IRREGULAR)


def test_a_kernel_that_is_too_fast_takes_pairs():
    conv = CKConv(N_IN, 8, kernel=make_bands(FINEST))
    assert conv.mesh_step() is None
    assert conv.plan(IRREGULAR).geometry.method.name == "pairwise"


def test_gradients_hold_the_tolerance_whatever_the_weights():
    # values see fast features by their weights, gradients see them all alike
    times = draw_pattern("uniform", 150).unsqueeze(0)
    values = torch.randn(
        1, 150, N_IN, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    for causal in (True, False):
        kernel = make_bands(20, n_out=2, causal=causal)
        conv = CKConv(N_IN, 2, kernel=kernel, causal=causal, time_step=0.01).double()
        with torch.no_grad():
            conv.kernel.weight[..., conv.kernel.frequencies > 5] *= 1e-3
        assert_like_direct_sum(conv, values, times, None, None, MESH, method="mesh")


def test_a_kernel_that_diverged_keeps_its_mesh():
    # NaN is the business of who trains; pairs would make a long series hang
    kernel = make_bands(10)
    with torch.no_grad():
        kernel.weight[:] = math.nan
        kernel.frequencies[:] = math.nan
    assert mesh_resolution(kernel, coarsest=100.0) == 100.0


def test_a_mesh_raises_where_none_is_fine_enough():
    conv = CKConv(2, 2, kernel="siren", omega_0=1e6)
    times = torch.rand(1, 20, dtype=torch.float64).sort(1).values
    assert conv.plan(times).geometry.method.name != "mesh"
    with pytest.raises(ValueError, match="for a kernel that oscillates so fast"):
        conv.plan(times, method="mesh")
