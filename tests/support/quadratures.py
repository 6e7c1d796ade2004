"""Quadratures and plans of stamps that stay where they are: pairs are summed."""

from ckts.convolution.plan import Plan, layer_geometry
from ckts.convolution.quadrature import QUADRATURES
from ckts.convolution.quadrature.base import Sampling


def make_weights(
    times, observed=None, query_times=None, *, quadrature="gap", **options
):
    geometry = layer_geometry(times, query_times, method="pairwise")
    sampling = Sampling(geometry=geometry, observed=observed, **options)
    return QUADRATURES[quadrature].make(sampling)


def gap_weights(times, observed=None, *, time_step=1.0):
    """Two-sided weights."""
    return make_weights(times, observed, causal=False, time_step=time_step).weights


def plan_of(geometry, observed=None, *, quadrature="gap", causal=True):
    sampling = Sampling(geometry=geometry, observed=observed, causal=causal)
    return Plan(geometry, QUADRATURES[quadrature].make(sampling), causal)
