"""The skorch glue: weighted losses, Ctrl-C, networks of one's own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from numbers import Real
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils import gen_batches
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping
from skorch.dataset import unpack_data
from skorch.utils import to_device, to_tensor

from ckts.convolution.planner import Planner
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.saving.values import savable
from ckts.estimators.training.amp import autocast, make_scaler, widen
from ckts.estimators.training.signatures import accepted, draws_from_generator
from ckts.kernels import AbstractKernel
from ckts.networks import NETWORKS
from ckts.randomness import global_numbers_of, make_generator

# What random numbers are for: with the seed and a count, the key of their generator.
INITIALIZATION, ORDER, STEPS, CALLBACKS = 0, 1, 2, 4

# What files hold of a net besides its network.
SAVED = ("lr", "max_epochs", "batch_size", "seed", "amp")

# What skorch records for itself.
SKORCH_ENTRIES = ("epoch", "train_batch_count", "valid_batch_count", "event_lr")
# Training steps between two refinements to what the kernels need.
STEPS_PER_REFINEMENT = 8
# Numbers of a hidden layer for which paths are computed at a time, or one series. A
# path takes some 180 bytes for each, about as a prediction does.
LARGEST_PATH = 2**20
# What a network may ask for by the names in its `forward`.
INPUTS = ["values", "times", "observed", "static", "lead", "generator"]


@savable
class PanelNet(NeuralNet):
    """A skorch net whose loss is weighted and whose training can be interrupted.

    The geometries of a batch are made from the time stamps while they are on the CPU,
    so that no training step synchronizes the device; the kernels are evaluated for them
    between steps only.

    Every random number of a training follows from `seed`, whatever other threads draw,
    and the same on every device. Initialization, batches and each step have generators
    of their own, so that none is kept. Third-party kernels and callbacks, which know
    only torch's global generator, draw from it in turn with those of all other nets of
    the process, see :func:`ckts.randomness.global_numbers_of`.

    Parameters
    ----------
    *args, **kwargs
        As those of skorch.
    seed : int, default=0
        Decides all random numbers.
    amp : {False, "bfloat16", "float16"}, default=False
        Mixed precision, see :mod:`ckts.estimators.training.amp`.
    """

    def __init__(self, *args, seed=0, amp=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.seed, self.amp = seed, amp
        self.n_steps_ = 0

    @property
    def width(self) -> int:
        """Channels of a hidden layer, as far as the network tells."""
        return getattr(self, "module__hidden_channels", 32)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return ``mean(w l)`` of a batch, for weights whose mean over the data is 1.

        Not ``sum(w l) / sum(w)``: batches hold series of similar lengths, and weights
        that go with the length would cancel. The mean over an epoch, as skorch takes
        it by the sizes of the batches, is ``sum(w l) / sum(w)`` of all series.
        """
        if y_pred.ndim > 2:
            raise ValueError(
                "`network` must give outputs of shape (batch, n_outputs) to be fitted; "
                f"got {tuple(y_pred.shape)}. Leave `output` of `network_params` at a "
                "value with one output per series, not 'every'."
            )
        target, weight = to_device(y_true, self.device)
        losses = self.criterion_(y_pred, target)
        if losses.ndim > 1:
            losses = losses.mean(1)
        loss = (losses * weight).mean()
        if training and hasattr(self.module_, "penalty"):
            loss = loss + self.penalty(weight)
        return loss

    def penalty(self, weight):
        """Return the penalty of the network, which may ask for the weights."""
        asked = accepted(self.module_.penalty, ["weight"])
        return self.module_.penalty(**dict.fromkeys(asked, weight))

    def step_generator(self):
        """Make the generator of a step."""
        return make_generator(STEPS, self.seed, self.n_steps_)

    def initialize_module(self):
        """Make the module, and a planner of its own."""
        self.planner_, self.n_steps_, self.n_calls_ = Planner(), 0, 0
        self.scaler_ = make_scaler(self.amp, self.device)
        generator = make_generator(INITIALIZATION, self.seed, 0)
        arguments = self.get_params_for("module")
        drawing: AbstractContextManager[None] = nullcontext()
        if draws_from_generator(self.module):
            arguments["generator"] = generator
        else:
            drawing = global_numbers_of(generator)
        with drawing:
            self.module_ = self.module(**arguments)
        if not isinstance(self.module_, torch.nn.Module):
            raise TypeError(
                "`network` must make a torch.nn.Module; got a "
                f"{type(self.module_).__name__}. Give the class of your network."
            )
        known = [*INPUTS, *["geometries"] * hasattr(self.module_, "convolutions")]
        self.inputs_ = accepted(self.module_.forward, known)
        kernels = (m for m in self.module_.modules() if isinstance(m, AbstractKernel))
        self.foreign_ = not all(
            map(draws_from_generator, [self.module_.forward, *map(type, kernels)])
        )
        return self

    def get_iterator(self, dataset, training=False):
        """Make the loader of the batches: random ones in training.

        One of a training that continues goes on where the epochs before ended.
        """
        if not training:
            return dataset.prediction_batches(self.batch_size)
        generator = make_generator(ORDER, self.seed, 0)
        done = len(self.history)
        return dataset.training_batches(self.batch_size, generator, done)

    def notify(self, method_name, **cb_kwargs):
        """Call the callbacks; third-party ones draw in turn with other threads."""
        classes = (type(callback) for _, callback in self.callbacks_)
        if not any(_is_foreign(getattr(one, method_name)) for one in classes):
            return super().notify(method_name, **cb_kwargs)
        self.n_calls_ += 1
        with global_numbers_of(make_generator(CALLBACKS, self.seed, self.n_calls_)):
            return super().notify(method_name, **cb_kwargs)

    def _set_training(self, training=True):
        """Set the mode where it changes: to walk through the network takes 0.4 ms."""
        if self.module_.training != training:
            super()._set_training(training)

    def train_step(self, batch, **fit_params):
        """Train on a batch; every few steps, refine the plans."""
        if self.n_steps_ % STEPS_PER_REFINEMENT == 0:
            self.planner_.refine()
        step = super().train_step(batch, **fit_params)
        self.n_steps_ += 1
        return step

    def train_step_single(self, batch, **fit_params):
        """Compute loss and gradients; of a scaled loss, if there is a scaler."""
        if self.scaler_ is None:
            return super().train_step_single(batch, **fit_params)
        self._set_training(True)
        inputs, target = unpack_data(batch)
        outputs = self.infer(inputs, **fit_params)
        loss = self.get_loss(outputs, target, X=inputs, training=True)
        self.scaler_.scale(loss).backward()
        self.scaler_.unscale_(self.optimizer_)  # callbacks see gradients as they are
        return {"loss": loss, "y_pred": outputs}

    def _step_optimizer(self, step_fn):
        """Step; a scaler leaves out a step whose gradients are not finite."""
        if self.scaler_ is None:
            return super()._step_optimizer(step_fn)
        step_fn()
        self.scaler_.step(self.optimizer_)
        self.scaler_.update()

    def infer(self, x, *, method="forward", **fit_params):
        """Run a method of the module on a batch and its geometries."""
        tensors = dict(x)
        rounding = tensors.pop("rounding")
        generator = self.step_generator()
        with global_numbers_of(generator) if self.foreign_ else nullcontext():
            geometries = None
            if "geometries" in self.inputs_:
                geometries = self.planner_.geometries(
                    self.module_.convolutions(),
                    tensors["times"],
                    rounding=rounding,
                    device=self.device,
                )
            given = {
                **to_tensor(tensors, device=self.device),
                "geometries": geometries,
                "generator": generator,
            }
            forward = method == "forward"  # a call runs hooks, too
            run = self.module_ if forward else self._method(method)
            taken = {name: given[name] for name in self.inputs_ if name in given}
            with autocast(self.amp, self.device):
                return widen(run(**taken, **fit_params))

    def _method(self, name: str) -> Any:
        if not hasattr(self.module_, name):
            raise ValueError(
                f"`network` must have `{name}` for this; {type(self.module_).__name__} "
                "has none. Write it as that of `ckts.networks.GatedCKCNN`."
            )
        return getattr(self.module_, name)

    def trim_for_prediction(self):
        """Keep what predicts; batches to predict do not come again."""
        self.planner_.refine()
        self.planner_.drop_cache()
        super().trim_for_prediction()

    def to_state(self) -> dict[str, Any]:
        """Return what predicts: how the module was made, and its numbers."""
        names = [name for name, one in NETWORKS.items() if one is self.module]
        if not names:
            raise TypeError(
                f"`network` must be one of {list(NETWORKS)} to be saved; got "
                f"{self.module!r}. Save `model.net_.module_.state_dict()`, or use "
                "`joblib.dump`, whose files run code when they are loaded."
            )
        weights = self.module_.state_dict().items()
        return {
            "network": names[0],
            "arguments": self.get_params_for("module"),
            "weights": {name: tensor.detach().cpu() for name, tensor in weights},
            "settings": {name: getattr(self, name) for name in SAVED},
            "device": str(self.device),
            "n_steps": self.n_steps_,
            "mesh_steps": self.planner_.steps(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], place: Callable[[str], str]) -> Self:
        """Make a net that predicts, on a device that is here."""
        weights, arguments = state["weights"], state["arguments"]
        _check_sizes(arguments, weights)
        net = cls(
            _network_of(state["network"]),
            criterion=None,
            optimizer=None,
            iterator_train=None,
            train_split=None,
            callbacks=[],
            verbose=0,
            device=place(state["device"]),
            **{f"module__{name}": value for name, value in arguments.items()},
            **{name: state["settings"][name] for name in SAVED},
        )
        net._initialize_virtual_params()
        net._initialize_callbacks()
        net._initialize_module()
        net._initialize_history()
        net.initialized_ = True
        net.module_.load_state_dict(weights)
        net.trim_for_prediction()
        net.planner_.set_steps(state["mesh_steps"])
        net.n_steps_ = state["n_steps"]
        return net

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        """Train, and let Ctrl-C through: skorch swallows it."""
        if not self.initialized_:
            self.initialize()
        before = len(self.history)
        self.notify("on_train_begin", X=X, y=y)
        resumed = len(self.history) - before  # epochs that a checkpoint brought back
        try:
            self.fit_loop(X, y, epochs=self.max_epochs - resumed, **fit_params)
        except KeyboardInterrupt:  # EarlyStopping raises it, too
            stopping = (c for _, c in self.callbacks_ if isinstance(c, EarlyStopping))
            if not any(one.misses_ == one.patience for one in stopping):
                raise
        finally:
            self.notify("on_train_end", X=X, y=y)
        return self

    def finished_epochs(self) -> list[dict]:
        """Copy the numbers recorded of every epoch that came to its end."""
        finished = [row for row in self.history if "dur" in row]
        return [
            {
                "epoch": row["epoch"],
                **{k: float(v) for k, v in row.items() if kept(k, v)},
            }
            for row in finished
        ]

    def outputs(self, dataset: PanelDataset) -> np.ndarray:
        """Compute the outputs of the series, float64, shape (n_series, n_outputs)."""
        outputs = torch.cat(list(self.forward_iter(dataset, training=False)))
        result = np.empty(outputs.shape)
        result[dataset.by_length()] = outputs.double()
        _check_finite(result, np.arange(len(result)))
        return result

    def paths(self, dataset: PanelDataset) -> np.ndarray:
        """Compute the outputs as of each row, float64, shape (n_rows, n_outputs)."""
        self._method("forward_path")
        result = np.empty((len(dataset.times), getattr(self, "module__n_outputs", 0)))
        self._set_training(False)
        for series in self._path_batches(dataset):
            lengths = dataset.lengths[series]
            with torch.no_grad():
                outputs = self.infer(dataset.batch(series), method="forward_path")
                outputs = outputs.cpu().double()
            if result.shape[1] != outputs.shape[2]:  # a network that is not told
                result = np.empty((len(result), outputs.shape[2]))
            for start, length, output in zip(
                dataset.indptr[series], lengths, outputs.numpy(), strict=True
            ):
                result[start : start + length] = output[:length]
        _check_finite(result, np.repeat(np.arange(len(dataset)), dataset.lengths))
        return result

    def embeddings(self, dataset: PanelDataset) -> np.ndarray:
        """Compute the features before the head, float64, (n_series, n_features)."""
        self._method("embed")
        result = np.empty((len(dataset), self._method("head").in_features))
        self._set_training(False)
        for series in self._path_batches(dataset):
            with torch.no_grad():
                features = self.infer(dataset.batch(series), method="embed")
            result[series] = features.cpu().double()
        _check_finite(result, np.arange(len(result)))
        return result

    def _path_batches(self, dataset: PanelDataset) -> Iterator[np.ndarray]:
        """Yield the series in batches of similar lengths, fewer where they are long."""
        order = dataset.by_length()
        for batch in gen_batches(len(order), self.batch_size):
            series = order[batch]
            n_rows = LARGEST_PATH // self.width
            size = n_rows // max(dataset.lengths[series[-1]], 1)
            for part in gen_batches(len(series), max(size, 1)):
                yield series[part]


def _network_of(name: Any) -> type:
    """Return the network that a file names; earlier ones had the names of classes."""
    found = NETWORKS.get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"its network {name!r} is none of {list(NETWORKS)}")
    return found


def _check_sizes(arguments: Mapping[str, Any], weights: Mapping[str, Any]) -> None:
    """Raise if a network would be larger than the numbers that there are of it."""
    largest = sum(tensor.numel() for tensor in weights.values())
    for name, value in arguments.items():
        if isinstance(value, int) and value > largest:
            raise ValueError(f"its `{name}` is {value}, and it has {largest} numbers")


def _check_finite(outputs: np.ndarray, series: np.ndarray) -> None:
    """Raise where outputs, each of some series, are no numbers."""
    bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
    if len(bad):  # argmax or a ranking would turn NaN into an answer
        first = series[bad[0]]
        n_bad, n_series = len(np.unique(series[bad])), len(np.unique(series))
        raise ValueError(
            f"The network must give finite outputs; got {outputs[bad[0]].tolist()} "
            f"for series {first}, and {n_bad} such series of {n_series}. "
            "Leave them out of `X`; if it is all of them, fit with a smaller `lr`."
        )


def kept(name: str, value: Any) -> bool:
    """Tell whether an entry of skorch's history is one of ours, or of a callback."""
    own = name in SKORCH_ENTRIES or name.endswith("_best")
    return not own and isinstance(value, Real)


def _is_foreign(hook: Any) -> bool:
    """Tell whether a method of a callback is neither ours nor skorch's."""
    module = getattr(hook, "__module__", "")
    return module.partition(".")[0] not in ("ckts", "skorch")
