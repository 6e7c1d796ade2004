"""Terms of the near field of a mesh, mixed by the kernel."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ckts.convolution.methods.mesh.sparse import SparseMatrix


def mixed_terms(
    rows: Tensor, kernel: Tensor, terms: tuple[SparseMatrix, ...]
) -> Tensor:
    """Sum rows up to terms, and mix these by the kernel, part by part.

    Parameters
    ----------
    rows : Tensor of shape (n_rows, in)
        Observations, or the moments of mesh intervals.
    kernel : Tensor of shape (term, row, in, out), or (term, row, channel)
        The kernel, or that of a depth-wise convolution.
    terms : tuple of SparseMatrix of shape (group * term, n_rows)
        Terms of some groups each; a group is an output, or a mesh interval.

    Returns
    -------
    Tensor of shape (group * row, out)
    """
    return _MixedTerms.apply(rows, kernel, terms)


class _MixedTerms(torch.autograd.Function):
    """The terms are not kept: the backward pass sums them anew."""

    @staticmethod
    def forward(ctx, rows, kernel, terms):
        ctx.save_for_backward(rows, kernel)
        ctx.terms = terms
        mixed = (mix(_terms(rows, part, len(kernel)), kernel) for part in terms)
        return torch.cat(list(mixed))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        rows, kernel = ctx.saved_tensors
        by_kernel = torch.zeros_like(kernel)
        by_rows, start = torch.zeros_like(rows), 0
        for part in ctx.terms:
            terms = _terms(rows, part, len(kernel))
            stop = start + len(terms) * kernel.shape[1]
            by_terms = mix_gradient(terms, kernel, gradient[start:stop], by_kernel)
            by_rows += part.by_column.product(by_terms.flatten(0, 1))
            start = stop
        return by_rows, by_kernel, None


def _terms(rows: Tensor, terms: SparseMatrix, n_terms: int) -> Tensor:
    """Terms of shape (group, term, in); a group is an output, or a mesh interval."""
    return terms.by_row.product(rows).view(-1, n_terms, rows.shape[1])


def mix(terms: Tensor, kernel: Tensor) -> Tensor:
    """Mix the terms of each group into the rows of its output.

    Parameters
    ----------
    terms : Tensor of shape (group, term, in)
        The terms.
    kernel : Tensor of shape (term, row, in, out), or (term, row, channel)
        The kernel, or that of a depth-wise convolution.

    Returns
    -------
    Tensor of shape (group * row, out)
    """
    if kernel.ndim == 3:
        return torch.einsum("gtc,trc->grc", terms, kernel).flatten(0, 1)
    return (terms.flatten(1) @ _matrix(kernel)).view(-1, kernel.shape[3])


def mix_gradient(
    terms: Tensor, kernel: Tensor, gradient: Tensor, by_kernel: Tensor
) -> Tensor:
    """Gradient for the terms; the one for the kernel is added to `by_kernel`."""
    slopes = gradient.view(len(terms), kernel.shape[1], -1)
    if kernel.ndim == 3:
        by_kernel += torch.einsum("gtc,grc->trc", terms, slopes)
        return torch.einsum("grc,trc->gtc", slopes, kernel)
    by_matrix = terms.flatten(1).T @ slopes.flatten(1)
    n_terms, n_rows, n_in, n_out = kernel.shape
    by_kernel += by_matrix.view(n_terms, n_in, n_rows, n_out).transpose(1, 2)
    return (slopes.flatten(1) @ _matrix(kernel).T).view_as(terms)


def _matrix(kernel: Tensor) -> Tensor:
    """From (term, in) to (row, out)."""
    return kernel.transpose(1, 2).flatten(0, 1).flatten(1)
