"""Run the examples of docs/gallery as plain scripts, and report how long each takes.

    python docs/run_gallery.py [--pictures FOLDER] [NAME ...]

Each example runs in a process of its own, with warnings as errors and without a screen.
It must draw at least one picture, unless it says which data set to fetch first. The
names are those of files, `plot_first_fit`; by default it is all of them. With
`--pictures` what they draw is kept as PNG. The exit status is 1 if an example failed.
"""

from __future__ import annotations

import argparse
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

GALLERY = Path(__file__).resolve().parent / "gallery"
# What an example prints that needs a data set which is not there.
TO_FETCH = "ckts datasets fetch"


def find_examples(names: Sequence[str] = ()) -> list[Path]:
    """Find the examples, or those of some names.

    Raises
    ------
    ValueError
        If there is no example of a name.
    """
    found = {path.stem: path for path in sorted(GALLERY.glob("plot_*.py"))}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise ValueError(
            f"`names` must be among {sorted(found)}; got {unknown}. Leave them out to "
            "run all."
        )
    return [found[name] for name in names or found]


def draw(path: Path, pictures: Path | None = None) -> int:
    """Run an example in this process; return how many pictures it drew.

    Parameters
    ----------
    path : Path
        The example.
    pictures : Path, optional
        A folder for what it draws.
    """
    import matplotlib.pyplot as plt

    plt.close("all")
    runpy.run_path(str(path), run_name="__main__")
    numbers = plt.get_fignums()
    for number in numbers:
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            plt.figure(number).savefig(pictures / f"{path.stem}_{number}.png", dpi=90)
        plt.close(number)
    return len(numbers)


def run(path: Path, pictures: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an example in a new process, and keep what it prints.

    Parameters
    ----------
    path : Path
        The example.
    pictures : Path, optional
        A folder for what it draws.

    Returns
    -------
    CompletedProcess
        The last line that it prints is the number of pictures.
    """
    command = [sys.executable, "-W", "error", __file__, "--here", str(path)]
    if pictures is not None:
        command += ["--pictures", str(pictures)]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    environment.pop("DISPLAY", None)  # on a screen Agg warns that it shows nothing
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        print(f"{draw(options.here, options.pictures)} pictures")
        return 0
    reports = [report(path, options.pictures) for path in find_examples(options.names)]
    print(f"{sum(reports)} of {len(reports)} examples ran")
    return 0 if all(reports) else 1


def report(path: Path, pictures: Path | None) -> bool:
    """Run an example, print its time, and tell whether it went well."""
    started, before = time.perf_counter(), os.times()
    done = run(path, pictures)
    passed, after = time.perf_counter() - started, os.times()
    processor = after.children_user - before.children_user
    count = done.stdout.rstrip().rpartition("\n")[2]
    drew = count != "0 pictures" or TO_FETCH in done.stdout
    well = done.returncode == 0 and drew
    times = f"{passed:5.1f} s, {processor:5.1f} of a processor"
    print(f"{path.stem:32} {times}  {count if well else 'FAILED'}", flush=True)
    if not well:
        print(done.stdout, done.stderr, sep="\n", flush=True)
    return well


if __name__ == "__main__":
    sys.exit(main())
