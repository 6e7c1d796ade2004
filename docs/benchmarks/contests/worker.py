"""What a process of its own measures: ``python -m contests.worker --help``.

The result is one line of JSON. A process is needed to set the allocator by environment
variables, and to see a peak of memory that no earlier step has left behind.
"""

import argparse
import json
import time
import warnings

import torch

from contests.cases import CASES, LIMIT
from contests.measure import BUDGET, LONG, cpu_seconds, peak_megabytes
from contests.problems import MissingError

# Large enough for every step to load what it needs, too small to show in its peak.
SMALL = 40


def measure(what: str, case: str, contest: str, step: str | None, limit: int):
    """Return seconds or figures by name, or the peak of one step."""
    make = CASES[case][contest]
    if what == "seconds":
        made = make(limit)
        budget = BUDGET if limit == LIMIT else 0.0
        return cpu_seconds({k: m() for k, m in made.steps.items()}, budget=budget)
    if what == "figures":
        return {name: float(figure()) for name, figure in make(limit).figures.items()}
    small = make(min(SMALL, limit)).steps
    small.get(step, next(iter(small.values())))()()
    large = make(limit).steps[step]()
    started = time.process_time()
    peak = peak_megabytes(large)
    # at its size a step may take another method, and load what that needs
    return peak if time.process_time() - started > LONG else peak_megabytes(large)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["seconds", "figures", "peak"])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("contest")
    parser.add_argument("--step", help="whose peak")
    parser.add_argument("--limit", type=int, default=LIMIT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    try:
        result = measure(**vars(options))
    except MissingError as error:
        result = {"skipped": str(error)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
