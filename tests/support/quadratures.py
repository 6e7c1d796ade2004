"""Quadratures and plans of stamps that stay where they are: pairs are summed."""

from ckts.convolution.plan import Plan, make_geometry
from ckts.convolution.quadrature import QUADRATURES


def make_weights(
    times, observed=None, query_times=None, *, quadrature="gap", **options
):
    geometry = make_geometry(times, query_times, method="pairwise")
    return QUADRATURES[quadrature].make(geometry, observed, **options)


def gap_weights(times, observed=None, *, time_step=1.0):
    """Two-sided weights."""
    return make_weights(times, observed, causal=False, time_step=time_step).weights


def plan_of(geometry, observed=None, *, quadrature="gap", causal=True):
    weights = QUADRATURES[quadrature].make(geometry, observed, causal=causal)
    return Plan(geometry, weights, causal)
