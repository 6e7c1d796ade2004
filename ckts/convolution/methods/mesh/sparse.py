"""Sparse matrices of constants: products with them and with their transpose."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.sparse import csr_array
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding_bag

from ckts.transforms import AbstractFused


@dataclass(frozen=True)
class CompressedRows:
    """Compressed rows of a sparse matrix.

    Attributes
    ----------
    starts : Tensor of shape (n_rows + 1,)
        Where the entries of each row begin.
    columns : Tensor of shape (n_entries,)
        Column of each entry.
    entries : Tensor of shape (n_entries,)
        The entries, float64.
    """

    starts: Tensor
    columns: Tensor
    entries: Tensor

    def product(self, table: Tensor) -> Tensor:
        """Multiply with a dense (n_columns, channels) tensor, without a gradient.

        A sum of embedding bags: for 131,072 entries and 30 channels 0.3 ms, where
        ``index_add_`` takes 8 ms; and the order of summation is fixed.
        """
        return embedding_bag(
            self.columns,
            table.contiguous(),
            self.starts,
            mode="sum",
            per_sample_weights=self.entries.to(table.dtype),
            include_last_offset=True,
        )

    def plain_product(self, table: Tensor) -> Tensor:
        """Multiply by operations that torch can transform, with a gradient."""
        n_rows, n_entries = len(self.starts) - 1, len(self.columns)
        rows = torch.arange(n_rows, device=table.device).repeat_interleave(
            self.starts.diff(), output_size=n_entries
        )
        taken = table.index_select(0, self.columns)
        terms = taken * self.entries.to(table.dtype).unsqueeze(1)
        return table.new_zeros(n_rows, table.shape[1]).index_add(0, rows, terms)


@dataclass(frozen=True)
class SparseMatrix:
    """A sparse matrix, by rows and by columns.

    Attributes
    ----------
    by_row, by_column : CompressedRows
        The matrix, and its transpose.
    """

    by_row: CompressedRows
    by_column: CompressedRows

    def __matmul__(self, table: Tensor) -> Tensor:
        """Multiply with a dense (n_columns, channels) tensor."""
        return _Product.run(table, self.by_row, self.by_column)

    def t_matmul(self, table: Tensor) -> Tensor:
        """Multiply the transpose with a dense (n_rows, channels) tensor."""
        return _Product.run(table, self.by_column, self.by_row)


def make_sparse(
    rows: Tensor, columns: Tensor, entries: Tensor, shape: tuple[int, int]
) -> SparseMatrix:
    """Make a sparse matrix from the coordinates of its entries, on the CPU.

    Parameters
    ----------
    rows, columns, entries : Tensor of shape (n_entries,)
        Coordinates and values in any order; values at the same place are added.
    shape : (int, int)
        Number of rows and columns.

    Returns
    -------
    SparseMatrix
    """
    return _both(_compress(rows, columns, entries, shape))


def make_sparse_parts(
    rows: Tensor,
    columns: Tensor,
    entries: Tensor,
    shape: tuple[int, int],
    *,
    rows_per_part: int,
) -> tuple[SparseMatrix, ...]:
    """Make a sparse matrix, cut into parts of some rows each.

    Parameters
    ----------
    rows, columns, entries, shape
        As for :func:`make_sparse`.
    rows_per_part : int
        Rows of each part, the last one excepted.

    Returns
    -------
    tuple of SparseMatrix
    """
    whole = _compress(rows, columns, entries, shape)
    starts = range(0, shape[0], rows_per_part)
    return tuple(_both(whole[start : start + rows_per_part]) for start in starts)


def _compress(
    rows: Tensor, columns: Tensor, entries: Tensor, shape: tuple[int, int]
) -> csr_array:
    # scipy sorts by counting: 20 times faster than torch's sort of half a million
    coordinates = rows.numpy(), columns.numpy()
    return csr_array((entries.numpy(), coordinates), shape=shape)


def _both(matrix: csr_array) -> SparseMatrix:
    return SparseMatrix(_compressed(matrix), _compressed(matrix.T.tocsr()))


def _compressed(matrix: csr_array) -> CompressedRows:
    parts = matrix.indptr, matrix.indices, matrix.data
    return CompressedRows(*(torch.from_numpy(part) for part in parts))


class _Product(AbstractFused):
    """A sparse matrix times a dense table, whose gradient takes the transpose."""

    @staticmethod
    def plain(table, rows, transposed):
        """Sum the rows that are taken."""
        return rows.plain_product(table)

    @staticmethod
    def forward(ctx, table, rows, transposed):
        ctx.transposed = transposed
        return rows.product(table)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        return ctx.transposed.product(gradient), None, None
