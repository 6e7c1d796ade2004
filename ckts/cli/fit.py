"""``ckts fit``: a model of a table, in one file."""

import argparse
from pathlib import Path

from ckts.cli.arguments import (
    add_force,
    add_general,
    add_model,
    add_parser,
    add_table,
)
from ckts.cli.messages import make_note
from ckts.cli.roles import Roles

DESCRIPTION = """\
Fit a model to all instances of a table, and save it. How good it is tells
`ckts evaluate`, of instances that it has not seen.

  ckts fit visits.csv --instance patient --time date --label died \\
       --static age --output model.safetensors

The file holds no code. It remembers which columns were used, so that
`ckts predict model.safetensors new.csv` needs no more options.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = add_parser(
        commands,
        "fit",
        run,
        help="fit a model to a table, and save it",
        description=DESCRIPTION,
    )
    add_table(parser)
    add_model(parser)
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        required=True,
        metavar="MODEL.safetensors",
        help="where to save the model",
    )
    parser.add_argument(
        "--card",
        action="store_true",
        help="also write a model card, MODEL.md: facts, versions, intended use",
    )
    add_force(parser)
    add_general(parser)


def run(options: argparse.Namespace) -> int:
    """Check, read, fit, save and tell."""
    if options.label is None:
        options.parser.error("--label is required: the column that is to be predicted")
    from ckts.cli.fitting import fit_and_save
    from ckts.cli.outputs import check_output

    output = check_output(options.output, (".safetensors",), force=options.force)
    if options.card:
        card = output.with_suffix(".md")
        check_output(card, (), force=options.force, option="--card")
    for line in fit_and_save(options, Roles.of(options), make_note(options.quiet)):
        print(line, flush=True)
    return 0
