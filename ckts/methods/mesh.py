"""The convolution at any stamps by way of a mesh: near-linear in the observations.

Observations are spread onto a regular mesh, convolved there by FFT, and sampled at the
output times, with local interpolation on either side. A causal kernel ends at lag 0
with a jump, which no interpolation survives; so the sum at an output time `t` runs over
the mesh *as it stood at t*, that is with the observations up to `t` only:

    y(t) = sum_n L_n(t) sum_m psi((n - m) step) mesh_t[m]

with `psi` continued smoothly to slightly negative lags. ``mesh_t`` equals the whole
mesh but at the points around `t`, and is 0 after them. So the FFT does the lags above 0
on the whole mesh, and the near field, for the mesh points around `t` alone, puts
``mesh_t`` in its place: ties, clusters and the jump are exact, whatever their density.
"""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding_bag, pad

from ckts.geometry import NODES, Geometry, Interpolation, Mesh
from ckts.methods.base import Features
from ckts.methods.fourier import convolve_regular, is_depthwise

# Stamps whose near field is held at a time, and entries per block of running sums.
STAMPS_PER_CHUNK = 2048
BLOCK = 32
BLOCKS_PER_CHUNK = 256


def convolve_mesh(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
    reach: float = math.inf,
) -> Tensor:
    """Convolve arbitrary stamps on a mesh.

    Parameters
    ----------
    weighted, features, mixing, geometry, causal, reach
        As in :func:`ckts.functional.convolve`; `geometry` has a mesh, and the features
        are smooth, also at lags down to ``-NODES`` steps of the mesh.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    mesh = geometry.mesh
    assert mesh is not None
    batch, _, channels = weighted.shape
    last = int(min(mesh.length - 1, reach / mesh.step + 1))
    first = 1 - NODES if causal else -last
    counts = torch.arange(first, max(last, NODES - 1) + 1, device=mixing.device)
    samples = features(counts.double() * mesh.step)
    rows = weighted.flatten(0, 1)
    table = mesh.source.spread(rows)
    signal = table.view(batch, mesh.length, channels)
    far = samples[NODES:] if causal else samples
    output = convolve_regular(signal, far, mixing, first_lag=1 if causal else first)
    output = mesh.target.sample(output.flatten(0, 1))
    if causal:
        near = torch.einsum("lf,ocf->lco", samples[: 2 * NODES - 1], mixing)
        if is_depthwise(weighted, mixing):
            near = near.squeeze(1)
        output = output + _NearField.apply(rows, table, near, mesh)
    return output.view(batch, -1, len(mixing))


class _NearField(torch.autograd.Function):
    """What the mesh points around an output time add, and take back, there.

    Per output it is ``sum_l kernel[l] terms[l]`` over the lags `l` between two of
    these points. The terms of all outputs together are never held.
    """

    @staticmethod
    def forward(ctx, rows, table, kernel, mesh):
        ctx.save_for_backward(rows, table, kernel)
        ctx.mesh = mesh
        sums = _sums_over_past(rows, mesh.source)
        parts = _parts(len(mesh.past))
        terms = (_near_terms(sums, table, mesh, part) for part in parts)
        return torch.cat([_mix(term, kernel) for term in terms])

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        rows, table, kernel = ctx.saved_tensors
        mesh = ctx.mesh
        sums = _sums_over_past(rows, mesh.source)
        by_sums, by_table = torch.zeros_like(sums), torch.zeros_like(table)
        by_kernel = torch.zeros_like(kernel)
        for part in _parts(len(mesh.past)):
            terms = _near_terms(sums, table, mesh, part)
            by_terms = _mix_gradient(terms, kernel, gradient[part], by_kernel)
            _add_term_gradients(by_terms, by_sums, by_table, mesh, part)
        by_rows = _sums_over_past_gradient(by_sums, mesh.source)
        return by_rows, by_table, by_kernel, None


def _parts(n_stamps: int) -> list[slice]:
    starts = range(0, n_stamps, STAMPS_PER_CHUNK)
    return [slice(start, start + STAMPS_PER_CHUNK) for start in starts]


def _mix(terms: Tensor, kernel: Tensor) -> Tensor:
    """Contract (stamp, lag, in) with the kernel (lag, in, out), or (lag, channel)."""
    if kernel.ndim == 2:
        return (terms * kernel).sum(1)
    return terms.flatten(1) @ kernel.flatten(0, 1)


def _mix_gradient(
    terms: Tensor, kernel: Tensor, gradient: Tensor, by_kernel: Tensor
) -> Tensor:
    """Gradient for the terms; the one for the kernel is added to `by_kernel`."""
    if kernel.ndim == 2:
        by_kernel += (terms * gradient.unsqueeze(1)).sum(0)
        return kernel * gradient.unsqueeze(1)
    by_kernel.flatten(0, 1).addmm_(terms.flatten(1).T, gradient)
    return (gradient @ kernel.flatten(0, 1).T).view_as(terms)


def _near_matrix(weights: Tensor) -> Tensor:
    """From mesh values around an output to terms: (stamp, lag, 2 * NODES).

    The first columns take the mesh as it stood at the output, the others the whole
    mesh, which the FFT has entered for the lags above 0 and which is taken back there.
    """
    past = pad(weights, (NODES - 1, NODES - 1)).unfold(1, NODES, 1)
    whole = pad(-past[:, NODES:], (0, 0, NODES, 0))
    return torch.cat([past, whole], 2)


def _near_terms(sums: Tensor, table: Tensor, mesh: Mesh, part: slice) -> Tensor:
    """Mesh values around each output by their lag from there: (stamp, lag, in)."""
    past = sums[mesh.past[part]]
    whole = table[mesh.target.nodes[part].long()]
    matrix = _near_matrix(mesh.target.weights[part].to(sums.dtype))
    return torch.bmm(matrix, torch.cat([past, whole], 1))


def _add_term_gradients(
    by_terms: Tensor, by_sums: Tensor, by_table: Tensor, mesh: Mesh, part: slice
) -> None:
    matrix = _near_matrix(mesh.target.weights[part].to(by_sums.dtype))
    by_values = torch.bmm(matrix.transpose(1, 2), by_terms)
    past, whole = by_values[:, :NODES], by_values[:, NODES:]
    by_sums.index_add_(0, mesh.past[part].flatten(), past.flatten(0, 1))
    by_table.index_add_(0, mesh.target.nodes[part].flatten(), whole.flatten(0, 1))


def _sums_over_past(rows: Tensor, matrix: Interpolation) -> Tensor:
    """Value of a mesh point up to each of its entries, and a row of zeros at the end.

    Entries are in the order of their mesh points, then of time.
    """
    stamps = matrix.order // NODES
    weights = matrix.weights.flatten()[matrix.order].to(rows.dtype)
    parts = rows.new_zeros(len(stamps) + 1, rows.shape[1])
    torch.mul(rows[stamps], weights.unsqueeze(1), out=parts[:-1])
    return running_sums(parts, _entry_nodes(matrix))


def _sums_over_past_gradient(by_sums: Tensor, matrix: Interpolation) -> Tensor:
    by_parts = running_sums(by_sums.flip(0), _entry_nodes(matrix).flip(0)).flip(0)
    entries = torch.empty_like(matrix.order)
    entries[matrix.order] = torch.arange(len(entries), device=entries.device)
    return embedding_bag(
        entries.view(-1, NODES),
        by_parts,
        mode="sum",
        per_sample_weights=matrix.weights.to(by_sums.dtype),
    )


def _entry_nodes(matrix: Interpolation) -> Tensor:
    """Mesh point of every entry, and -1 for the row of zeros."""
    return pad(matrix.nodes.flatten()[matrix.order], (0, 1), value=-1)


def running_sums(rows: Tensor, segments: Tensor) -> Tensor:
    """Sum rows up from the beginning of their segment.

    Parameters
    ----------
    rows : Tensor of shape (n_rows, channels)
        What to add up.
    segments : Tensor of shape (n_rows,)
        Segment of each row; the rows of a segment stand together.

    Returns
    -------
    Tensor of shape (n_rows, channels)

    Notes
    -----
    Within blocks of 32 rows it is a product with a triangular matrix, and only what a
    segment brings from earlier blocks is a difference of running totals, in float64:
    such a difference in float32 would carry the rounding of all segments before.
    """
    n_rows, channels = rows.shape
    fill = -n_rows % BLOCK
    rows = pad(rows, (0, 0, 0, fill)).view(-1, BLOCK, channels)
    segments = pad(segments, (0, fill), value=-2).view(-1, BLOCK)
    sums = torch.empty_like(rows)
    for start in range(0, len(rows), BLOCKS_PER_CHUNK):
        part = slice(start, start + BLOCKS_PER_CHUNK)
        same = segments[part].unsqueeze(1) == segments[part].unsqueeze(2)
        torch.bmm(same.tril().to(rows.dtype), rows[part], out=sums[part])
    first = segments == segments[:, :1]
    continued = segments[1:, 0] == segments[:-1, -1]
    brought = _brought_along(sums[:, -1], first.all(1), continued)
    brought = brought.to(sums.dtype).unsqueeze(1)
    sums[1:] += brought * (first[1:] & continued.unsqueeze(1)).unsqueeze(2)
    return sums.flatten(0, 1)[:n_rows]


def _brought_along(last: Tensor, single: Tensor, continued: Tensor) -> Tensor:
    """Sum of a segment's rows in the blocks before, for every block but the first.

    It reaches back over the blocks that are all one segment, begun even earlier.
    """
    totals = pad(last.double().cumsum(0), (0, 0, 1, 0))
    number = torch.arange(len(last), device=last.device)
    through = single & pad(continued, (1, 0), value=False)
    begin = torch.where(through, 0, number).cummax(0).values
    return totals[1:-1] - totals[begin[:-1]]
