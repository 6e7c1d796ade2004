"""All commands behind ``ckts``: what they share is how they end."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import ckts
from ckts.cli import datasets, demo, describe, evaluate, fit, plot, predict
from ckts.cli.messages import in_words, plain_warnings

COMMANDS = (describe, evaluate, fit, predict, plot, demo, datasets)
# What a person can mend: a wrong argument or file, a full disk, a missing extra.
MENDABLE = (ValueError, TypeError, OSError, ImportError)

DESCRIPTION = """\
Irregular time series in the scikit-learn style, with their real time stamps.

From a table with one row per visit to a report and to predictions:

  ckts describe visits.csv --instance patient --time date --label died
  ckts evaluate visits.csv --instance patient --time date --label died \\
       --static age sex --report report.html
  ckts fit      visits.csv --instance patient --time date --label died \\
       --static age sex --output model.safetensors
  ckts predict  model.safetensors new.csv --output risks.csv

The same in Python:

  from ckts import CKCNNClassifier
  CKCNNClassifier().fit(X, y)

Only `ckts datasets fetch` uses the network: tables stay on this machine.
"""
EPILOG = """\
exit status: 0 done, 1 an error that one line on stderr explains, 2 wrong usage,
130 after Ctrl-C
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit status: 0, 1 after an error, 130 after Ctrl-C.
    """
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        with plain_warnings():
            status = options.run(options)
        sys.stdout.flush()  # a closed pipe shows here, not at the end of Python
        return status
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _drop_output()
        return 1
    except MENDABLE as error:
        if getattr(options, "traceback", False):
            raise
        print(f"ckts {options.command}: {in_words(error)}", file=sys.stderr)
        return 1


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="ckts",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=ckts.__version__)
    commands = parser.add_subparsers(dest="command", title="commands")
    for command in COMMANDS:
        command.add(commands)
    return parser


def _drop_output() -> None:
    """Let nothing be written to a closed pipe at the end of Python."""
    with suppress(OSError, ValueError):  # a stdout without a file has none to replace
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
