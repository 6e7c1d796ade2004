"""The console command: ``ckts demo`` and ``ckts datasets``."""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import ckts

DESCRIPTION = """\
Irregular time series in the scikit-learn style, with their real time stamps.

  from ckts import CKCNNClassifier
  CKCNNClassifier().fit(X, y)
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
        return options.run(options)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="ckts",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=ckts.__version__)
    commands = parser.add_subparsers(dest="command", title="commands")
    _add_demo(commands)
    _add_datasets(commands)
    return parser


def _add_demo(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser(
        "demo",
        help="cross-validate on real irregular data beside a baseline (a minute)",
        description="Cross-validate CKCNNClassifier on the irregular visits of 217 "
        "patients beside summary statistics with gradient boosting, and draw one "
        "patient's measurements and risk.",
    )
    demo.add_argument(
        "--output",
        type=Path,
        default=Path("ckts-demo.png"),
        metavar="FILE.png",
        help="where to write the picture (default: %(default)s)",
    )
    demo.add_argument(
        "--max-epochs",
        type=_epochs,
        default=None,
        metavar="N",
        help="epochs per fit (default: those of the estimator)",
    )
    demo.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="seed of folds and models (default: 0)",
    )
    demo.set_defaults(run=_demo)


def _add_datasets(commands: argparse._SubParsersAction) -> None:
    datasets = commands.add_parser(
        "datasets",
        help="list, fetch, verify and remove data sets",
        description="List the data sets that can be downloaded: size, cached or not, "
        "license and citation.",
    )
    datasets.add_argument(
        "--all",
        action="store_true",
        help="name every set of the UEA, UCR and TSER archives",
    )
    _add_home(datasets, None)
    datasets.set_defaults(run=_datasets)
    actions = datasets.add_subparsers(dest="action", title="actions")
    fetch = actions.add_parser("fetch", help="download a data set into the cache")
    fetch.add_argument("name", metavar="NAME")
    verify = actions.add_parser("verify", help="compare cached files with digests")
    verify.add_argument("names", metavar="NAME", nargs="*", help="default: all cached")
    remove = actions.add_parser("remove", help="remove a data set from the cache")
    remove.add_argument("name", metavar="NAME")
    for action in (fetch, verify, remove):
        # Without a default of its own it keeps the option given before the action.
        _add_home(action, argparse.SUPPRESS)


def _add_home(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--data-home",
        type=Path,
        default=default,
        metavar="FOLDER",
        help="the cache (default: CKTS_DATA, or the system's folder for caches)",
    )


def _epochs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer; got {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"must be an integer from 0 to 2**32 - 1; got {text!r}"
        )
    return int(text)


def _demo(options: argparse.Namespace) -> int:
    """Report what would fail after the work, or run."""
    output = options.output.resolve()
    problem = ""
    if output.suffix.lower() != ".png":
        problem = f"`--output` must end in .png; got {output}."
    elif not output.parent.is_dir():
        problem = (
            f"`--output` must be in a folder that exists; got {output}. Make the "
            "folder, or choose another one."
        )
    elif find_spec("matplotlib") is None:
        problem = (
            "`ckts demo` must draw, and matplotlib is not installed. Use "
            "`pip install matplotlib`."
        )
    if problem:
        print(problem, file=sys.stderr)
        return 1
    from ckts.demo import run_demo

    run_demo(output, max_epochs=options.max_epochs, seed=options.seed)
    return 0


def _datasets(options: argparse.Namespace) -> int:
    """Run an action; turn what a person can mend into a message and status 1."""
    from ckts.datasets import commands

    actions = {
        "fetch": lambda: commands.fetch_dataset(options.name, options.data_home),
        "verify": lambda: commands.verify_datasets(options.names, options.data_home),
        "remove": lambda: commands.remove_dataset(options.name, options.data_home),
        None: lambda: commands.list_datasets(options.data_home, every=options.all),
    }
    try:
        return actions[options.action]()
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
