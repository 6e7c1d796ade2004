"""CPU seconds in turns, peak memory, growth exponents."""

import ctypes
import gc
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

Step = Callable[[], object]

# A step whose first call takes longer, in CPU seconds, is called that once.
LONG = 10.0
# CPU seconds that a contest may take, and rounds it has in any case and at most.
BUDGET, FEWEST, MOST = 20.0, 5, 15


def cpu_seconds(steps: Mapping[str, Step], *, budget: float = BUDGET) -> dict:
    """Median CPU seconds of each step, called in turns after a first call each."""
    first = {name: _cpu_seconds(step) for name, step in steps.items()}
    short = {name: step for name, step in steps.items() if first[name] < LONG}
    round_takes = sum(first[name] for name in short)
    rounds = min(max(FEWEST, int(budget / max(round_takes, 1e-9))), MOST)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in short.items():
            seconds[name].append(_cpu_seconds(step))
    return {name: median(seconds[name] or [first[name]]) for name in steps}


def _cpu_seconds(step: Step) -> float:
    started = time.process_time()
    step()
    return time.process_time() - started


def peak_megabytes(step: Step) -> float:
    """Largest memory during a step over that before, in 10^6 bytes (Linux only).

    Freed memory goes back to the system first, or the step could reuse it unseen.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    before = _status("VmRSS")
    step()
    return (_status("VmHWM") - before) / 1e6


def _status(name: str) -> int:
    """Read an entry of the process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(name))
    return int(line.split()[1]) * 1024


def exponent(seconds: Mapping[int, float]) -> float:
    """Slope of log seconds over log length, by least squares.

    Examples
    --------
    >>> exponent({10: 1.0, 20: 4.0, 40: 16.0})
    2.0
    """
    x = [math.log2(length) for length in seconds]
    y = [math.log2(value) for value in seconds.values()]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    shared = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return round(shared / sum((a - mean_x) ** 2 for a in x), 6)
