"""What the channels have at the sources is what numpy interpolates."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.plan import layer_geometry
from ckts.convolution.quadrature.base import Sampling
from ckts.convolution.quadrature.linear import LinearQuadrature
from references import TIME_KINDS, draw_times

STEPS = [0.5, 2.0, 0.1]


def interpolate(stamps, values, sources, causal):
    """Means of ties, lines between them, and the last value held if causal."""
    distinct = np.unique(stamps)
    if len(distinct) == 0:
        return np.zeros(len(sources))
    means = [values[stamps == stamp].mean() for stamp in distinct]
    signal = np.interp(sources, distinct, means, left=0.0)
    return signal if causal else np.where(sources > distinct[-1], 0, signal)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(TIME_KINDS),
    st.integers(0, 2**31),
    st.integers(1, 15),
    st.booleans(),
    st.booleans(),
)
def test_sources_hold_the_interpolated_signal(kind, seed, length, causal, asked):
    generator = torch.Generator().manual_seed(seed)
    times = draw_times(kind, 2, length, generator)
    times = times - times[:, :1]
    values = torch.randn(2, length, 3, generator=generator, dtype=torch.float64)
    observed = torch.rand(2, length, 3, generator=generator) < 0.5
    queries = times[:, :1] + 12 * torch.rand(2, 4, generator=generator) - 1
    geometry = layer_geometry(
        times,
        queries.double() if asked else None,
        quadrature="linear",
        horizon=7.0,
        mesh_step=0.2,
        method="pairwise",
        causal=causal,
    )
    steps = torch.tensor(STEPS, dtype=torch.float64)
    interpolant = LinearQuadrature.make(
        Sampling(geometry=geometry, observed=observed, causal=causal, time_step=steps)
    )
    values = torch.where(observed, values, 0)
    signal = interpolant.signal(values)
    nodes = geometry.nodes.lengths > 0
    for series in range(2):
        for channel, step in enumerate(STEPS):
            seen = observed[series, :, channel]
            stamps = times[series, seen].numpy()
            expected = interpolate(
                stamps,
                values[series, seen, channel].numpy(),
                geometry.method.times[series].numpy(),
                causal,
            )
            lengths = geometry.nodes.lengths[series].numpy()
            got = signal[series, :, channel].numpy()
            inside = nodes[series].numpy()
            expected = expected * lengths / step
            np.testing.assert_allclose(got[inside], expected[inside], atol=1e-11)
            lone = not causal and len(np.unique(stamps)) == 1
            total = values[series, seen, channel].mean() if lone else 0.0
            np.testing.assert_allclose(got[~inside].sum(), total, atol=1e-12)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_only_outputs_in_a_gap_are_corrected(causal):
    times = torch.arange(6).double().unsqueeze(0)
    options = {"horizon": 7.0, "mesh_step": 0.2}
    geometry = layer_geometry(times, causal=causal, quadrature="linear", **options)

    def make(observed=None):
        sampling = Sampling(geometry=geometry, observed=observed, causal=causal)
        return LinearQuadrature.make(sampling)

    assert make().open_gaps is None
    observed = torch.ones(1, 6, 2, dtype=torch.bool)
    observed[0, 2:4, 1] = False
    running = make(observed).open_gaps
    if not causal:
        assert running is None
        return
    outputs = torch.cat([block.outputs for block in running.blocks])
    assert sorted(outputs.tolist()) == [2, 3]
    observed[0, 2:, 1] = False  # held for good: there is no slope to subtract
    assert make(observed).open_gaps is None
