"""Published checkpoints: read in every form they come in, and held to a plain twin."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from ckts.networks import PaperCKCNN
from ckts.networks.paper.published import read_published
from paper.published_preprocessing import (
    TRAJECTORIES,
    load_letters,
    pad_by_last,
    predict,
    published_input,
)
from published_network import (
    OMEGA_0,
    published_fft,
    published_outputs,
    random_checkpoint,
)

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared")) / "data"
CHECKPOINT = SHARED / (
    "reference_checkpoint/character_trajectories_rate1_drop0_omega21.45.pt"
)
needs_data = pytest.mark.skipif(
    not (CHECKPOINT.exists() and TRAJECTORIES.exists()),
    reason="the published checkpoint and CharacterTrajectories are not here",
)


def make(state, **options):
    options = {"omega_0": OMEGA_0, **options}
    return PaperCKCNN.from_published_state_dict(state, **options).double()


def draw_series(n_channels=3, length=12, n_series=2):
    return np.random.default_rng(0).normal(size=(n_series, n_channels, length))


def outputs_of(network, series, **options):
    values = torch.from_numpy(series).mT
    with torch.no_grad():
        return network(values, **options).numpy()


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"n_inputs": 1, "n_outputs": 10},
        {"n_inputs": 5},  # as wide as the blocks: no shortcut
        {"n_inputs": 9, "n_outputs": 1},
        {"n_blocks": 1},
        {"n_blocks": 3, "kernel_width": 9},
    ],
    ids=str,
)
def test_outputs_are_those_of_the_twin(sizes):
    state = random_checkpoint(**sizes)
    series = draw_series(sizes.get("n_inputs", 3))
    expected = published_outputs(state, series)
    # Weights are float32, and outputs of size 10.
    np.testing.assert_allclose(outputs_of(make(state), series), expected, atol=1e-9)


@pytest.mark.parametrize("length", [7, 23])
def test_odd_lengths_are_as_published_unless_told(length):
    state, series = random_checkpoint(length=length), draw_series(length=length)
    published = published_outputs(state, series, convolve=published_fft)
    np.testing.assert_allclose(outputs_of(make(state), series), published, atol=1e-9)
    exact = published_outputs(state, series)
    network = make(state, odd_lengths="exact")
    np.testing.assert_allclose(outputs_of(network, series), exact, atol=1e-9)
    assert np.abs(exact - published).max() > 0.1


@pytest.mark.parametrize(("length", "rate"), [(12, 2), (13, 2), (12, 4), (11, 3)])
def test_other_rates_are_as_published_with_the_past_anchored(length, rate):
    state = random_checkpoint(length=length)
    series = draw_series(length=length)[:, :, ::rate]
    # What the published code does: positions from -1 in coarser steps, times the rate.
    step = 2 / (length - 1)
    positions = -1 + step * rate * np.arange(series.shape[2])
    options = {"positions": positions, "factor": rate}
    expected = published_outputs(state, series, **options)
    times = rate * torch.arange(series.shape[2], dtype=torch.float64).repeat(2, 1)
    network = make(state, sampling="stamps", anchor="past")
    found = outputs_of(network, series, times=times)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    # Lag 0 at +1: the same, less how far the last stamp misses the end of the grid.
    options["positions"] = positions + step * ((length - 1) % rate)
    expected = published_outputs(state, series, **options)
    network = make(state, sampling="stamps", quadrature="none")
    for block in network.blocks:
        for conv in (block.conv1, block.conv2):
            conv.kernel.last.magnitude.data *= rate
            conv.kernel.last.bias.data *= rate
    found = outputs_of(network, series, times=times)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_masks_and_static_features_are_made_as_published():
    state, series = random_checkpoint(n_inputs=7), draw_series(2)
    observed = np.random.default_rng(1).random(series.shape) < 0.6
    known = np.where(observed, series, 0)
    static = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, 0.25]])
    counts = observed.cumsum(2)
    repeated = np.repeat(static[:, :, None], 12, 2)
    channels = np.concatenate([counts, known, repeated], 1)
    expected = published_outputs(state, channels)
    network = make(state, mask="counts", n_static=3)
    tensors = {
        "observed": torch.from_numpy(observed).mT,
        "static": torch.from_numpy(static),
    }
    np.testing.assert_allclose(
        outputs_of(network, series, **tensors), expected, atol=1e-9
    )
    one = np.broadcast_to(observed[:, :1], series.shape)
    known = np.where(one, series, 0)
    state = random_checkpoint(n_inputs=3)
    expected = published_outputs(state, np.concatenate([known, one[:, :1]], 1))
    found = outputs_of(
        make(state, mask="shared"), series, observed=torch.from_numpy(one.copy()).mT
    )
    np.testing.assert_allclose(found, expected, atol=1e-9)


def renamed(state, **names):
    result = {}
    for key, tensor in state.items():
        for old, new in names.items():
            key = key.replace(old, new)
        result[key] = tensor
    return result


def without_length(state):
    return {k: v for k, v in state.items() if not k.endswith("train_length")}


def with_kernels(state):
    kernels = {
        f"backbone.{block}.cconv{conv}.conv_kernel": torch.zeros(5, 3, 12)
        for block in (0, 1)
        for conv in (1, 2)
    }
    return {**without_length(state), **kernels}


def with_other_kernels(state):
    """As after a test at another rate."""
    kernel = torch.zeros(5, 3, 6)
    return {**state, "backbone.0.cconv1.conv_kernel": kernel}


def without_norm(state):
    result = dict(state)
    for key in state:
        if key.endswith("weight_v"):
            place = key.removesuffix("weight_v")
            direction, length = result.pop(key), result.pop(f"{place}weight_g")
            norm = direction.norm(dim=1, keepdim=True)
            result[f"{place}weight"] = direction * length / norm
    return result


FORMS = {
    "module": lambda s: {f"module.{key}": tensor for key, tensor in s.items()},
    "wrapped": lambda s: {"epoch": 3, "model_state_dict": s},
    "other wrapper": lambda s: {"state_dict": {f"net.module.{k}": s[k] for k in s}},
    "parametrized": lambda s: renamed(
        s,
        weight_g="parametrizations.weight.original0",
        weight_v="parametrizations.weight.original1",
    ),
    "numbered anew": lambda s: renamed(s, **{"net.4.": "net.2.", "net.8.": "net.5."}),
    "plain norm": lambda s: {k.replace(".layer_norm", ""): v for k, v in s.items()},
    "kernels": with_kernels,
    "other kernels": with_other_kernels,
    "no weight norm": without_norm,
    "numpy": lambda s: {k: v.numpy() for k, v in s.items()},
    "plain length": lambda s: {
        k: int(v) if k.endswith("train_length") else v for k, v in s.items()
    },
    "half": lambda s: {
        k: v.half() if v.is_floating_point() else v for k, v in s.items()
    },
}


@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_gives_the_same_network(form):
    state, series = random_checkpoint(), draw_series()
    found = outputs_of(make(FORMS[form](state)), series)
    tolerance = 0.2 if form == "half" else 1e-5  # the weights' own digits
    np.testing.assert_allclose(found, outputs_of(make(state), series), atol=tolerance)


def test_the_length_is_given_where_the_checkpoint_lacks_it():
    state, series = random_checkpoint(), draw_series()
    network = make(without_length(state), length=12)
    np.testing.assert_array_equal(
        outputs_of(network, series), outputs_of(make(state), series)
    )
    state["backbone.0.cconv1.train_length"] = torch.zeros(1).int()  # never run
    assert read_published(state).length == 12


def test_the_length_is_one_of_those_of_the_checkpoint():
    state = random_checkpoint()
    state["backbone.0.cconv1.train_length"] = torch.tensor([13])
    assert read_published(state, 12).length == 12


def test_the_state_that_is_given_stays_as_it_is():
    state = random_checkpoint()
    network = make(state)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    twin = random_checkpoint()
    assert all(torch.equal(state[key], twin[key]) for key in twin)


def spoiled(**changes):
    state = random_checkpoint()
    for key, tensor in changes.items():
        if tensor is None:
            del state[key]
        else:
            state[key] = tensor
    return state


BLOCK = "backbone.0.cconv1."


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (3, TypeError, "`state_dict` must be a mapping of names to tensors; got int"),
        ({"a": torch.ones(2)}, ValueError, "`state_dict` must be .* has the keys a"),
        ({}, ValueError, "`state_dict` must be that of a published.*keys nothing"),
        (
            spoiled(**{f"{BLOCK}bias": None}),
            ValueError,
            "lacks what would be blocks.0.conv1.bias",
        ),
        (
            spoiled(**{f"{BLOCK}Kernel.kernel_net.2.weight": torch.ones(4)}),
            ValueError,
            "kernel nets of 4 layers, not of three",
        ),
        (
            spoiled(**{"backbone.0.pool.weight": torch.ones(4)}),
            ValueError,
            "has backbone.0.pool.weight besides",
        ),
        (
            spoiled(**{"backbone.0.norm1.layer_norm.bias": torch.ones(4)}),
            ValueError,
            r"has a tensor \(4,\), not \(5,\), for blocks.0.norm1.bias",
        ),
        (
            spoiled(**{"backbone.1.shortcut.0.bias": torch.ones(5)}),
            ValueError,
            "has blocks.1.shortcut.bias besides",
        ),
        (
            spoiled(**{"backbone.0.shortcut.0.weight": None}),
            ValueError,
            "15 kernels for 5 hidden channels, no shortcut",
        ),
        (
            spoiled(**{f"{BLOCK}bias": torch.ones(5, 2, 2)}),
            ValueError,
            r"has a tensor \(5, 2, 2\) for blocks.0.conv1.bias",
        ),
        (
            spoiled(**{f"{BLOCK}train_length": torch.tensor([13])}),
            ValueError,
            r"`length` must be one of .*, \[12, 13\]; got None. Give .* trained on",
        ),
        (
            without_length(random_checkpoint()),
            ValueError,
            "`length` must be the time steps.*got None. Give e.g. length=182",
        ),
    ],
)
def test_what_does_not_fit_is_named(state, error, message):
    with pytest.raises(error, match=message):
        make(state)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 13}, r"`length` must be one .*, \[12\]; got 13. Leave it out"),
        ({"mask": "channels"}, "`mask` and `n_static` must leave.*for 3 channels"),
        ({"mask": "shared", "n_static": 2}, "`mask` and `n_static` must leave"),
        ({"mask": "some"}, "`mask` must be one of 'none', .*got 'some'"),
        ({"omega_0": -1.0}, "`omega_0` must be positive and finite; got -1.0"),
    ],
)
def test_arguments_that_do_not_fit_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make(random_checkpoint(), **options)
    with pytest.raises(TypeError, match="`length` must be an integer; got '12'"):
        make(random_checkpoint(), length="12")
    told = r"must not hold what .* decides; got \['horizon', 'kernel_params'\]. Leave"
    with pytest.raises(TypeError, match=told):
        make(random_checkpoint(), kernel_params={}, horizon=3.0)
    with pytest.raises(ValueError, match="`length` must be at least 2; got 1"):
        make(without_length(random_checkpoint()), length=1)


# --- the authors' own checkpoint ------------------------------------------------------


def load_published():
    state = torch.load(CHECKPOINT, map_location="cpu", weights_only=True)
    omega_0 = 21.44961185481323
    return state, PaperCKCNN.from_published_state_dict(state, omega_0=omega_0), omega_0


@needs_data
def test_the_published_checkpoint_is_as_accurate_as_published():
    _, network, _ = load_published()
    assert sum(one.numel() for one in network.parameters()) == 100_696
    series, labels = load_letters()
    inputs, parts = published_input(series, labels)
    assert [len(part) for part in parts] == [2000, 429, 429]
    assert inputs.shape == (2858, 182, 3)
    right = predict(network, inputs) == labels
    assert right.mean() >= 0.997
    assert right[parts.test].mean() >= 0.9953


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "share"), [(2, 0.9977), (4, 0.9953), (8, 0.951), (16, 0.7413)]
)
def test_other_rates_are_as_accurate_as_by_the_published_code(rate, share):
    _, network, _ = load_published()
    series, labels = load_letters()
    inputs, parts = published_input(series, labels, rate=rate)
    right = predict(network, inputs[parts.test]) == labels[parts.test]
    assert right.mean() == pytest.approx(share, abs=0.0006)


@needs_data
def test_the_published_checkpoint_gives_the_outputs_of_the_twin():
    state, network, omega_0 = load_published()
    inputs, _ = published_input(*load_letters())
    expected = published_outputs(state, inputs[:2].mT.numpy(), omega_0=omega_0)
    with torch.no_grad():
        found = network.double()(inputs[:2].double()).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_the_published_preprocessing_pads_drops_and_standardizes():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(n, 2)) for n in rng.integers(4, 9, 40)]
    labels = np.arange(40) % 2
    padded = pad_by_last(series)
    assert padded.shape == (40, max(map(len, series)), 2)
    assert (padded[0, len(series[0]) :] == series[0][-1]).all()
    inputs, parts = published_input(series, labels)
    assert sorted(np.concatenate(parts)) == list(range(40))
    known = inputs[parts.train].numpy()  # channels together, each time step
    np.testing.assert_allclose(known.mean((0, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(known.std((0, 2)), 1, atol=0.02)
    inputs, _ = published_input(series, labels, percent=30, rate=2)
    assert inputs.shape == (40, 4, 3)
    assert ((inputs[..., 2] == 0) == (inputs[..., :2] == 0).all(2)).all()
    whole, _ = published_input(series, labels, percent=30)
    assert (whole[..., 2].sum(1) == 8 - int(8 * 0.3)).all()
