"""Checkpoints of the paper's authors: what network they are of, and its weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from ckts._checks import check_count
from ckts.networks.paper.options import split_channels

# Keys of a published network after its prefix. The numbers of the layers of a kernel
# net count its other modules, too.
BLOCK = r"backbone\.(?P<block>\d+)\."
CONV = BLOCK + r"cconv(?P<conv>[12])\."
PATTERNS = {
    "layer": re.compile(CONV + r"Kernel\.kernel_net\.(?P<layer>\d+)\.(?P<part>.+)"),
    "conv": re.compile(CONV + r"(?P<part>bias|train_length|conv_kernel)"),
    "norm": re.compile(BLOCK + r"norm(?P<conv>[12])\.(?:\w+\.)?(?P<part>weight|bias)"),
    "shortcut": re.compile(BLOCK + r"shortcut\.0\.(?P<part>weight|bias)"),
    "head": re.compile(r"finallyr\.(?P<part>weight|bias)"),
}
WRAPPERS = ("model_state_dict", "state_dict", "model")
# How torch named the length and the direction of a normalized weight, then and now.
NORMED = {
    "weight_g": "magnitude",
    "weight_v": "direction",
    "parametrizations.weight.original0": "magnitude",
    "parametrizations.weight.original1": "direction",
}
# Arguments of the network that follow from a checkpoint.
DECIDED = {"in_channels", "n_outputs", "hidden_channels", "n_blocks"}
DECIDED |= {"kernel_params", "horizon", "time_step", "row_time_step", "grid_step"}
LAYERS = ("first", "second", "last")
# Tensors of each convolution and block, by the names of ours.
IN_LAYER = ("direction", "magnitude", "bias")


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a checkpoint holds.

    Attributes
    ----------
    in_channels : int
        Channels of the input, masks and static features included.
    n_outputs, hidden_channels, n_blocks : int
        Sizes of the network.
    hidden_features : int
        Width of the networks of its kernels.
    length : int
        Time steps of the series that it was trained on.
    weights : dict of str to Tensor
        By the names that :class:`~ckts.networks.paper.PaperCKCNN` has for them.
    """

    in_channels: int
    n_outputs: int
    hidden_channels: int
    n_blocks: int
    hidden_features: int
    length: int
    weights: dict[str, Tensor]


def read_published(
    state_dict: Mapping[str, Any], length: int | None = None
) -> Published:
    """Read a checkpoint of the published code.

    Parameters
    ----------
    state_dict : mapping
        Tensors by name, perhaps within another mapping or under a prefix.
    length : int, optional
        Time steps of the training series, if the checkpoint lacks them.

    Returns
    -------
    Published

    Raises
    ------
    TypeError, ValueError
        If it is no such checkpoint.
    """
    tensors = _unwrap(state_dict)
    weights, unknown = {}, []
    lengths: dict[str, set[int]] = {"train_length": set(), "conv_kernel": set()}
    layers = _layer_numbers(tensors)
    for key, tensor in tensors.items():
        kind, found = _match(key)
        part = found.get("part", "")
        if part == "train_length":
            lengths[part].add(int(tensor.max()))
        elif part == "conv_kernel":  # sampled, by lag; empty before the first pass
            lengths[part] |= {tensor.shape[2]} if tensor.ndim == 3 else set()
        else:
            name = _own_name(kind, found, layers)
            if name is None:
                unknown.append(key)
            else:
                weights[name] = _shaped(tensor, name)
    if unknown:
        raise _wrong(f"has {_listed(unknown)} besides")
    trained = lengths["train_length"] - {0} or lengths["conv_kernel"]
    return _described(_normed(weights), _one_length(trained, length))


def _unwrap(state_dict: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the tensors without wrappers and prefixes."""
    if isinstance(state_dict, torch.nn.Module):
        state_dict = state_dict.state_dict()
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            "`state_dict` must be a mapping of names to tensors; got "
            f"{type(state_dict).__name__}. Load the file with "
            "`torch.load(path, map_location='cpu', weights_only=True)`."
        )
    for name in WRAPPERS:
        if isinstance(state_dict.get(name), Mapping):
            return _unwrap(state_dict[name])
    found = {str(k): _as_tensor(str(k), v) for k, v in state_dict.items()}
    tensors = {key: one for key, one in found.items() if one is not None}
    heads = [key for key in tensors if key.endswith("finallyr.weight")]
    if len(heads) != 1:
        raise _wrong(f"has the keys {_listed(map(str, state_dict))}")
    prefix = heads[0].removesuffix("finallyr.weight")
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items()}


def _as_tensor(key: str, value: Any) -> Tensor | None:
    """Return a tensor of an array or a length; None of what else is in a file."""
    if isinstance(value, Tensor):
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") in {*"fiu"}:  # numpy's
        return torch.tensor(value)
    if isinstance(value, Real) and key.endswith("train_length"):
        return torch.tensor(float(value))
    return None


def _match(key: str) -> tuple[str, dict[str, str]]:
    for kind, pattern in PATTERNS.items():
        found = pattern.fullmatch(key)
        if found:
            return kind, found.groupdict()
    return "", {}


def _layer_numbers(tensors: Iterable[str]) -> dict[str, str]:
    """Name the layers of the kernel nets by their numbers."""
    found = (PATTERNS["layer"].fullmatch(key) for key in tensors)
    numbers = sorted({int(one["layer"]) for one in found if one})
    if len(numbers) != len(LAYERS):
        raise _wrong(f"has kernel nets of {len(numbers)} layers, not of three")
    return dict(zip(map(str, numbers), LAYERS, strict=True))


def _own_name(kind: str, found: dict[str, str], layers: dict[str, str]) -> str | None:
    """Return the name that our network has for a tensor; None if it has none."""
    part = found.get("part", "")
    place = f"blocks.{found.get('block')}"
    if kind == "layer":
        part = NORMED.get(part, part)
        if part not in (*IN_LAYER, "weight"):
            return None
        layer = layers[found["layer"]]
        return f"{place}.conv{found['conv']}.kernel.{layer}.{part}"
    prefixes = {
        "conv": f"{place}.conv{found.get('conv')}.",
        "norm": f"{place}.norm{found.get('conv')}.",
        "shortcut": f"{place}.shortcut.",
        "head": "head.",
    }
    return prefixes[kind] + part if kind else None


def _shaped(tensor: Tensor, name: str) -> Tensor:
    """Return weights as a matrix, without the axis of 1x1 convolutions, in float32."""
    if tensor.ndim == 3 and tensor.shape[2] == 1:
        tensor = tensor[..., 0]
    if not tensor.is_floating_point() or tensor.ndim > 2:
        raise _wrong(f"has a tensor {tuple(tensor.shape)} for {name}")
    tensor = tensor.detach().cpu().clone()
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _normed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Split weights whose normalization was taken off."""
    result = {}
    for name, tensor in weights.items():
        if ".kernel." in name and name.endswith(".weight"):
            place = name.removesuffix("weight")
            result[f"{place}direction"] = tensor
            result[f"{place}magnitude"] = tensor.norm(dim=1, keepdim=True)
        else:
            result[name] = tensor
    return result


def _one_length(found: set[int], given: int | None) -> int:
    """Return the length of the training series."""
    if given is not None:
        given = check_count("length", given)
    several = given is None and len(found) > 1
    if several or (found and given not in (None, *found)):
        way_out = "Give" if several else "Leave it out, or give"
        raise ValueError(
            f"`length` must be one of those in the checkpoint, {sorted(found)}; got "
            f"{given}. {way_out} the one that it was trained on."
        )
    length = next(iter(found), None) if given is None else given
    if length is None:
        raise ValueError(
            "`length` must be the time steps of the training series where the "
            "checkpoint lacks `train_length`; got None. Give e.g. length=182."
        )
    if length < 2:
        raise ValueError(f"`length` must be at least 2; got {length}.")
    return length


def _described(weights: dict[str, Tensor], length: int) -> Published:
    """Infer the sizes, and check that the weights are those of such a network."""
    n_blocks = 1 + max(int(name.split(".")[1]) for name in weights if "." in name[6:])
    missing = [name for name in _expected(n_blocks) if name not in weights]
    if missing:
        raise _wrong(f"lacks what would be {_listed(missing)}")
    n_outputs, hidden_channels = weights["head.weight"].shape
    kernel = "blocks.0.conv1.kernel"
    n_products = len(weights[f"{kernel}.last.bias"])
    in_channels, rest = divmod(n_products, hidden_channels)
    shortcut = "blocks.0.shortcut.weight" in weights
    if rest or in_channels < 1 or shortcut != (in_channels != hidden_channels):
        raise _wrong(
            f"has {n_products} kernels for {hidden_channels} hidden channels, "
            f"{'a' if shortcut else 'no'} shortcut"
        )
    return Published(
        in_channels=in_channels,
        n_outputs=n_outputs,
        hidden_channels=hidden_channels,
        n_blocks=n_blocks,
        hidden_features=len(weights[f"{kernel}.first.bias"]),
        length=length,
        weights=weights,
    )


def _expected(n_blocks: int) -> list[str]:
    """Return the names that each checkpoint has."""
    parts = ["norm{}.weight", "norm{}.bias", "conv{}.bias"]
    parts += [f"conv{{}}.kernel.{a}.{b}" for a in LAYERS for b in IN_LAYER]
    numbers = [(block, conv) for block in range(n_blocks) for conv in (1, 2)]
    names = [f"blocks.{b}.{part.format(c)}" for b, c in numbers for part in parts]
    return [*names, "head.weight", "head.bias"]


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more if names else "nothing"


def _wrong(what: str) -> ValueError:
    return ValueError(
        "`state_dict` must be that of a published CKCNN, with `backbone.0.cconv1...`, "
        f"`finallyr.weight` and sine kernels; got one that {what}. Load the file of "
        "the authors' folder `saved` with `torch.load(path, weights_only=True)`."
    )


def make_published(
    network_class: Any,
    state_dict: Mapping[str, Any],
    *,
    omega_0: float,
    length: int | None,
    mask: str,
    n_static: int,
    **options: Any,
) -> Any:
    """Make the network of a checkpoint, with its weights, in evaluation mode.

    Parameters are those of :meth:`PaperCKCNN.from_published_state_dict`; the first is
    the class.
    """
    decided = sorted(DECIDED & options.keys())
    if decided:
        raise TypeError(
            f"`options` must not hold what the checkpoint decides; got {decided}. "
            "Leave them out: only `omega_0`, and perhaps `length`, are to be given."
        )
    found = read_published(state_dict, length)
    if options.setdefault("sampling", "grid") == "grid":
        options = {"output": "end", "odd_lengths": "published"} | options
    network = network_class(
        split_channels(found.in_channels - n_static, mask),
        found.n_outputs,
        n_static=n_static,
        mask=mask,
        hidden_channels=found.hidden_channels,
        n_blocks=found.n_blocks,
        kernel_params={"omega_0": omega_0, "hidden_features": found.hidden_features},
        horizon=float(found.length - 1),
        **options,
    )
    load_weights(network, found)
    return network.eval()


def load_weights(network: torch.nn.Module, found: Published) -> None:
    """Give a network of the sizes that were found its weights."""
    own = network.state_dict()
    for name, tensor in found.weights.items():
        if name not in own:
            raise _wrong(f"has {name} besides")
        if own[name].shape != tensor.shape:
            shapes = f"{tuple(tensor.shape)}, not {tuple(own[name].shape)}"
            raise _wrong(f"has a tensor {shapes}, for {name}")
    network.load_state_dict({**own, **found.weights})
