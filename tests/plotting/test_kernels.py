"""The picture of kernels at real distances."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from ckts import CKCNNClassifier, CKRocketClassifier, Panel
from ckts.kernels import KERNELS, REACH
from ckts.layers import CKConv
from ckts.plotting import KernelDisplay
from irregular import irregular_panel

QUICK = {"max_epochs": 1, "hidden_channels": 4, "random_state": 0, "rocket": False}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fitted():
    X, y = irregular_panel()
    return CKCNNClassifier(**QUICK).fit(X, y)


def draw(layer, **options):
    return KernelDisplay.from_layer(layer, ax=Figure().subplots(), **options)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("depthwise", [False, True])
def test_every_kernel_is_drawn_as_the_layer_evaluates_it(kernel, causal, depthwise):
    sizes = {"in_channels": 3, "out_channels": 3 if depthwise else 2}
    layer = CKConv(
        **sizes, kernel=kernel, causal=causal, depthwise=depthwise, horizon=30.0
    )
    pairs = [(1, 1)] if depthwise else [(1, 2), (0, 0)]
    display = draw(layer, pairs=pairs, size=10.0)
    assert display.distances[-1] == pytest.approx(REACH * 3)
    assert display.distances[0] == pytest.approx(0 if causal else -REACH * 3)
    for (output, channel), line in zip(pairs, display.lines_, strict=True):
        distances, drawn = line.get_data()
        with torch.no_grad():
            kernels = layer.kernel(torch.as_tensor(distances * 10 / 30))
        expected = kernels[:, output, 0 if depthwise else channel]
        np.testing.assert_allclose(drawn, expected, atol=1e-5)  # float32


def test_a_layer_responds_to_an_impulse_with_what_is_drawn():
    layer = CKConv(1, 1, horizon=8.0, quadrature="none", bias=False)
    display = draw(layer)
    queries = torch.tensor([[0.5, 3.0, 7.5, 9.0]], dtype=torch.float64)
    with torch.no_grad():
        impulse = torch.ones(1, 1, 1), torch.zeros(1, 1, dtype=torch.float64)
        expected = layer(*impulse, query_times=queries).flatten()
    drawn = np.interp(queries[0], display.distances, display.kernels[0].values)
    np.testing.assert_allclose(drawn, expected, atol=1e-3)


def test_the_strongest_kernel_of_each_input_comes_first():
    layer = CKConv(4, 3, horizon=5.0)
    everything = draw(layer, pairs=[(o, i) for o in range(3) for i in range(4)])
    energy = np.array([np.sum(k.values**2) for k in everything.kernels]).reshape(3, 4)
    inputs = np.argsort(-energy.max(0))[:2]
    expected = [f"input {i} → {energy[:, i].argmax()}" for i in inputs]
    assert [kernel.name for kernel in draw(layer, n_kernels=2).kernels] == expected


def test_markers_are_on_the_curves_at_the_effective_reach():
    display = draw(CKConv(2, 2, horizon=5.0, causal=False))
    for kernel, marks in zip(display.kernels, display.reach_, strict=True):
        x, y = marks.get_data()
        np.testing.assert_allclose(x, [-kernel.reach, kernel.reach])
        expected = np.interp(x, display.distances, kernel.values)
        np.testing.assert_allclose(y, expected, atol=1e-12)


def test_distances_are_in_the_unit_of_the_time_stamps():
    X, y = irregular_panel()
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(X.times, unit="D")
    dated = Panel(X.values, dates, X.indptr, channels=["pulse", "heat"])
    model = CKCNNClassifier(scales="both", **QUICK).fit(dated, y)
    display = KernelDisplay.from_estimator(model, n_kernels=9)
    horizon = model.horizon_ / 86_400e9
    assert display.distances[-1] == pytest.approx(REACH * horizon)
    assert display.ax_.get_xlabel() == "distance to the output (days)"
    names = {kernel.name.split(" → ")[0] for kernel in display.kernels}
    assert names == {"pulse", "heat", "pulse, own scale", "heat, own scale"}
    legend = display.ax_.get_legend()
    assert legend.get_title().get_text() == "Layer stem"
    assert all(" days, periods from " in text.get_text() for text in legend.get_texts())


def test_blocks_on_the_relative_clock_have_shares_of_the_record(fitted):
    display = KernelDisplay.from_estimator(fitted, layer="relative.blocks.0.conv")
    assert display.distances[-1] == pytest.approx(REACH)
    assert display.unit == "share of the record"
    assert display.kernels[0].name.startswith("input ")


def test_any_network_of_several_can_be_drawn(fitted):
    first = KernelDisplay.from_estimator(fitted, pairs=[(0, 0)], title="One")
    assert first.ax_.get_legend().get_title().get_text() == "One"
    assert first.kernels[0].name == "channel_0 → 0"
    with pytest.raises(ValueError, match=r"`network` must be less than .*, 1; got 1"):
        KernelDisplay.from_estimator(fitted, network=1)


def test_what_cannot_be_drawn_is_named(fitted):
    with pytest.raises(TypeError, match=r"fitted CKCNN.*; got CKRocketClassifier\. Fi"):
        KernelDisplay.from_estimator(CKRocketClassifier())
    with pytest.raises(ValueError, match=r"`layer` must be .*'stem', .*; got 'head'"):
        KernelDisplay.from_estimator(fitted, layer="head")
    with pytest.raises(TypeError, match=r"`layer` must be a CKConv; got Linear\. Tak"):
        KernelDisplay.from_layer(torch.nn.Linear(1, 1))
    layer = CKConv(2, 2, depthwise=True)
    for wrong in [(0, 1), (2, 2), 3]:
        with pytest.raises(ValueError, match=r"`pairs` must hold .*depth-wise; got"):
            draw(layer, pairs=[wrong])
    with pytest.raises(ValueError, match=r"below \(2, 2\); got \(0, 2\)"):
        draw(CKConv(2, 2), pairs=[(0, 2)])


def test_fast_kernels_have_points_enough_and_lines_few():
    display = draw(CKConv(1, 1, horizon=1000.0, resolution=0.5))
    step = display.distances[1]
    assert step <= 0.5 / 7
    assert len(display.lines_[0].get_xdata()) <= 4000
