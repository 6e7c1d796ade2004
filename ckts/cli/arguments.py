"""Options that several commands share; no heavy import, as they answer ``--help``."""

import argparse
from pathlib import Path
from typing import Any

UNITS = ("ns", "us", "ms", "s", "min", "h", "D", "W")


def add_parser(commands: argparse._SubParsersAction, name: str, run, **texts: Any):
    """Add a command that runs a function of the options."""
    parser = commands.add_parser(
        name, formatter_class=argparse.RawDescriptionHelpFormatter, **texts
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_general(parser: argparse.ArgumentParser) -> None:
    """Add what all commands on files have."""
    parser.add_argument(
        "--quiet", action="store_true", help="no progress and no notes on stderr"
    )
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="show where in the code an error arose, for a bug report",
    )


def add_table(
    parser: argparse.ArgumentParser, *, required: bool = True, labeled: bool = True
) -> None:
    """Add the roles of the columns of a table."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a table: .csv, .tsv, also packed (.gz, .bz2, .xz, .zip), or .parquet",
    )
    group = parser.add_argument_group("columns of the table")
    group.add_argument(
        "--instance",
        required=required,
        metavar="COLUMN",
        help="whose row it is: a patient, a machine",
    )
    group.add_argument(
        "--time",
        required=required,
        metavar="COLUMN",
        help="when: numbers, or dates such as 2024-03-31 or 2024-03-31 01:30:00+01:00",
    )
    if labeled:
        group.add_argument(
            "--label",
            metavar="COLUMN",
            help="what is to be predicted, one value per instance; never a channel",
        )
        group.add_argument(
            "--groups",
            metavar="COLUMN",
            help="what must stay together in folds, such as the stays of a patient",
        )
        group.add_argument(
            "--drop-unlabeled",
            action="store_true",
            help="leave out instances without a label, instead of an error",
        )
    add_columns(group)


def add_columns(group: argparse._ArgumentGroup) -> None:
    """Add which columns are channels, and how cells are to be read."""
    several: dict[str, Any] = {
        "nargs": "+",
        "action": "extend",
        "default": [],
        "metavar": "COLUMN",
    }
    group.add_argument(
        "--static", help="what does not change in time: age, sex", **several
    )
    group.add_argument(
        "--channels", help="what was measured (default: all other columns)", **several
    )
    group.add_argument("--ignore", help="columns to leave out", **several)
    group.add_argument(
        "--categorical",
        help="numbers that are labels, such as codes of drugs; text is found by itself",
        **several,
    )
    group.add_argument(
        "--missing",
        help='text that means "not measured", beside NA, NaN, NULL and the like',
        **{**several, "metavar": "TEXT"},
    )
    group.add_argument(
        "--variable",
        metavar="COLUMN",
        help="in a table with a row per measurement: what was measured",
    )
    group.add_argument("--value", metavar="COLUMN", help="... and what was found")
    group.add_argument(
        "--date-format",
        metavar="FORMAT",
        help="how dates are written, such as %%d/%%m/%%Y (default: ISO 8601)",
    )
    group.add_argument(
        "--time-unit", choices=UNITS, help="the unit of times that are numbers"
    )
    group.add_argument(
        "--duplicates",
        choices=("error", "mean", "last", "keep"),
        default="error",
        help="what to do with rows of one instance at one time (default: error)",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add which model is fitted, and how."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model",
        choices=("joined", "network", "rocket"),
        default="joined",
        help="networks joined with random kernels (default), one network, or random "
        "kernels alone, which take seconds",
    )
    group.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="auto: classification of text, and of at most 10 different whole numbers",
    )
    group.add_argument(
        "--max-epochs", type=positive, metavar="N", help="epochs of the networks"
    )
    group.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any parameter of the estimator, such as --param causal=True",
    )
    group.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="of all that is drawn (0)"
    )


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add the permission to replace files."""
    parser.add_argument(
        "--force", action="store_true", help="replace output files that exist"
    )


def positive(text: str) -> int:
    """Read a positive integer."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer; got {text!r}")
    return int(text)


def seed(text: str) -> int:
    """Read a seed."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"must be an integer from 0 to 2**32 - 1; got {text!r}"
        )
    return int(text)
