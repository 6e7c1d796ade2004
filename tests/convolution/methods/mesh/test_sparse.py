"""Products with sparse matrices against the dense ones."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.methods.mesh.sparse import make_sparse
from references import relative_error


@st.composite
def matrices(draw):
    """Coordinates, entries and shape; empty rows and columns, and repeated places."""
    shape = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    count = draw(st.integers(0, 30))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))
    rows, columns = (
        torch.randint(size, (count,), generator=generator) for size in shape
    )
    entries = torch.randn(count, generator=generator, dtype=torch.float64)
    return rows, columns, entries, shape


def dense_of(rows, columns, entries, shape):
    dense = torch.zeros(shape, dtype=torch.float64)
    return dense.index_put((rows, columns), entries, accumulate=True)


@settings(max_examples=60)
@given(matrices(), st.integers(1, 4), st.booleans())
def test_products_and_their_gradients_are_those_of_the_dense_matrix(
    parts, channels, transposed
):
    dense, sparse = dense_of(*parts), make_sparse(*parts)
    if transposed:
        dense = dense.T
    generator = torch.Generator().manual_seed(0)
    table, sensitivity = (
        torch.randn(size, channels, generator=generator, dtype=torch.float64)
        for size in (dense.shape[1], dense.shape[0])
    )
    table.requires_grad_()
    got = sparse.t_matmul(table) if transposed else sparse @ table
    assert relative_error(got, dense @ table) < 1e-14
    (gradient,) = torch.autograd.grad(got, table, sensitivity)
    assert relative_error(gradient, dense.T @ sensitivity) < 1e-14


def test_the_product_has_the_type_of_the_table():
    sparse = make_sparse(
        torch.tensor([1, 0]),
        torch.tensor([2, 1]),
        torch.tensor([1 / 3, 2.0], dtype=torch.float64),
        (2, 3),
    )
    for dtype, digits in ((torch.float32, 1e-7), (torch.float64, 1e-16)):
        got = sparse @ torch.ones(3, 1, dtype=dtype)
        assert got.dtype == dtype
        assert got[1, 0].item() == pytest.approx(1 / 3, abs=digits)


def test_a_table_in_any_memory_order_is_taken():
    sparse = make_sparse(
        torch.arange(4), torch.arange(4).flip(0), torch.ones(4).double(), (4, 4)
    )
    table = torch.randn(3, 4, dtype=torch.float64).T
    assert torch.equal(sparse @ table, table.flip(0))


def test_the_order_of_summation_is_fixed():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(5, (3000,), generator=generator)
    columns = torch.randint(400, (3000,), generator=generator)
    entries = torch.randn(3000, generator=generator, dtype=torch.float64)
    sparse = make_sparse(rows, columns, entries, (5, 400))
    table = torch.randn(400, 2, generator=generator)
    assert all(torch.equal(sparse @ table, sparse @ table) for _ in range(5))
