"""The parameters that the estimators share: defaults, descriptions and rules."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from os import PathLike
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from sklearn.base import BaseEstimator

from ckts._checks import (
    check_bool,
    check_choice,
    check_count,
    check_positive,
    check_real,
    check_share,
)
from ckts.estimators._network import check_network
from ckts.estimators._rules import (
    Rule,
    auto_or,
    callable_or,
    check_callbacks,
    check_folder,
    check_mapping,
    check_n_jobs,
    check_optimizer,
    check_schedule,
    check_scoring,
    check_verbose,
)
from ckts.estimators.training.amp import check_amp
from ckts.layers import QUADRATURES
from ckts.networks import NETWORKS

Class = TypeVar("Class", bound=type)


@dataclass(kw_only=True, eq=False, repr=False)
class AbstractParameters(BaseEstimator):
    """Parameters that all estimators take, as scikit-learn wants them: explicit.

    A parameter is written in at most four places: its field with the default, its entry
    below, its rule, and where it is used. A subclass repeats a field to change the
    default. Those that the network takes under the same name are passed by that name.

    Parameters
    ----------
    max_epochs : int or "auto"
        Passes over the training series. The learning rate follows one cycle over all
        of them, so fewer epochs are a shorter training, not an interrupted one. "auto"
        takes 20 of one network, and 10 of each of three; more where series are so few
        that this would be fewer than 300 steps, or 200 of each of three on series of
        typically less than 32 rows; fewer, but at least 4, where a network would see
        more than 17 million rows, one of three 8 million.
    lr : float
        Learning rate, the highest of the schedule.
    optimizer : "adamw" or callable
        AdamW, or a class of torch.optim, such as ``torch.optim.SGD``; for arguments of
        it other than `lr` and `weight_decay` a `functools.partial`. Where it has none,
        `weight_decay` is ignored.
    lr_schedule : {"one_cycle", "cosine", "plateau", "constant"} or callable
        How the learning rate changes from step to step: up to `lr` and down again,
        down from `lr` to 0, or not at all. "plateau" divides it by 5 when what early
        stopping watches, or the training loss without it, has not improved for 20
        epochs. A function of the optimizer and the number of steps returns a schedule
        of torch.
    batch_size : int or "auto"
        Series per step, of similar lengths. "auto" takes a power of two from 8 to 64
        that makes about 40 steps an epoch.
    network : str or callable
        The network: "gated" is the library's, other names of
        `ckts.networks.NETWORKS` are those of the paper and its rivals; a class, or a
        function, makes one of yours. All but "gated" are trained alone, without
        CKRocket. It is given those of the parameters above and below,
        `in_channels`, `n_outputs`, `n_static` and the learned units of time that it
        has arguments for, see `ckts.networks.GatedCKCNN`; its `forward` those of
        `values`, `times`, `observed`, `static`, `lead` and `generator`, of which
        `values` of shape (batch, time, in_channels) are standardized, and 0 where
        nothing is `observed`, such as in padding; `lead` of shape (batch,) is the time
        from the first row of a series, observed or not, to its first observation. What
        its `penalty()` returns, if it has one, is added to the loss of each training
        step; `penalty(weight)` is given the weights of the batch's series, whose mean
        over all is 1.
    network_params : dict or None
        Further parameters of the network, by its names, such as
        ``{"norm": "channels"}`` of "paper".
    rocket : bool
        Whether to join networks and CKRocket, random kernels with a ridge regression.
        Three networks are trained then, each without a third of the series; how well
        they and CKRocket predict what they had not seen decides their shares. With
        fewer than 30 series, or groups of them, it is one network and a half each.
        False is one network alone, for which a smaller CKRocket chooses what is "auto".
    weight_decay : float or "auto"
        Weight decay of AdamW. "auto" takes from 0.05 to 5, the more the less CKRocket
        explains of left-out series: 0.05 of letters, about 1 of patients.
    hidden_channels : int
        Channels of the network.
    n_blocks : int
        Gated convolution blocks.
    dropout : float
        Dropout in the blocks and in the head, in [0, 1).
    observation_dropout : float or "auto"
        In training, a random share of the rows of each series is hidden, uniform
        between 0 and this, in [0, 1). "auto" takes from 0.1 to 0.7 as `weight_decay`.
    scales : {"auto", "both", "common"}
        Whether the network sees values in the scale of their series, besides that of
        all. "auto" does where CKRocket found kernels over it of use.
    kernel : str
        "bands" needs no tuning; "siren" is the paper's; "fourier", "relu",
        "leaky_relu", "swish" and "recurrent" are for comparison. See
        ``ckts.kernels``.
    kernel_params : dict or None
        Further parameters of the kernel, such as ``{"omega_0": 21.45}``.
    causal : bool
        Whether the features at a time may depend on nothing later. The model learns
        from truncated series, too, and tells its opinion as of each observation in one
        pass. It has no relative clock; it sees the time since the first observation.
    quadrature : {"gap", "linear", "none"}
        Inverse-density weights of the observations; "linear" integrates the signal
        between them, more accurately and more slowly; "none" if each is an event that
        counts in itself.
    landmark : number, timedelta or None
        Use only what was observed up to this long after the first observation of each
        series, in `fit` and in `predict`; a number is in the unit of the stamps of
        `fit`. The span, the count and the end of a longer record are ignored then.
        Where records end at the event that is to be predicted, leave out those that
        ended before; see the guide, "Length leakage".
    device : str
        "cpu", "cuda", "cuda:1", ...; "auto" takes the GPU if there is one.
    dtype : {"float32", "float64"}
        Precision of the network. Time stamps are float64 in any case.
    amp : {False, "bfloat16", "float16"}
        Mixed precision of float32 networks: linear layers compute in this type, in
        `fit` and in `predict`, everything delicate in float32. It saves memory and, on
        hardware made for it, time; see the guide, "In torch and skorch".
    early_stopping : bool
        Whether to split off validation series, stop when their loss or score has not
        improved for `n_iter_no_change` epochs, and keep the best epoch.
    validation_fraction : float
        Share of the series split off for early stopping, in (0, 1); of the groups
        where `fit` is given any.
    n_iter_no_change : int
        Patience of early stopping in epochs.
    scoring : str, callable or None
        What early stopping watches instead of the loss: a scorer of scikit-learn or its
        name, such as "roc_auc" or "r2"; greater is better. It is given `sample_weight`
        if that is uneven, without the weights of classes.
    callbacks : list of skorch callbacks or None
        They join skorch's own; see the skorch documentation. While one of yours runs,
        torch's global generator continues from `random_state`, and those of other
        threads wait. The same callbacks serve all networks, one after the other.
    checkpoint : str, path or None
        A folder in which `fit` writes how far it came, so that the same fit continues
        there after its process was killed, and ends with the same weights; see the
        guide, "Resuming". A finished fit removes its file. None writes nothing.
    data_parallel : bool
        Whether processes that torchrun or `accelerate launch` started train together:
        each is given all data in `fit` and computes its share of every batch, and all
        end with the same model. One process alone is as with False; see the guide,
        "Beyond one machine".
    warm_start : bool
        Whether a second `fit` begins with the weights of the first instead of drawn
        ones. They mean something only in the units that were learned with them: so
        statistics of channels and times, center and scale of targets and what "auto"
        chose are kept. Classes, channels and what makes the network must be as before.
        CKRocket is learned anew, but `network_share_` is kept: networks may have seen
        what is left out now.
    n_jobs : int or None
        Threads of torch on the CPU, in `fit` and in `predict`. None takes one for each
        2**20 numbers of a hidden layer, batch x time x channels, at most as many as
        ``torch.get_num_threads()`` and, on Linux, as cores are idle when it begins:
        small batches are faster with one. -1 does so, too, at most as many as there are
        cores. Afterwards torch's setting is as it was. With another number of threads
        results may differ by rounding.
    verbose : int
        1 shows a progress bar, in a notebook or on stderr; 2 prints what was learned,
        too: units before the training, networks and their shares after it.
    random_state : int, RandomState or None
        Seed of initialization, batches and dropout. With an int a model is the same in
        every thread and process, up to rounding where large batches use several threads
        of torch, see `n_jobs`; the global generators of torch and numpy are left as
        they were. None draws from numpy's, as everywhere in scikit-learn.
    """

    max_epochs: int | str = "auto"
    lr: float = 5e-3
    optimizer: str | Callable[..., Any] = "adamw"
    lr_schedule: str | Callable[..., Any] = "one_cycle"
    batch_size: int | str = "auto"
    network: str | Callable[..., Any] = "gated"
    network_params: Mapping[str, Any] | None = None
    rocket: bool = True
    weight_decay: float | str = "auto"
    hidden_channels: int = 32
    n_blocks: int = 2
    dropout: float = 0.2
    observation_dropout: float | str = "auto"
    scales: str = "auto"
    kernel: str = "bands"
    kernel_params: Mapping[str, Any] | None = None
    causal: bool = False
    quadrature: str = "gap"
    landmark: Any = None
    device: Any = "auto"
    dtype: str = "float32"
    amp: bool | str = False
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    scoring: str | Callable[..., float] | None = None
    callbacks: list[Any] | None = None
    checkpoint: str | PathLike[str] | None = None
    data_parallel: bool = False
    warm_start: bool = False
    n_jobs: int | None = None
    verbose: int = 0
    random_state: int | np.random.RandomState | None = None

    # Those without a rule are checked where they are used: by torch, by scikit-learn,
    # or with the panel.
    _rules: ClassVar[dict[str, Rule]] = {
        "kernel_params": partial(check_mapping, example='{"omega_0": 20.0}'),
        "network_params": partial(check_mapping, example='{"norm": "channels"}'),
        "callbacks": check_callbacks,
        "checkpoint": check_folder,
        "scoring": check_scoring,
        "n_jobs": check_n_jobs,
        "verbose": check_verbose,
        "batch_size": partial(auto_or, rule=check_count),
        "rocket": check_bool,
        "network": partial(callable_or, choices=tuple(NETWORKS)),
        "optimizer": check_optimizer,
        "lr_schedule": check_schedule,
        "max_epochs": partial(auto_or, rule=check_count),
        "hidden_channels": check_count,
        "n_blocks": check_count,
        "n_iter_no_change": check_count,
        "causal": check_bool,
        "early_stopping": check_bool,
        "data_parallel": check_bool,
        "warm_start": check_bool,
        "dropout": check_share,
        "observation_dropout": partial(auto_or, rule=check_share),
        "scales": partial(check_choice, choices=("auto", "both", "common")),
        "validation_fraction": check_share,
        "lr": check_positive,
        "weight_decay": partial(auto_or, rule=partial(check_real, minimum=0.0)),
        "quadrature": partial(check_choice, choices=QUADRATURES),
        "dtype": partial(check_choice, choices=("float32", "float64")),
    }

    def _shows(self, level: int) -> bool:
        """Whether `fit` is to show what has this level."""
        return self.verbose >= level

    def _check_parameters(self) -> None:
        """Raise if a parameter is not as its description says."""
        for name, rule in self._rules.items():
            rule(name, getattr(self, name))
        check_network(self)
        check_amp(self)


def share_docstring(cls: Class) -> Class:
    """Complete the sections of an estimator's docstring from those of its bases.

    "Parameters" and "Attributes" of the bases follow those of the class, which need not
    have any, and every parameter gets its default, ``default=0.2``, from the field of
    the class.
    """
    text = inspect.cleandoc(cls.__doc__ or "")
    for heading in ("Parameters\n----------\n", "Attributes\n----------\n"):
        for base in cls.__mro__[1:]:
            shared = inspect.cleandoc(base.__dict__.get("__doc__") or "")
            _, found, section = shared.partition(heading)
            if found and base.__module__.startswith("ckts."):
                text = _add_entries(text, heading, section.partition("\n\n")[0])
    for one in fields(cls):
        line = re.compile(rf"^{one.name} : .*$", re.MULTILINE)
        text = line.sub(rf"\g<0>, default={one.default!r}", text, count=1)
    cls.__doc__ = text
    return cls


def _add_entries(text: str, heading: str, entries: str) -> str:
    """Add entries to a section of a docstring, which is made where there is none."""
    before, found, rest = text.partition(heading)
    if found:
        own, gap, after = rest.partition("\n\n")
        return f"{before}{heading}{own}\n{entries}{gap}{after}"
    # Behind the parameters, if any, and before all other sections.
    other = re.compile(r"^(?!Parameters)\w[\w ]*\n-{3,}$", re.MULTILINE)
    following = other.search(text)
    place = following.start() if following else len(text)
    return f"{text[:place]}{heading}{entries}\n\n{text[place:]}"


def resolve_device(device: Any) -> str:
    """Return the device to train on; raise if torch does not have it here."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).cpu()  # "meta" computes nothing to bring back
    except (AssertionError, RuntimeError, TypeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ValueError(
            f"`device` must be 'auto' or a device that torch has here; got {device!r}. "
            f"torch says: {reason}"
        ) from None
    return str(device)
