"""What factor, blur and displacement are worth to a checkpoint of the authors.

``python -m paper.rate_options CHECKPOINT OMEGA_0`` in ``docs/benchmarks``, with the
checkpoint of complete CharacterTrajectories at the full rate. Nothing is trained. The
test part is scored at every 2nd, 4th, 8th and 16th row, and at two and four times the
rate: rows between those that there are come from linear interpolation.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from ckts.networks import PaperCKCNN
from paper.published_preprocessing import load_letters, published_input
from paper.systems import RATE_OPTIONS

# Steps of the training per step.
STEPS = {"1/2": 2.0, "1/4": 4.0, "1/8": 8.0, "1/16": 16.0, "2": 1 / 2, "4": 1 / 4}


def resample(values: torch.Tensor, step: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Take series of shape (batch, time, channels) in other steps, interpolated.

    Returns
    -------
    Tensor of shape (batch, n_steps, channels), Tensor of shape (batch, n_steps)
        Values, and times in steps of the series that were given.
    """
    times = torch.arange(0, values.shape[1] - 1 + 1e-9, step, dtype=torch.float64)
    before = times.floor().long().clamp(max=values.shape[1] - 2)
    share = (times - before).to(values.dtype).unsqueeze(1)
    found = torch.lerp(values[:, before], values[:, before + 1], share)
    return found, times.expand(len(values), -1)


def accuracies(state: dict, omega_0: float, options: dict) -> dict[str, float]:
    """Score a checkpoint on the test part at each rate."""
    network = PaperCKCNN.from_published_state_dict(
        state, omega_0=omega_0, sampling="stamps", **options
    )
    series, labels = load_letters()
    inputs, parts = published_input(series, labels)
    found = {}
    for name, step in STEPS.items():
        values, times = resample(inputs[parts.test], step)
        with torch.no_grad():
            batches = zip(values.split(64), times.split(64), strict=True)
            classes = [network(*batch).argmax(1) for batch in batches]
        right = torch.cat(classes).numpy() == labels[parts.test]
        found[name] = 100 * float(np.mean(right))
    return found


def main() -> None:
    """Print a row for each option."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("omega_0", type=float)
    given = parser.parse_args()
    state = torch.load(given.checkpoint, map_location="cpu", weights_only=True)
    print(f"| options | {' | '.join(STEPS)} |")
    print("|---" * (1 + len(STEPS)) + "|")
    for name, options in {"paper": {}, **RATE_OPTIONS}.items():
        scores = accuracies(state, given.omega_0, options)
        cells = " | ".join(f"{scores[rate]:.2f}" for rate in STEPS)
        print(f"| {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
