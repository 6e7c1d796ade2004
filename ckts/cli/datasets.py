"""``ckts datasets``: list, fetch, verify and remove data sets."""

import argparse
from pathlib import Path

from ckts.cli.arguments import add_parser


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command with its actions."""
    parser = add_parser(
        commands,
        "datasets",
        run,
        help="list, fetch, verify and remove data sets",
        description="List the data sets that can be downloaded: size, cached or not,\n"
        "license and citation.",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="name every set of the UEA, UCR and TSER archives",
    )
    _add_home(parser, None)
    actions = parser.add_subparsers(dest="action", title="actions")
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


def run(options: argparse.Namespace) -> int:
    """Run an action."""
    from ckts.datasets import commands

    actions = {
        "fetch": lambda: commands.fetch_dataset(options.name, options.data_home),
        "verify": lambda: commands.verify_datasets(options.names, options.data_home),
        "remove": lambda: commands.remove_dataset(options.name, options.data_home),
        None: lambda: commands.list_datasets(options.data_home, every=options.all),
    }
    return actions[options.action]()
