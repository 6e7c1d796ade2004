"""How far a layer is from a float64 direct sum, in values and gradients."""

import copy

import torch
from torch import Tensor

from ckts.layers import CKConv, Plan
from contests.problems import both_passes, make_values

N_OUTPUTS = 200


@torch.no_grad()
def value_error(conv: CKConv, times: Tensor, plan: Plan) -> float:
    """Largest error at 200 outputs over the largest value there, of all series."""
    values = make_values(conv, times)
    got = conv(values, plan=plan).double()
    length = times.shape[1]
    rows = torch.linspace(0, length - 1, min(N_OUTPUTS, length)).long().unique()
    expected = torch.stack(
        [direct_sum(conv, values[k], times[k], rows) for k in range(len(times))]
    )
    error = (got[:, rows] - expected).abs().max()
    return (error / expected.abs().max()).item()


def direct_sum(conv: CKConv, values: Tensor, times: Tensor, rows: Tensor) -> Tensor:
    """Sum over the past of some rows of one series, in float64.

    Parameters
    ----------
    conv : CKConv
        A causal layer with gap weights and one time step.
    values : Tensor of shape (time, in_channels)
        Observations.
    times : Tensor of shape (time,)
        Their stamps, no two equal.
    rows : Tensor of shape (query,)
        Where the sum is asked for.

    Returns
    -------
    Tensor of shape (query, out_channels)
    """
    double = copy.deepcopy(conv).double()
    step = conv.time_step.flatten()[0].item()
    outputs = []
    for row in rows.tolist():
        past = times[: row + 1]
        weights = gap_weights(past, conv.horizon) / step if row else torch.ones(1)
        features = double.kernel.features((times[row] - past) / conv.horizon)
        weighted = values[: row + 1].double() * weights.double().unsqueeze(1)
        moments = features.T @ weighted  # (feature, in)
        outputs.append(torch.einsum("oif,fi->o", double.kernel.mixing(), moments))
    return torch.stack(outputs) + double.bias


def gap_weights(times: Tensor, max_gap: float) -> Tensor:
    """Half the gap to either side; the one gap at an end counts twice."""
    gaps = times.diff().clamp(max=max_gap)
    return (torch.cat([gaps[:1], gaps]) + torch.cat([gaps, gaps[-1:]])) / 2


def gradient_error(conv: CKConv, times: Tensor, plan: Plan) -> float:
    """Largest error of a gradient over its largest entry, against all pairs in float64.

    The weight of the first layer is left out: with one input it has norm and sign, and
    the gradient along its direction is 0.
    """
    double = copy.deepcopy(conv).double()
    values, exact = make_values(conv, times), make_values(double, times)
    pairs = double.plan(times, method="pairwise")
    got = both_passes(lambda: conv(values, plan=plan), conv, values)()
    expected = both_passes(lambda: double(exact, plan=pairs), double, exact)()
    names = ["output", "values", *(name for name, _ in conv.named_parameters())]
    return max(
        ((a.double() - b).abs().max() / b.abs().max()).item()
        for name, a, b in zip(names, got, expected, strict=True)
        if name not in ("output", "kernel.first.direction")
    )
