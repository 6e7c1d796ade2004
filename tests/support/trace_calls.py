"""How far one must walk through the code to follow a fit, a prediction, a convolution.

``python tests/support/trace_calls.py`` prints, for each, how many functions of the
library are entered, in how many files, and how often the next one entered stands in
another file than the one before.
"""

import sys
import warnings
from collections.abc import Callable
from inspect import CO_GENERATOR
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch

import ckts
from ckts.datasets import load_pbc
from ckts.estimators import CKCNNClassifier
from ckts.layers import CKConv

ROOT = Path(ckts.__file__).resolve().parent.parent
FOLDERS = tuple(str(ROOT / name) for name in ("ckts", "datasets", "estimators"))


class Walk(NamedTuple):
    """What a call passes through.

    Attributes
    ----------
    functions, files : int
        Functions of the library that are entered, and files that they stand in.
    changes : int
        How often the next function entered stands in another file.
    """

    functions: int
    files: int
    changes: int


def follow(call: Callable[[], object]) -> Walk:
    """Run a call and follow it."""
    entered, generators = [], set()

    def profile(frame, event, argument):
        code = frame.f_code
        # comprehensions and generator expressions are parts of a function
        part = code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
        ours = code.co_filename.startswith(FOLDERS)
        if event != "call" or not ours or part or frame in generators:
            return
        entered.append((code.co_filename, code.co_qualname))
        if code.co_flags & CO_GENERATOR:  # it is entered once, and continues later
            generators.add(frame)

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    files = [file for file, _ in entered]
    changes = sum(here != there for here, there in pairwise(files))
    return Walk(len(set(entered)), len(set(files)), changes)


def walks() -> dict[str, Walk]:
    """Follow what users do most, each once before, so that caches are warm."""
    X, y = load_pbc()
    model = CKCNNClassifier(max_epochs=1, batch_size=512, random_state=0)
    torch.manual_seed(0)
    conv = CKConv(4, 8, horizon=50.0)
    times = 100 * torch.rand(4, 400, dtype=torch.float64).sort().values
    values = torch.randn(4, 400, 4)
    calls = {
        "fit of one training step": lambda: model.fit(X, y),
        "predict_proba": lambda: model.predict_proba(X[:40]),
        "CKConv on a mesh": lambda: conv(values, plan=conv.plan(times, method="mesh")),
    }
    result = {}
    for name, call in calls.items():
        call()
        result[name] = follow(call)
    return result


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name, walk in walks().items():
        print(f"{name:26} {walk}")
