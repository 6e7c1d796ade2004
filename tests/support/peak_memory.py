"""The peak of the memory of a process that a test starts."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

SUPPORT = Path(__file__).parent


def peak():
    """Return the most memory this process ever had, in bytes.

    Not by `getrusage`, which begins with the memory of the process that started this
    one: a large one hides what is measured.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def run_alone(script, *arguments):
    """Run Python code in a process of its own; return the words it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": f"{SUPPORT.parents[1]}{os.pathsep}{SUPPORT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
