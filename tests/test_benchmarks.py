"""The contests of docs/benchmarks run, and the rivals compute the right thing.

Nothing is timed here; ``make bench`` does that.
"""

import math
import sys

import pytest
import torch

import fit
import speed
import storage
from ckts.convolution.plan import layer_geometry
from ckts.layers import CKConv
from contests import cde, errors, rivals
from contests import problems as p
from contests.cases import CASES
from contests.claims import CLAIMS, Claim, Measured, series
from contests.measure import cpu_seconds, exponent, peak_megabytes
from contests.picture import draw
from references import direct_sum, relative_error

CONTESTS = [(case, name) for case, contests in CASES.items() for name in contests]
SMALL = 12
# float32 kernels of 200 cycles per horizon, see the module `contests.problems`
FLOAT32 = 1e-4


def make(case, name, limit=SMALL):
    """Make a small contest, or skip it as the benchmark does."""
    try:
        return CASES[case][name](limit)
    except p.MissingError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("case", "name"), CONTESTS)
def test_every_contest_runs_at_a_small_size(case, name):
    contest = make(case, name)
    for step, maker in contest.steps.items():
        if not step.startswith("CDE"):
            maker()()
    assert all(math.isfinite(figure()) for figure in contest.figures.values())


@pytest.mark.parametrize(
    ("case", "name"), [c for c in CONTESTS if c[0] in ("regular", "irregular", "pairs")]
)
def test_competitors_return_the_same_output_and_gradients(case, name):
    contest = make(case, name)
    first, *others = (contest.steps[step]() for step in contest.twins)
    expected = first()
    assert others
    for other in others:
        for got, value in zip(other(), expected, strict=True):
            # the gradient along the direction of one number is 0 up to rounding
            if value.shape != (32, 1) or value.abs().max() > 1e-3:
                assert relative_error(got, value) < FLOAT32


def make_double(horizon, kernel="siren"):
    torch.manual_seed(0)
    conv = CKConv(3, 2, kernel=kernel, horizon=horizon)
    torch.nn.init.normal_(conv.bias)
    return conv.double()


@pytest.mark.parametrize("length", [1, 2, 7, 16, 31])
def test_the_dense_formula_is_the_direct_sum_at_any_length(length):
    conv = make_double(max(length - 1, 1))
    times = p.regular_times(2, length)
    values = p.make_values(conv, times)
    expected, _ = direct_sum(conv, values.detach(), times)
    assert relative_error(rivals.dense(conv, values), expected) < 1e-10


@pytest.mark.parametrize("draw_times", [p.uniform_times, p.clustered_times])
def test_the_naive_sum_and_the_truth_of_the_errors_are_the_direct_sum(draw_times):
    conv, times = make_double(17.0), draw_times(2, 17)
    values = p.make_values(conv, times)
    expected, _ = direct_sum(conv, values.detach(), times)
    plan = conv.plan(times, method="pairwise")
    assert relative_error(rivals.naive(conv, values, plan), expected) < 1e-10
    rows = torch.tensor([0, 1, 5, 16])
    for series_, (value, stamps) in enumerate(zip(values, times, strict=True)):
        got = errors.direct_sum(conv, value.detach(), stamps, rows)
        assert relative_error(got, expected[series_, rows]) < 1e-10


def test_errors_are_small_in_float64_and_see_a_wrong_kernel():
    conv, times = make_double(40.0), p.uniform_times(2, 40)
    plan = conv.plan(times, method="pairwise")
    assert errors.value_error(conv, times, plan) < 1e-10
    assert errors.gradient_error(conv, times, plan) < 1e-10
    stamps = times * 1.01
    wrong = plan._replace(geometry=layer_geometry(stamps, method="pairwise"))
    assert errors.value_error(conv, times, wrong) > 1e-4
    assert errors.gradient_error(conv, times, wrong) > 1e-4


def test_the_limit_does_all_transforms_and_products_once():
    step = rivals.bare_limit(p.make_layer(p.siren(), 99), 4, 100)
    with torch.profiler.profile(with_flops=True) as profile:
        step()
    flops = {event.key: event.flops for event in profile.key_averages()}
    counts = {event.key: event.count for event in profile.key_averages()}
    frequencies, entries = 224 // 2 + 1, 30 * 30  # 2 x 100 - 1 points fill up to 224
    # two complex operations for each of four series: the product and the gradients of
    # its two factors
    assert flops["aten::bmm"] == 2 * 3 * frequencies * 4 * entries
    # mixing in both passes, the gradients of its two factors; and the kernel network
    mixing = 2 * 2 * 4 * frequencies * 33 * entries
    assert mixing < flops["aten::mm"] < 1.1 * mixing
    # signals, outputs and features, there and back
    assert counts["aten::_fft_r2c"] == counts["aten::_fft_c2r"] == 3


@pytest.mark.parametrize("solver", cde.SOLVERS)
def test_a_step_of_the_neural_cde_trains_it(solver, monkeypatch):
    pytest.importorskip("torchcde", reason="installed by `make bench` only")
    made = []

    class Network(cde.NeuralCDE):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            made.append(self)

    monkeypatch.setattr(cde, "NeuralCDE", Network)
    values, times = torch.randn(2, 8, 3), p.regular_times(2, 8)
    step = cde.cde_step(values, times, width=4, n_classes=3, solver=solver)
    before = [parameter.clone() for parameter in made[0].parameters()]
    step()
    for old, new in zip(before, made[0].parameters(), strict=True):
        assert not torch.equal(old, new)


def test_a_missing_rival_is_said_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchcde", None)
    with pytest.raises(p.MissingError, match="use `make bench`"):
        cde.import_torchcde()


def test_missing_data_are_said_so(monkeypatch, tmp_path):
    monkeypatch.setattr(p, "TRAJECTORIES", tmp_path / "ct.npz")
    monkeypatch.setattr(p, "CHECKPOINT", tmp_path / "ct.pt")
    with pytest.raises(p.MissingError, match=r"no ct\.npz"):
        p.dropped_times(2)
    with pytest.raises(p.MissingError, match=r"no ct\.pt"):
        p.trained_siren("backbone.0.cconv2")


def test_clusters_hold_most_points_in_little_time():
    times = p.clustered_times(1, 2000)[0]
    # the narrowest intervals that hold 85 % of the points between them
    gaps = times.diff().sort().values[: int(0.84 * 2000)]
    assert gaps.sum() < 0.03 * 2000
    assert (times.diff() > 0).all()


def test_cycles_are_those_of_a_sine():
    class Sine(torch.nn.Module):
        def forward(self, lags):
            return torch.sin(2 * torch.pi * 50 * lags)[:, None, None]

    assert 49 <= p.cycles(Sine()) <= 52


def test_the_initial_kernel_of_the_published_code_oscillates_several_times_faster():
    assert p.cycles(p.siren()) < 50
    assert p.cycles(p.hard_siren()) > 150


def test_steps_take_turns_and_the_median_counts():
    calls = []
    steps = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = cpu_seconds(steps, budget=0.0)
    assert "".join(calls) == "ab" * 6
    assert set(seconds) == {"a", "b"}


def test_peak_sees_what_a_step_holds_for_a_moment():
    def step():
        torch.ones(20_000_000).sum()

    assert 79 < peak_megabytes(step) < 90


def test_exponent_is_that_of_a_power():
    assert exponent({n: 3e-6 * n**1.5 for n in (16, 64, 1024)}) == pytest.approx(1.5)


def test_a_claim_is_shown_with_its_bars_and_its_answer():
    claim = Claim(6, "what", lambda m: m.seconds["c"]["a"], 7.0, 3.0)
    fast, slow = Measured({"c": {"a": 8.0}}, {}, {}), Measured({"c": {"a": 2}}, {}, {})
    lines = speed.claim_line(claim, {"default": fast, "tuned": fast})
    assert [*lines] == ["| 6 | what | >= 7.00x (3.00x) | 8.00x (8.00x) | yes |"]
    lines = speed.claim_line(claim, {"default": fast, "tuned": slow})
    assert [*lines] == ["| 6 | what | >= 7.00x (3.00x) | 8.00x (2.00x) | **no** |"]
    empty = Measured({}, {}, {})
    assert not [*speed.claim_line(claim, {"default": empty, "tuned": empty})]


def test_claims_read_what_the_contests_measure():
    seconds, figures = {}, {}
    for case, name in CONTESTS:
        # growth has its steps by length: its makers do nothing until they are called
        contest = make(case, name, 2**17 if case == "growth" else SMALL)
        seconds[name] = dict.fromkeys(contest.steps, 1.0)
        figures[name] = dict.fromkeys(contest.figures, 1.0)
    measured = Measured(seconds, seconds, figures)
    assert [claim.text for claim in CLAIMS if not claim.value(measured) >= 0] == []
    assert {claim.row for claim in CLAIMS} == set(range(1, 12))


def test_the_figure_is_small(tmp_path):
    values = {
        f"{step}, N={length:,}": length * 1e-4
        for step in ("layer", "regular", "dense")
        for length in (256, 4096)
    }
    assert series(values, "layer") == [(256, 0.0256), (4096, 0.4096)]
    draw(values, values, tmp_path / "speed.png")
    assert (tmp_path / "speed.png").stat().st_size < 100_000


def test_growth_stops_where_a_method_is_not_near_linear():
    steps = set(CASES["growth"]["growth"](2**17).steps)
    assert {"layer, N=131,072", "naive, N=512"} <= steps
    assert not {"naive, N=1,024", "pairwise, N=8,192"} & steps


@pytest.mark.parametrize("model", fit.MODELS)
def test_the_benchmark_of_fits_runs(model, monkeypatch):
    monkeypatch.setitem(fit.ROWS, "small", (lambda: fit.noise(8, 2, 6), 2))
    found = fit.measure("small", model, "seconds")
    assert found["seconds"] > 0
    assert found["steps"] == {"boosting": 0}.get(model, 2)
    assert fit.measure("small", model, "peak")["megabytes"] >= 0


def test_bins_hold_the_means_of_what_is_there():
    values = [[1.0, 5.0], [3.0, math.nan], [9.0, 7.0]]
    panel = fit.Panel(values, [0.0, 0.1, 100.0], [0, 3])
    table = fit.bin_means(panel)[0]
    standard = (panel.values - [13 / 3, 6]) / [math.sqrt(104 / 9), 1]
    first, last = table[0], table[fit.N_BINS - 1]
    assert first[:2] == pytest.approx([standard[:2, 0].mean(), -1])
    assert last[:2] == pytest.approx([standard[2, 0], 1])
    assert table[:, 2:].sum(0).tolist() == [2, 2]


def test_the_benchmark_of_storages_runs(monkeypatch, capsys):
    monkeypatch.setattr(storage, "N_MEASUREMENTS", 300)
    monkeypatch.setattr(storage, "N_SERIES", 6)
    monkeypatch.setattr(storage, "LIGHT_CURVES", ((4, 5),))
    storage.main()
    tables = capsys.readouterr().out.split("\n\n")[1:]
    assert [table.count("\n") for table in map(str.strip, tables)] == [8, 5, 2]
    assert "nan" not in "".join(tables)


def test_peaks_of_storages_hold_the_result():
    assert 1e6 < storage.peak(lambda: bytearray(10**6)) < 1.1e6
