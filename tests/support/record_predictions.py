"""Whether a change of the code changes a prediction, by a bit.

Before a change that must not: ``python tests/support/record_predictions.py write
FILE``; after it: ``... compare FILE``, in the same environment on the same machine.
It uses public names only, one thread, and the data that are shipped.
"""

import argparse
import sys
import warnings
from collections.abc import Iterator

import numpy as np
import torch

from ckts.datasets import (
    load_japanese_vowels,
    load_pbc,
    make_bursty_visits,
    make_irregular_regression,
    make_irregular_sinusoids,
)
from ckts.estimators import CKCNNClassifier, CKCNNRegressor
from ckts.layers import CKConv


def convolutions() -> Iterator[tuple[str, np.ndarray]]:
    """Outputs and gradients of layers on every method, quadrature and kernel."""
    generator = torch.Generator().manual_seed(0)
    grid = torch.arange(60, dtype=torch.float64).expand(3, -1)
    drawn = 60 * torch.rand(3, 60, dtype=torch.float64, generator=generator)
    ties = drawn.sort().values.round(decimals=1)
    holes = grid * torch.tensor([[1.0], [2.0], [3.0]])
    patterns = {"grid": grid, "holes": holes, "ties": ties}
    values = torch.randn(3, 60, 4, generator=generator)
    observed = torch.rand(3, 60, 4, generator=generator) < 0.6
    for stamps, times in patterns.items():
        for method in ("auto", "lattice", "mesh", "pairwise"):
            for quadrature in ("gap", "linear", "none"):
                for causal in (True, False):
                    name = f"{stamps} {method} {quadrature} {causal}"
                    settings = {"quadrature": quadrature, "causal": causal}
                    try:
                        out = _convolve(times, values, observed, method, settings)
                    except (ValueError, TypeError) as error:
                        out = np.array(type(error).__name__)
                    yield name, out
    for kernel in ("bands", "siren", "fourier", "relu", "swish"):
        settings = {"kernel": kernel}
        yield kernel, _convolve(ties, values, observed, "auto", settings)


def _convolve(times, values, observed, method, settings) -> np.ndarray:
    generator = torch.Generator().manual_seed(1)
    conv = CKConv(4, 5, horizon=40.0, generator=generator, **settings)
    plan = conv.plan(times, observed, method=method)
    output = conv(values, plan=plan)
    output.square().sum().backward()
    asked = conv(values, times, observed, query_times=times[:, :7] + 0.3)
    slopes = [parameter.grad.flatten() for parameter in conv.parameters()]
    parts = [output.flatten(), asked.flatten(), *slopes]
    return torch.cat(parts).detach().numpy()


def fits() -> Iterator[tuple[str, np.ndarray]]:
    """Predictions of estimators on regular, irregular and bursty data."""
    vowels, speakers = load_japanese_vowels()
    patients, died = load_pbc()
    visits, kind = make_bursty_visits(60, random_state=0)
    waves, shape = make_irregular_sinusoids(60, random_state=0)
    signals, level = make_irregular_regression(80, random_state=0)
    longer = make_irregular_sinusoids(12, length=3000, random_state=0)
    classifiers = {
        "vowels": (vowels[:120], speakers[:120], {}),
        "vowels causal": (vowels[:80], speakers[:80], {"causal": True}),
        "patients": (patients, died, {}),
        "patients linear": (patients[:60], died[:60], {"quadrature": "linear"}),
        "patients siren": (patients[:60], died[:60], {"kernel": "siren"}),
        "patients stopped": (patients, died, {"early_stopping": True}),
        "patients truncated": (patients, died, {"landmark": 800}),
        "patients relu": (patients[:60], died[:60], {"kernel": "relu"}),
        "visits": (visits, kind, {}),
        "waves": (waves, shape, {"dtype": "float64"}),
        "waves on a mesh": (*longer, {"batch_size": 4}),
    }
    for name, (X, y, settings) in classifiers.items():
        model = CKCNNClassifier(max_epochs=3, random_state=0, **settings).fit(X, y)
        yield name, model.predict_proba(X)
    for loss in ("huber", "squared_error"):
        model = CKCNNRegressor(max_epochs=3, random_state=0, loss=loss)
        yield f"signals {loss}", model.fit(signals, level).predict(signals)
    weight = np.linspace(0.5, 2, len(level))
    model = CKCNNRegressor(max_epochs=3, random_state=0)
    yield "signals weighted", model.fit(signals, level, weight).predict(signals)


def record() -> dict[str, np.ndarray]:
    """Compute everything that is recorded."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    result = {}
    for part in (convolutions, fits):
        for name, values in part():
            result[name] = values
            print(f"{name}: {values.size} values", file=sys.stderr)
    return result


def differences(before: dict, after: dict) -> list[str]:
    """Name what is not equal to the bit."""
    names = sorted(set(before) | set(after))
    return [n for n in names if not _equal(before.get(n), after.get(n))]


def _equal(first, second) -> bool:
    if first is None or second is None:
        return False
    return first.dtype == second.dtype and first.tobytes() == second.tobytes()


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("write", "compare"))
    parser.add_argument("file", help="an .npz file")
    options = parser.parse_args()
    found = record()
    if options.command == "write":
        np.savez_compressed(options.file, **found)
        return
    with np.load(options.file) as saved:
        different = differences(dict(saved), found)
    for name in different:
        print(f"different: {name}")
    print(f"{len(found) - len(different)} of {len(found)} are equal to the bit")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
