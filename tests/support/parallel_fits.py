"""Fits of one and of two processes: ``torchrun ... parallel_fits.py FOLDER``.

Each process writes what it found of every case to ``FOLDER/RANK.pickle``.
"""

import os
import pickle
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state
from skorch.callbacks import Callback

from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.datasets import make_speed

X, Y = make_speed(63, random_state=0)  # batches of 15, 16 and 1 have unequal halves
WEIGHT = np.random.default_rng(0).uniform(0.2, 3.0, 63)


class Penalized(torch.nn.Module):
    """Means of the series, with a penalty of large outputs by their weights."""

    def __init__(self, in_channels, n_outputs, dtype):
        super().__init__()
        self.head = torch.nn.Linear(in_channels, n_outputs, dtype=dtype)

    def forward(self, values, observed):
        means = values.sum(1) / observed.sum(1).clamp(min=1)
        self.outputs = self.head(means)
        return self.outputs

    def penalty(self, weight):
        return 0.3 * (weight * self.outputs.square().mean(1)).mean()


QUICK = {
    "rocket": False,
    "dtype": "float64",
    "dropout": 0.0,
    "observation_dropout": 0.0,
    "weight_decay": 0.1,
    "scales": "common",
    "hidden_channels": 4,
    "n_blocks": 1,
    "max_epochs": 2,
    "batch_size": 16,
    "random_state": 0,
}
# Those whose losses are the same with one process and with two.
EQUAL = {
    "weights": {},
    "shares without series": {"batch_size": 1, "max_epochs": 1},
    "early stopping": {
        # No mesh, whose rounding large steps would blow up until another epoch is best.
        **{"network": "gru", "lr": 0.2, "lr_schedule": "plateau"},
        **{"early_stopping": True, "n_iter_no_change": 1, "max_epochs": 20},
    },
    "score": {"early_stopping": True, "scoring": "neg_log_loss"},
    "joined": {"rocket": True, "max_epochs": 1},
    "penalty": {
        **{"network": "paper", "kernel": "siren"},
        "network_params": {"kernel_penalty": 0.1},
    },
    "penalty of series": {"network": Penalized},
}
# Those where only the processes agree.
AGREEING = {
    "no seed": {"random_state": None},
    "drawn rows": {"network": "r_lstm"},
    "dropout": {"dropout": 0.5, "observation_dropout": 0.5},
    "bfloat16": {"amp": "bfloat16", "dtype": "float32"},
    "float16": {"amp": "float16", "dtype": "float32"},
}


class Stop(Exception):
    """What ends a fit in its second epoch."""


class StopOnce(Callback):
    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 1:
            raise Stop

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        """Nothing is remembered."""


def model_of(estimator=CKCNNClassifier, **params):
    return estimator(data_parallel=True, **{**QUICK, **params})


def found_of(model):
    """Return what must agree."""
    nets = [net.module_.state_dict().values() for net in model.nets_]
    return {
        "history": [
            {k: v for k, v in row.items() if k != "dur"} for row in model.history_
        ],
        "weights": np.concatenate([p.numpy().ravel() for net in nets for p in net]),
        "outputs": model.predict_proba(X),
        "share": model.network_share_,
        "nets": [type(net).__name__ for net in model.nets_],
        "steps": [net.planner_.steps() for net in model.nets_],
    }


def equal_cases():
    return {
        name: found_of(model_of(**params).fit(X, Y, WEIGHT))
        for name, params in EQUAL.items()
    }


def error_of(function):
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def bad_score(model, X, y):
    raise ValueError(f"no score in process {os.environ['RANK']}")


def continued(folder):
    """Stop a fit after an epoch, count its files, and let it end."""
    params = {"checkpoint": folder, "dropout": 0.5}
    stopping = model_of(callbacks=[StopOnce()], **params)
    error = error_of(lambda: stopping.fit(X, Y))
    torch.distributed.barrier()
    files = [path.suffix for path in folder.glob("*")]
    torch.distributed.barrier()
    found = found_of(model_of(**params).fit(X, Y))
    torch.distributed.barrier()
    uninterrupted = found_of(model_of(dropout=0.5).fit(X, Y))
    return {
        "error": error,
        "files": sorted(files),
        "left": len(list(folder.glob("*"))),
        "continued": found,
        "uninterrupted": uninterrupted,
    }


def all_cases(folder, rank):
    found = equal_cases()
    for name, params in AGREEING.items():
        found[name] = found_of(model_of(**params).fit(X, Y, WEIGHT))
    found["continued"] = continued(folder / "checkpoints")
    broken = model_of(early_stopping=True, scoring=bad_score)
    found["bad score"] = error_of(lambda: broken.fit(X, Y))
    shifted = X if rank == 0 else X.with_values(X.values + 1)
    found["other data"] = error_of(lambda: model_of().fit(shifted, Y))
    numbers = Y.astype(float)
    regressor = model_of(CKCNNRegressor).fit(X, numbers)
    model = pickle.loads(pickle.dumps(regressor))
    found["copies"] = [one.predict(X) for one in (regressor, model)]
    assert clone(model).data_parallel
    regressor.save(folder / f"{rank}.safetensors")
    return found


def main():
    from accelerate import Accelerator, InitProcessGroupKwargs

    folder = Path(sys.argv[1])
    waiting = InitProcessGroupKwargs(timeout=timedelta(seconds=60))
    rank = Accelerator(cpu=True, kwargs_handlers=[waiting]).process_index
    if rank == 1:
        check_random_state(None).seed(
            5
        )  # the processes begin with other global numbers
    found = all_cases(folder, rank)
    (folder / f"{rank}.pickle").write_bytes(pickle.dumps(found))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
