"""Containers of other libraries: each is made plain or raises with a way that works.

The libraries of the fakes need not be installed. What is read of polars, awkward and
xarray is in `test_tables.py`, `test_ragged.py` and `test_xarray.py`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch

from ckts.estimators import CKCNNClassifier
from ckts.panel._convert import as_panel


def fake(library, name, **methods):
    """An object of a class that another library might have."""
    return type(name, (), {"__module__": f"{library}.core", **methods})()


FRAME = pd.DataFrame({"time": [0.0, 0.5], "x": [1.0, 2.0]})
DENSE = np.arange(6.0).reshape(2, 3)
MULTI = pd.concat([FRAME.set_index("time")] * 2, keys=["a", "b"])


def pydata():
    methods = {"tocsr": None, "todense": lambda self: DENSE}
    return fake("sparse", "COO", **methods)


REJECTED = {
    "polars Series": (
        fake("polars", "Series", to_numpy=lambda self: DENSE[0]),
        r"several series; got polars Series\. Write series as tuples",
        lambda X: [(range(3), X.to_numpy())] * 2,
    ),
    "awkward Arrays": (
        [fake("awkward", "Array", to_numpy=lambda self: DENSE[0])] * 2,
        r"got awkward Array in it\. Write series as tuples",
        lambda X: [(range(3), one.to_numpy()) for one in X],
    ),
    "scipy.sparse": (
        scipy.sparse.csr_matrix(DENSE),
        r"`X` must be dense; got a sparse csr_matrix\. Use `X\.toarray\(\)`",
        lambda X: X.toarray(),
    ),
    "sparse": (
        pydata(),
        r"`X` must be dense; got a sparse COO\. Use `X\.todense\(\)`",
        lambda X: X.todense(),
    ),
    "sparse tensor": (
        torch.from_numpy(DENSE).to_sparse(),
        r"`X` must be dense; got a sparse Tensor\. Use `X\.to_dense\(\)`",
        lambda X: X.to_dense(),
    ),
    "tensor with gradients": (
        torch.from_numpy(DENSE).bfloat16().requires_grad_(),
        r"got a torch Tensor: .*`X\.detach\(\)\.cpu\(\)\.double\(\)\.numpy\(\)`",
        lambda X: X.detach().cpu().double().numpy(),
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_what_raises_names_a_way_that_works(name):
    X, message, way_out = REJECTED[name]
    with pytest.raises(TypeError, match=message):
        as_panel(X)
    with pytest.raises(TypeError, match=message):
        CKCNNClassifier(max_epochs=1).fit(X, [0, 1])
    assert len(as_panel(way_out(X))) == 2


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (scipy.sparse.csr_matrix(DENSE), r"sparse csr_matrix at position 1\. Use"),
        (torch.ones(2, requires_grad=True), r"torch Tensor at position 1: .*detach"),
    ],
)
def test_tuples_that_hold_what_numpy_cannot_read_raise(part, message):
    for pair in [([0, 1], part), (part, [0.0, 1.0])]:
        with pytest.raises(TypeError, match=message):
            as_panel([([0, 1], [1.0, 2.0]), pair])


def test_tuples_may_hold_tensors():
    pair = (torch.tensor([0.0, 0.5]), torch.ones(2, 3))
    assert as_panel([pair]).values.shape == (2, 3)


@pytest.mark.parametrize(
    "shape", [(0, 5), (0, 0), (0, 0, 3), (0, 3, 0), (0, 3, 5), (0, 0, 0)]
)
@pytest.mark.parametrize("dtype", [float, object])
def test_arrays_without_series_raise(shape, dtype):
    with pytest.raises(ValueError, match=r"`X` must hold at least one series; got non"):
        as_panel(np.empty(shape, dtype))


def test_arrays_without_steps_raise_whatever_their_type():
    for shape in [(3, 0), (3, 0, 5), (3, 5, 0)]:
        with pytest.raises(ValueError, match=r"`X` must have channels and steps"):
            as_panel(np.empty(shape, object))


@pytest.mark.parametrize("odd", [np.nan, None, 1.0, pd.NA])
@pytest.mark.parametrize("first", [True, False])
def test_nested_frames_raise_for_cells_that_are_no_series(odd, first):
    cells = [odd, pd.Series([1.0, 2.0])] if first else [pd.Series([1.0, 2.0]), odd]
    frame = pd.DataFrame({"a": cells, "b": [pd.Series([3.0])] * 2})
    with pytest.raises(TypeError, match=r"Series in every cell; got .*an empty Series"):
        as_panel(frame)
    empty = pd.Series([], dtype=float)
    kept = frame["a"].map(lambda cell: cell if isinstance(cell, pd.Series) else empty)
    assert sorted(as_panel(frame.assign(a=kept)).lengths) == [1, 2]


def test_frames_in_a_list_are_indexed_by_time_alone():
    frames = [MULTI.loc[["a"]], MULTI.loc[["b"]]]
    with pytest.raises(ValueError, match=r"by time alone.*droplevel\(0\).*pandas\.con"):
        as_panel(frames)
    concatenated = as_panel(pd.concat(frames))
    dropped = as_panel([frame.droplevel(0) for frame in frames])
    assert concatenated.equals(dropped.with_instances(["a", "b"]))
