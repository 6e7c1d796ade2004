"""What stamps tell of another rate, and blurred kernels against loops (E.3)."""

import math

import pytest
import torch

from ckts.networks import PaperCKCNN
from ckts.networks.paper.block import PaperConv
from ckts.networks.paper.rate import count_ratios, find_rate, gaussian


def stamps(*series):
    """Pad stamps as a batch is."""
    longest = max(map(len, series))
    padded = [[*one, *(longest - len(one)) * one[-1:]] for one in series]
    return torch.tensor(padded, dtype=torch.float64)


def make_conv(**options):
    torch.manual_seed(0)
    return PaperConv(
        2,
        3,
        horizon=9.0,
        time_step=1.0,
        grid_step=1.0,
        quadrature="none",
        initialization="published",
        odd_lengths="exact",
        weight_dropout=0.0,
        kernel_params={"omega_0": 9.0},
        generator=None,
        **options,
    ).double()


def test_ratios_are_rounded_mean_gaps():
    times = stamps([0, 1, 2], [5, 5.5, 5.5, 6], [0, 0.6, 1.3], [2], [0, 0.1, 1], [0, 4])
    found = {ratio: mask.flatten().tolist() for mask, ratio in count_ratios(times, 1.0)}
    # Ties are no gaps, and a mean gap of 0.65 is 1.5 rounded up to 2 steps.
    assert found == {
        1: [True, False, False, True, False, True],
        2: [False, True, True, False, True, False],
    }


def test_the_rate_of_the_training_changes_nothing():
    options = {"step": 1.0, "horizon": 4.0, "anchor": "present", "factor": True}
    times = stamps([0, 1, 2, 3], [0, 2, 4])
    for blur in ("none", "published", "wide"):
        assert find_rate(times, blur=blur, **options) is None
    assert find_rate(times / 2, blur="none", **options) is None
    finer = find_rate(times / 2, blur="wide", **options)
    assert [ratio for _, ratio in finer.ratios] == [1, 2]
    assert (finer.shift, finer.stretch, finer.factor) == (0, 1, 1)


@pytest.mark.parametrize("ratio", [2, 5])
def test_filters_are_those_of_a_gaussian(ratio):
    published, wide = gaussian(ratio, "published"), gaussian(ratio, "wide")
    assert [tap for tap, _ in wide] == list(range(-ratio, ratio + 1))
    assert [tap for tap, _ in published] == list(range(-ratio, ratio + 1))
    centre = math.sqrt(2 / math.pi)  # its density at 0 and at half a step's deviation
    assert published[ratio][1] == pytest.approx(centre)
    assert published[ratio + 1][1] == pytest.approx(centre * math.exp(-2))
    assert sum(weight for _, weight in published) == pytest.approx(1.01438, abs=1e-5)
    assert sum(weight for _, weight in wide) == pytest.approx(1)
    # One training step away are two deviations.
    assert wide[-1][1] / wide[ratio][1] == pytest.approx(math.exp(-2))


def blur_slowly(conv, lag, ratio):
    """Blur the kernel at a lag, as a future is not known."""
    weights = [math.exp(-2 * (tap / ratio) ** 2) for tap in range(-ratio, ratio + 1)]
    total = 0.0
    for tap, weight in zip(range(-ratio, ratio + 1), weights, strict=True):
        total = total + weight * conv.kernel(torch.relu(lag + tap / ratio) / 9.0)
    return total / sum(weights)


@pytest.mark.parametrize("ratio", [2, 3])
def test_wide_blurring_is_the_sum_over_taps(ratio):
    conv, values = make_conv(blur="wide"), torch.randn(1, 8, 2).double()
    times = torch.arange(8.0, dtype=torch.float64)[None] / ratio
    expected = conv.bias.detach().repeat(8, 1)
    for one in range(8):
        for other in range(one + 1):
            kernel = blur_slowly(conv, times[0, one] - times[0, other], ratio)
            expected[one] += kernel @ values[0, other]
    options = {"anchor": "present", "factor": True, "blur": "wide"}
    rate = find_rate(times, step=1.0, horizon=9.0, **options)
    found = conv.convolve(values, conv.plan(times), rate=rate)[0]
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("blur", ["published", "wide"])
def test_series_of_other_rates_in_a_batch_change_nothing(blur):
    torch.manual_seed(0)
    network = PaperCKCNN(2, 3, horizon=9.0, blur=blur).double().eval()
    times = stamps(
        [0.0, 1, 2, 4], [0, 0.5, 1.1, 1.4, 2, 2.6], [k / 3 for k in range(8)]
    )
    values = torch.randn(3, 8, 2, dtype=torch.float64)
    lengths = [4, 6, 8]
    observed = torch.arange(8) < torch.tensor(lengths)[:, None]
    observed = observed.unsqueeze(2).expand_as(values)
    together = network(values, times, observed)
    plain = PaperCKCNN(2, 3, horizon=9.0).double().eval()
    plain.load_state_dict(network.state_dict())
    for number, n in enumerate(lengths):
        part = slice(number, number + 1)
        alone = network(values[part, :n], times[part, :n])
        torch.testing.assert_close(together[part], alone)
        same = torch.allclose(alone, plain(values[part, :n], times[part, :n]))
        assert same == (number == 0)


def test_a_blurred_kernel_is_not_interpolated():
    times = torch.rand(1, 400, dtype=torch.float64).sort().values * 9
    assert make_conv().mesh_step() is not None
    conv = make_conv(blur="published")
    assert conv.mesh_step() is None
    assert type(conv.geometry(times).method).__name__ == "Pairwise"


@pytest.mark.parametrize("blur", ["published", "wide"])
def test_a_burst_costs_no_more_than_other_series(blur):
    few = gaussian(64, blur)
    for ratio in (65, 10**4, 10**9):
        taps, weights = zip(*gaussian(ratio, blur), strict=True)
        assert len(taps) <= len(few)
        assert max(map(abs, taps)) <= ratio
        assert sum(weights) == pytest.approx(sum(w for _, w in few), abs=1e-3)
        # The width is half a step of the series, or of the training data.
        width = 0.5 * (ratio if blur == "wide" else 1)
        spread = sum(w * (t / width) ** 2 for t, w in zip(taps, weights, strict=True))
        expected = sum(w * (t / (32 if blur == "wide" else 0.5)) ** 2 for t, w in few)
        assert spread == pytest.approx(expected, rel=2e-3)


def test_weights_that_cannot_be_seen_are_left_out():
    full = [math.exp(-2 * tap**2) for tap in range(-40, 41)]
    kept = [weight for _, weight in gaussian(40, "published")]
    total = 0.5 * math.sqrt(2 * math.pi)
    assert len(kept) < 20
    assert sum(kept) == pytest.approx(sum(full) / total, rel=1e-15)
