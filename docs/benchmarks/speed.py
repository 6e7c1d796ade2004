"""Speed and memory against the textbook, the naive sum, the limit, and neural CDEs.

Run it with ``make bench`` (all cases, which takes about half an hour), or some of them
with ``python docs/benchmarks/speed.py regular lattice --output result.md``. Every case
runs in processes of its own, under the system's allocator and under one that is told
to keep memory. One thread, CPU seconds, medians of rounds in which the competitors take
turns; the ratios of a contest come from one process. Linux only.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import torch

import ckts
from contests.cases import CASES, LIMIT
from contests.claims import CLAIMS, Claim, Measured
from contests.picture import draw

HERE = Path(__file__).resolve().parent
# The system's allocator gives large blocks back at once and pays for them anew, page by
# page, which slows down whatever builds large temporary arrays.
ALLOCATORS = {
    "default": {},
    "tuned": {
        "MALLOC_MMAP_THRESHOLD_": str(2**32),
        "MALLOC_TRIM_THRESHOLD_": str(2**34),
    },
}


def work(what: str, case: str, contest: str, allocator: str, limit: int, step=""):
    """Measure in a process of its own, see :mod:`contests.worker`."""
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | ALLOCATORS[allocator]
    environment |= {"PYTHONPATH": path.strip(os.pathsep), "OMP_NUM_THREADS": "1"}
    arguments = [what, case, contest, "--limit", str(limit)]
    arguments += ["--step", step] if step else []
    finished = subprocess.run(
        [sys.executable, "-m", "contests.worker", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(finished.stdout)


def measure(cases: list[str], limit: int) -> tuple[dict[str, Measured], list[str]]:
    """Measure under both allocators; peaks and figures under the default one only."""
    measured = {name: Measured({}, {}, {}) for name in ALLOCATORS}
    skipped = []
    contests = [(case, name) for case in cases for name in CASES[case]]
    for case, contest in contests:
        print(f"{case}: {contest}", file=sys.stderr, flush=True)
        default = measured["default"]
        seconds = work("seconds", case, contest, "default", limit)
        if "skipped" in seconds:
            skipped.append(f"{contest}: {seconds['skipped']}")
            continue
        default.seconds[contest] = seconds
        default.figures[contest] = work("figures", case, contest, "default", limit)
        default.peaks[contest] = {
            step: work("peak", case, contest, "default", limit, step)
            for step in seconds
        }
        measured["tuned"].seconds[contest] = work(
            "seconds", case, contest, "tuned", limit
        )
    return measured, skipped


def report(
    measured: dict[str, Measured], skipped: list[str], figure: Path | None
) -> Iterator[str]:
    """Yield the lines of the result, in Markdown."""
    yield f"# Speed and memory, {date.today():%Y-%m-%d}\n"
    yield f"ckts {ckts.__version__}, torch {torch.__version__}, {processor()}."
    yield "Forward + backward, float32, one thread, CPU seconds. In brackets with"
    yield "`MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184`.\n"
    yield "| # | what | bar | measured | reached |"
    yield "|---|---|---|---|---|"
    for claim in CLAIMS:
        yield from claim_line(claim, measured)
    if figure and "growth" in measured["default"].seconds:
        yield f"\n![Time and memory over the number of observations]({figure.name})"
    yield from details(measured)
    if skipped:
        yield "\n## Not measured\n"
        yield from (f"* {line}." for line in skipped)


def claim_line(claim: Claim, measured: dict[str, Measured]) -> Iterator[str]:
    """Yield the line of a claim, if it was measured."""
    values = {}
    for name, under in measured.items():
        try:
            values[name] = claim.value(under)
        except (KeyError, ValueError):
            continue  # peaks and figures are those of the default allocator
    if not values:
        return
    sign = "<=" if claim.at_most else ">="
    bars = claim.unit.format(claim.bar)
    if claim.tuned_bar is not None:
        bars += f" ({claim.unit.format(claim.tuned_bar)})"
    shown = " (".join(claim.unit.format(value) for value in values.values())
    shown += ")" * (len(values) - 1)
    reached = [claim.holds(v, tuned=name == "tuned") for name, v in values.items()]
    answer = "yes" if all(reached) else "**no**"
    yield f"| {claim.row} | {claim.text} | {sign} {bars} | {shown} | {answer} |"


def details(measured: dict[str, Measured]) -> Iterator[str]:
    """Yield a table per contest."""
    default, tuned = measured["default"], measured["tuned"]
    for contest, seconds in default.seconds.items():
        yield f"\n## {contest}\n"
        yield "| | ms | ms, tuned | peak, MB |"
        yield "|---|---|---|---|"
        for step, value in seconds.items():
            other = tuned.seconds[contest][step]
            peak = default.peaks[contest][step]
            yield f"| {step} | {1e3 * value:,.1f} | {1e3 * other:,.1f} | {peak:,.1f} |"
        figures = default.figures[contest]
        if figures:
            yield "\n" + ", ".join(f"{k}: {v:.2g}" for k, v in figures.items())


def processor() -> str:
    """Return model and number of the processors, and Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    model = models[0] if models else platform.machine()
    return f"Python {platform.python_version()}, {model}, {os.cpu_count()} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; default all")
    parser.add_argument("--limit", type=int, default=LIMIT, help="most observations")
    parser.add_argument("--output", type=Path, help="also write the result to a file")
    parser.add_argument("--figure", type=Path, help="draw the case growth")
    options = parser.parse_args()
    unknown = set(options.cases) - set(CASES)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    measured, skipped = measure(options.cases or list(CASES), options.limit)
    text = "\n".join(report(measured, skipped, options.figure)) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    growth = measured["default"].seconds.get("growth")
    if options.figure and growth:
        draw(growth, measured["default"].peaks["growth"], options.figure)


if __name__ == "__main__":
    main()
