"""Which stamps lie on a lattice, and on which one."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.methods.base import Batch
from ckts.convolution.methods.lattice import Lattice, find_lattice
from ckts.convolution.plan import layer_geometry
from ckts.convolution.stamps import sort_stamps


def lattice_of(*series, queries=None, method="auto", dtype=torch.float64):
    """Lattice of a batch given as lists; shorter series are padded."""
    length = max(map(len, series))
    padded = [list(times) + [times[-1]] * (length - len(times)) for times in series]
    times = torch.tensor(padded, dtype=dtype)
    if queries is not None:
        queries = torch.tensor(queries, dtype=dtype)
    return found_lattice(times, queries, method=method)


def found_lattice(*args, **options):
    """The lattice of a batch of tensors, if that is what it is convolved on."""
    method = layer_geometry(*args, **options).method
    return method if isinstance(method, Lattice) else None


# --- which step -----------------------------------------------------------------------


def test_the_step_is_the_greatest_common_divisor():
    lattice = lattice_of([0, 6, 16, 31], method="lattice")  # gaps 6, 10, 15
    assert lattice.step == 1
    assert lattice.length == 32
    assert lattice.source.tolist() == [[0, 6, 16, 31]]
    assert lattice.target.tolist() == lattice.source.tolist()


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.integers(0, 2000), min_size=1, max_size=9), min_size=1, max_size=4
    ),
    st.sampled_from([1.0, 0.1, 1 / 3, 1e-9, 86400e9, math.pi]),
)
def test_any_whole_numbers_have_their_common_divisor(batch, unit):
    batch = [sorted(series) for series in batch]
    divisor = math.gcd(*(time - series[0] for series in batch for time in series), 0)
    lattice = lattice_of(*([t * unit for t in s] for s in batch), method="lattice")
    if divisor == 0:
        assert lattice.length == 1
        return
    assert lattice.step == pytest.approx(divisor * unit, rel=1e-10)
    for index, series in zip(lattice.source.tolist(), batch, strict=True):
        expected = [(time - series[0]) // divisor for time in series]
        assert index[: len(series)] == expected
        assert set(index[len(series) :]) <= {expected[-1]}  # padding


def test_float_steps_of_long_series_are_found():
    grids = {
        0.1: torch.arange(10_000).double() * 0.1,
        1 / 3: torch.arange(10_000).double() / 3,
        # every gap is off by another rounding error
        0.7: torch.linspace(0.0, 0.7 * 99_999, 100_000, dtype=torch.float64),
    }
    for step, times in grids.items():
        lattice = found_lattice(times.unsqueeze(0))
        assert lattice.length == len(times)
        assert lattice.step == pytest.approx(step, rel=1e-12)
        assert torch.equal(lattice.source[0], torch.arange(len(times)))


def test_sums_of_float_steps_are_found():
    times = torch.full((1, 2000), 0.1, dtype=torch.float64).cumsum(1)
    assert found_lattice(times).length == 2000


def test_dropped_samples_of_a_float_grid_are_found():
    generator = torch.Generator().manual_seed(0)
    kept = torch.randperm(10_000, generator=generator)[:3000].sort().values
    lattice = found_lattice(kept.unsqueeze(0).double() * 0.1)
    assert lattice.step == pytest.approx(0.1, rel=1e-12)
    assert torch.equal(lattice.source[0], kept - kept[0])


@pytest.mark.parametrize("first_gap", [2, 1000, 2000, 5001, 20_000])
def test_a_long_gap_before_dense_steps_hides_no_lattice(first_gap):
    # a misfit of few steps is no rounding error of the long gap
    times = torch.cat([torch.zeros(1), first_gap + torch.arange(20_000)])
    lattice = found_lattice(times.double().unsqueeze(0))
    assert lattice.step == 1
    assert lattice.length == first_gap + 20_000


def test_two_clocks_share_their_common_step():
    lattice = lattice_of([0.0, 0.4, 0.8], [0.0, 0.6, 1.2])
    assert lattice.step == pytest.approx(0.2)
    assert lattice.source.tolist() == [[0, 2, 4], [0, 3, 6]]


def test_every_series_has_its_own_origin():
    lattice = lattice_of([0.1, 1.1, 3.1], [-7.77, -6.77, -3.77])
    assert lattice.step == pytest.approx(1)
    assert lattice.source.tolist() == [[0, 1, 3], [0, 1, 4]]


def test_whole_hours_in_nanoseconds_are_found():
    hour = 3600 * 10**9
    start = 1_700_000_000_123_456_789  # no float64
    times = [[start + hour * k for k in (0, 1, 5, 6)], [k * hour for k in (0, 2, 3, 9)]]
    lattice = lattice_of(*times, dtype=torch.int64)
    assert lattice.step == hour
    assert lattice.source.tolist() == [[0, 1, 5, 6], [0, 2, 3, 9]]


# --- no lattice -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "times",
    [
        [0, 1, 1 + math.sqrt(2), 4],
        [0, math.pi, 4, 7],
        # one stamp off by 1e-6 of a step: to move it would be an error of 1e-6
        [*range(50), 50 + 1e-6],
        [0, 1 + 1e-6, *range(2, 50)],
    ],
    ids=["sqrt 2", "pi", "late jitter", "early jitter"],
)
def test_stamps_without_a_common_step_have_no_lattice(times):
    assert lattice_of([float(time) for time in times]) is None
    with pytest.raises(
        ValueError,
        match=r"`times` must lie on a common lattice for method='lattice'; got stamps "
        r"without one of at most 67,108,864 points\. Use method='auto'",
    ):
        lattice_of([0, 1, 1 + math.sqrt(2), 4], method="lattice")


def test_jitter_on_a_long_grid_leaves_no_lattice():
    generator = torch.Generator().manual_seed(0)
    jitter = torch.rand(1000, generator=generator, dtype=torch.float64) * 1e-6
    assert found_lattice((torch.arange(1000) + jitter).unsqueeze(0)) is None


def test_two_series_without_a_common_step_have_no_lattice():
    alone = lattice_of([0.0, 1.0, 2.0, 3.0])
    assert alone is not None
    assert lattice_of([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, math.pi]) is None


# --- rounding and order ---------------------------------------------------------------


def test_tenths_of_a_second_since_1970_are_found():
    generator = torch.Generator().manual_seed(0)
    kept = torch.rand(3, 20_000, generator=generator).argsort(1)[:, :9000]
    kept = kept.sort(1).values.double()
    lattice = found_lattice(1.7e9 + kept * 0.1)
    assert lattice.step == pytest.approx(0.1, rel=1e-9)
    assert torch.equal(lattice.source, (kept - kept[:, :1]).long())


def test_rounding_is_told_where_the_origin_is_subtracted():
    times = (1.7e9 + torch.arange(2000).double() * 0.1).unsqueeze(0)
    elapsed = times - times[:, :1]
    assert found_lattice(elapsed) is None
    rounding = torch.tensor([2.0**-48 * 1.7e9], dtype=torch.float64)
    lattice = found_lattice(elapsed, rounding=rounding)
    assert lattice.step == pytest.approx(0.1, rel=1e-9)
    assert lattice.regular


@pytest.mark.parametrize("gap", [1e-3, 5e-10, 1e-12, 1e-14])
def test_stamps_that_differ_are_not_moved_onto_one_point(gap):
    times = [0.0, 1.0, 2.0, 2.0 + gap, 3.0, 4.0]
    assert lattice_of(times) is None or lattice_of(times).source.unique().numel() == 6
    # an integer is exact, also where float64 would not tell two apart
    hours = [3600 * 10**9 * k for k in range(9000)]
    assert lattice_of([*hours[:5], hours[5], hours[5] + 1, *hours[6:]], dtype=int) is (
        None
    )


def test_stamps_that_rounding_tells_apart_are_one_point():
    times = [0.0, 0.1, 0.2, 0.3, 0.1 + 0.2, 0.4]
    assert lattice_of(sorted(times)).source.tolist() == [[0, 1, 2, 3, 3, 4]]


def test_a_series_is_moved_by_no_more_than_its_own_rounding():
    coarse = 1.7e9 + torch.arange(50).double() * 0.1
    fine = torch.arange(50).double() * 0.1
    fine[20] += 2e-6
    assert found_lattice(coarse.unsqueeze(0)) is not None
    assert found_lattice(torch.stack([coarse, fine])) is None


def test_sums_of_very_many_steps_leave_the_lattice():
    # positions are off by more than their rounding, and by 1e-6 of a step
    times = torch.full((1, 2_000_000), 0.1, dtype=torch.float64).cumsum(1)
    assert found_lattice(times[:, :50_000]).length == 50_000
    batch = Batch(stamps=sort_stamps(times, times, np.zeros(1)))
    assert find_lattice(batch) is None


# --- gaps that no kernel crosses ------------------------------------------------------


def test_a_lattice_has_no_points_where_no_kernel_reaches():
    times = [[0.0, 1.0, 3.0, 1e9, 1e9 + 2], [0.0, 9.0, 10.0, 11.0, 12.0]]
    times = torch.tensor(times, dtype=torch.float64)
    lattice = found_lattice(times, horizon=3.6)
    assert lattice.source.tolist() == [[0, 1, 3, 8, 10], [0, 5, 6, 7, 8]]
    assert lattice.length == 11
    geometry = layer_geometry(times, method="lattice", horizon=3.6)
    assert torch.equal(geometry.times, times)
    assert found_lattice(times) is None


def test_runs_that_no_kernel_joins_have_origins_of_their_own():
    begins = torch.tensor([[0.0], [math.e * 1e3], [math.pi * 1e4]]).double()
    times = (begins + 0.1 * torch.arange(20).double()).view(1, -1)
    queries = torch.tensor([[5e3 + math.sqrt(2), 0.3]], dtype=torch.float64)
    geometry = layer_geometry(times, queries, horizon=2.4)
    assert geometry.method.step == pytest.approx(0.1, rel=1e-9)
    assert geometry.method.length == 3 * 19 + 3 * 30 + 1
    torch.testing.assert_close(geometry.times, times, rtol=0, atol=1e-10)
    torch.testing.assert_close(geometry.query_times, queries, rtol=0, atol=1e-10)


# --- queries --------------------------------------------------------------------------


def test_queries_on_the_lattice_are_counted_from_the_first_of_all():
    lattice = lattice_of([4, 6, 8], queries=[[7, 1, 20, 6]], method="lattice")
    assert lattice.step == 1
    assert lattice.source.tolist() == [[3, 5, 7]]
    assert lattice.target.tolist() == [[6, 0, 19, 5]]
    assert lattice.length == 20


def test_only_the_series_with_early_queries_is_shifted():
    lattice = lattice_of([4, 6, 8], [0, 2, 4], queries=[[1], [4]], method="lattice")
    assert lattice.source.tolist() == [[3, 5, 7], [0, 2, 4]]
    assert lattice.target.tolist() == [[0], [4]]


def test_queries_off_the_lattice_leave_none():
    grid = [float(k) for k in range(30)]
    assert lattice_of(grid, queries=[[3.0, 7.0]]) is not None
    assert lattice_of(grid, queries=[[3.0, 7.0 + 1e-4]]) is None


# --- corner cases ---------------------------------------------------------------------


@pytest.mark.parametrize("series", [[5.0], [5.0, 5.0, 5.0]], ids=["one row", "ties"])
def test_one_stamp_is_a_lattice_of_one_point(series):
    lattice = lattice_of(series, series)
    assert lattice.length == 1
    assert lattice.source.tolist() == [[0] * len(series)] * 2
