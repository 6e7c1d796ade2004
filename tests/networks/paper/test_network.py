"""The paper's network on real stamps and on grids, its options, its estimator."""

import numpy as np
import pytest
import torch

from ckts import CKCNNClassifier, as_panel
from ckts.networks import PaperCKCNN
from published_network import (
    OMEGA_0,
    normalize,
    published_features,
    published_kernel,
    random_checkpoint,
)

FLOAT64 = torch.float64
SMALL = {
    "hidden_channels": 6,
    "horizon": 10.0,
    "row_time_step": 0.5,
    "kernel_params": {"omega_0": 5.0},
    "dtype": FLOAT64,
}


def make_network(**options):
    torch.manual_seed(0)
    sizes = options.pop("in_channels", 3), options.pop("n_outputs", 4)
    return PaperCKCNN(*sizes, **{**SMALL, **options}).eval()


def make_batch(n_series=4, n_rows=9, n_channels=3, seed=0):
    """Rows of real stamps, of which some hold nothing, in between and at the end."""
    rng = np.random.default_rng(seed)
    observed = torch.from_numpy(rng.random((n_series, n_rows, n_channels)) < 0.6)
    observed[:, 3] = False
    observed[1:2, 5:] = False
    observed[:, 0] = True
    times = np.sort(rng.uniform(0, 10, (n_series, n_rows)))
    times[1:2, 5:] = times[1:2, 4:5]
    return {
        "values": torch.from_numpy(rng.normal(size=observed.shape)),
        "times": torch.from_numpy(times),
        "observed": observed,
    }


def rows_of(batch, rows):
    return {key: tensor[:, rows] for key, tensor in batch.items()}


def assert_close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "options", "count"),
    [
        ((3, 20), {}, 100_696),
        ((3, 20), {"mask": "shared"}, 101_746),
        ((1, 10), {}, 98_286),
        ((34, 1), {"mask": "counts", "n_static": 7}, 175_707),
        ((20, 10), {}, 118_236),
        ((1, 10), {"hidden_channels": 100}, 1_030_546),
        ((2, 1), {"hidden_channels": 25}, 70_587),
    ],
)
def test_there_are_as_many_parameters_as_published(arguments, options, count):
    network = PaperCKCNN(*arguments, **options)
    assert sum(one.numel() for one in network.parameters()) == count


def twin_at_stamps(state, series, times, *, horizon, axis):
    """Sum over pairs of real stamps: features of (channels, time)."""
    lags = times[:, None] - times
    hidden = series
    for block in (0, 1):
        place, given = f"backbone.{block}.", hidden
        for conv in (1, 2):
            name = f"{place}cconv{conv}."
            positions = 1 - 2 * lags.ravel() / horizon
            kernel = published_kernel(state, name, positions)
            kernel = kernel.reshape(*kernel.shape[:2], *lags.shape) * (lags >= 0)
            hidden = np.einsum("ocij,cj->oi", kernel, hidden)
            hidden = hidden + state[f"{name}bias"].double().numpy()[:, None]
            norm = f"{place}norm{conv}.layer_norm"
            hidden = np.maximum(normalize(hidden, state, norm, axis=axis), 0)
        if block == 0:
            matrix = state[f"{place}shortcut.0.weight"].double().numpy()[:, :, 0]
            shift = state[f"{place}shortcut.0.bias"].double().numpy()[:, None]
            given = matrix @ given + shift
        hidden = np.maximum(hidden + given, 0)
    return hidden


@pytest.mark.parametrize(("norm", "axis"), [("channels", 0), ("channels_time", None)])
def test_real_stamps_are_sums_over_pairs(norm, axis):
    state, rng = random_checkpoint(length=12), np.random.default_rng(0)
    times, series = np.sort(rng.uniform(0, 11, 9)), rng.normal(size=(3, 9))
    network = PaperCKCNN.from_published_state_dict(
        state, omega_0=OMEGA_0, sampling="stamps", quadrature="none", norm=norm
    ).double()
    tensors = torch.from_numpy(series).mT[None], torch.from_numpy(times)[None]
    features = twin_at_stamps(state, series, times, horizon=11, axis=axis)
    found = network.embed(*tensors)[0].detach().numpy()
    np.testing.assert_allclose(found, features[:, -1], atol=1e-9)


def test_the_norm_of_each_step_is_that_of_the_twin():
    state, rng = random_checkpoint(), np.random.default_rng(0)
    series = rng.normal(size=(3, 12))
    network = PaperCKCNN.from_published_state_dict(
        state, omega_0=OMEGA_0, norm="channels", output="every"
    ).double()
    outputs = network(torch.from_numpy(series).mT[None])[0]
    features = published_features(state, series, axis=0)
    expected = network.head(torch.from_numpy(features).T)
    assert_close(outputs, expected)


MODES = {
    "stamps": {},
    "stamps, channels": {"norm": "channels", "mask": "channels"},
    "stamps, counts": {"mask": "counts"},
    "stamps, linear": {"quadrature": "linear"},
    "grid": {"sampling": "grid", "mask": "shared"},
    "grid, end": {"sampling": "grid", "output": "end", "padding": "last"},
    "grid, odd": {"sampling": "grid", "odd_lengths": "published", "output": "end"},
}


@pytest.mark.parametrize("mode", list(MODES))
def test_padding_batch_mates_and_rubbish_change_nothing(mode):
    network, batch = make_network(**MODES[mode]), make_batch()
    expected = network(**batch)
    assert expected.isfinite().all()
    rubbish = torch.where(batch["observed"], batch["values"], 1e3)
    assert_close(network(**{**batch, "values": rubbish}), expected)
    for number in range(4):
        one = {key: tensor[[number]] for key, tensor in batch.items()}
        last = one["observed"][0].any(1).nonzero().max() + 1
        alone = network(**rows_of(one, slice(last)))
        assert_close(alone, expected[[number]])
    longer = make_batch(1, 30, seed=1)
    longer["times"] = longer["times"] * 4  # beyond the training data
    for key, tensor in longer.items():
        padding = [0, 0] * (tensor.ndim - 2) + [0, 21]
        padded = torch.nn.functional.pad(batch[key], padding)
        if key == "times":
            padded[:, 9:] = batch[key][:, -1:]
        longer[key] = torch.cat([padded, tensor])
    assert_close(network(**longer)[:4], expected)


@pytest.mark.parametrize("mode", list(MODES))
def test_every_parameter_learns_and_series_without_rows_are_finite(mode):
    network, batch = make_network(**MODES[mode]), make_batch()
    batch["observed"][2] = False
    outputs = network(**batch)
    assert outputs.isfinite().all()
    outputs.square().sum().backward()
    assert all(one.grad is not None for one in network.parameters())
    assert all(one.grad.isfinite().all() for one in network.parameters())


def test_complete_series_on_the_grid_are_the_same_by_stamps():
    batch = make_batch(n_rows=21)
    batch["times"] = torch.arange(21, dtype=FLOAT64).repeat(4, 1) / 2
    batch["observed"] = torch.ones_like(batch["observed"])
    expected = make_network()(**batch)
    for options in ({"sampling": "grid"}, {"sampling": "grid", "output": "end"}):
        assert_close(make_network(**options)(**batch), expected)
    assert_close(make_network(quadrature="none")(**batch), expected)
    assert_close(make_network()(batch["values"]), expected)


def test_weights_follow_the_gaps_of_real_stamps():
    batch = make_batch()
    gap, none = make_network()(**batch), make_network(quadrature="none")(**batch)
    assert (gap - none).abs().max() > 1e-3


def test_the_path_is_that_of_shorter_series_if_each_step_is_normalized():
    network, batch = make_network(norm="channels", mask="channels"), make_batch()
    path = network.forward_path(**batch)
    for row in range(9):
        assert_close(path[:, row], network(**rows_of(batch, slice(row + 1))))


@pytest.mark.parametrize("norm", ["channels", "channels_time"])
def test_only_statistics_over_time_look_ahead(norm):
    network = make_network(norm=norm, sampling="grid", output="every")
    values = torch.randn(2, 21, 3, dtype=FLOAT64)
    later = values.clone()
    later[:, 15:] += 1
    moved = (network(values) - network(later)).abs().amax((0, 2))
    assert (moved[:15].max() > 1e-6) == (norm == "channels_time")
    assert moved[15:].min() > 1e-6


def test_convolutions_are_causal_whatever_the_norm():
    network = make_network()
    values = torch.randn(1, 21, 3, dtype=FLOAT64)
    later = values.clone()
    later[:, 15:] += 1
    conv = network.blocks[0].conv1
    moved = (conv.convolve(values, None) - conv.convolve(later, None)).abs()
    assert moved[:, :15].max() < 1e-12 < moved[:, 15:].min()


def test_the_output_is_where_it_is_said_to_be():
    batch = make_batch()
    every = make_network(sampling="grid", output="every")(**batch)
    assert every.shape == (4, 21, 4)
    assert_close(make_network(sampling="grid", output="end")(**batch), every[:, -1])
    seen = batch["observed"].any(2)
    elapsed = batch["times"] - batch["times"][:, :1]
    last = (elapsed / 0.5).round().long().where(seen, 0).amax(1)
    assert_close(make_network(sampling="grid")(**batch), every[torch.arange(4), last])


@pytest.mark.parametrize("sampling", ["stamps", "grid"])
def test_static_features_are_channels_at_all_times(sampling):
    batch, static = make_batch(), torch.randn(4, 2, dtype=FLOAT64)
    batch["observed"] = batch["observed"].any(2, keepdim=True).expand(-1, -1, 3)
    made = make_network(n_static=2, sampling=sampling)(**batch, static=static)
    repeated = static[:, None].expand(-1, 9, -1)
    channels = {**batch, "values": torch.cat([batch["values"], repeated], 2)}
    channels["observed"] = batch["observed"][..., :1].expand(-1, -1, 5)
    options = {"sampling": sampling, "in_channels": 5}
    expected = make_network(**options)(**channels)
    if sampling == "stamps":
        assert_close(made, expected)
    else:  # there, points between the rows have them, too
        assert (made - expected).abs().max() > 1e-6


def test_the_penalty_is_the_sum_of_the_norms_of_the_sampled_kernels():
    state = random_checkpoint()
    network = PaperCKCNN.from_published_state_dict(
        state, omega_0=OMEGA_0, kernel_penalty=0.25
    ).double()
    positions = np.linspace(-1, 1, 12)
    names = [f"backbone.{block}.cconv{conv}." for block in (0, 1) for conv in (1, 2)]
    kernels = [published_kernel(state, name, positions) for name in names]
    expected = 0.25 * sum(np.sqrt((kernel**2).sum()) for kernel in kernels)
    assert network.penalty().item() == pytest.approx(expected, rel=1e-9)
    network.penalty().backward()
    assert network.blocks[0].conv1.kernel.last.direction.grad.abs().max() > 0
    assert make_network().penalty().item() == 0


def test_the_penalty_is_that_of_the_grid_whatever_the_gaps_of_the_channels():
    options = {"kernel_penalty": 1.0, "grid_step": 0.25, "sampling": "grid"}
    expected = make_network(**options)
    kernel = expected.blocks[0].conv1.kernel(torch.linspace(0, 1, 41, dtype=FLOAT64))
    norm = expected.blocks[0].conv1.kernel_norm(n_lags=41)
    assert_close(norm, kernel.square().sum().sqrt())
    for gap in (0.25, 1.0, 5.0):
        found = make_network(**options, time_step=[gap] * 3)
        assert found.penalty().item() == pytest.approx(expected.penalty().item())
    norms = [conv.kernel_norm(n_lags=41) for conv in found._groups()[0]]
    assert_close(found.penalty(), torch.stack(norms).sum())


def test_dropout_follows_from_the_generator_and_leaves_the_global_one():
    options = {"dropout": 0.3, "input_dropout": 0.2, "weight_dropout": 0.1}
    network = make_network(sampling="grid", **options).train()
    values = torch.randn(2, 21, 3, dtype=FLOAT64)
    before = torch.get_rng_state()

    def run(seed):
        return network(values, generator=torch.Generator().manual_seed(seed))

    assert torch.equal(run(0), run(0))
    assert not torch.equal(run(0), run(1))
    PaperCKCNN(3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), before)
    network.eval()
    assert torch.equal(run(0), run(1))


@pytest.mark.parametrize("mode", ["stamps", "grid", "grid, end"])
def test_it_runs_where_its_parameters_are(mode, accelerator):
    network, batch = make_network(**MODES[mode]), make_batch()
    expected = network(**batch).detach()
    network.to(accelerator.device)
    found = network(**{k: v.to(accelerator.device) for k, v in batch.items()})
    assert found.device.type == accelerator.device
    assert_close(found.cpu(), expected)


@pytest.mark.parametrize("options", [{}, {"sampling": "grid", "norm": "channels"}])
def test_no_path_where_later_rows_are_seen(options):
    with pytest.raises(ValueError, match="`norm` must be 'channels' and `sampling`"):
        make_network(**options).forward_path(**make_batch())


@pytest.mark.parametrize("sampling", ["grid", "stamps"])
def test_rows_dropped_at_the_beginning_do_not_move_the_others_on_the_grid(sampling):
    X = np.random.default_rng(0).normal(size=(8, 2, 12))
    model = CKCNNClassifier(
        network="paper",
        network_params={"sampling": sampling, "mask": "shared"},
        hidden_channels=4,
        max_epochs=1,
        random_state=0,
    ).fit(X, np.tile([0, 1], 4))
    X[:, :, 5], X[0, :, :3] = np.nan, np.nan
    data = model._dataset(as_panel(X))
    found = model.net_.outputs(data)[:1]
    # The rows that are left, by hand, on the grid that series began on.
    batch, rows = data.batch([0]), [3, 4, *range(6, 12)]
    values, observed = torch.zeros(1, 12, 2), torch.zeros(1, 12, 2, dtype=torch.bool)
    values[:, rows], observed[:, rows] = batch["values"], True
    times = torch.arange(12.0, dtype=FLOAT64)[None]
    with torch.no_grad():
        whole = model.net_.module_(values, times, observed)
        cut = model.net_.module_(values[:, 3:], times[:, 3:] - 3, observed[:, 3:])
    np.testing.assert_allclose(found, whole.double(), atol=1e-5)
    assert ((whole - cut).abs().max() < 1e-5) == (sampling == "stamps")
