"""``ckts predict``: predictions of a saved model for a table."""

import argparse
from pathlib import Path

from ckts.cli.arguments import add_force, add_general, add_parser, add_table
from ckts.cli.messages import make_note
from ckts.cli.roles import Roles

DESCRIPTION = """\
Predict the instances of a table with a model of `ckts fit`.

  ckts predict model.safetensors new.csv --output risks.csv

One line per instance: its name, the prediction, and the probability of each class.
Columns that the model did not learn from, such as a label, are ignored. Columns are
those of `ckts fit`; the options are for a table that names them otherwise, and for
models that were saved in Python. A folder of Parquet files is one table, which may be
larger than memory; the rows of an instance stand together in it.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = add_parser(
        commands,
        "predict",
        run,
        help="predict the instances of a table with a saved model",
        description=DESCRIPTION,
    )
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="a file that `ckts fit` saved"
    )
    add_table(parser, required=False, labeled=False)
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        default=Path("-"),
        metavar="FILE",
        help="a .csv or .parquet file (default: CSV to stdout)",
    )
    add_force(parser)
    add_general(parser)


def run(options: argparse.Namespace) -> int:
    """Check, read, predict and write."""
    from ckts.cli.outputs import STDOUT, check_output
    from ckts.cli.predicting import load, predict_table, write_table

    if options.output != STDOUT:
        endings = (".csv", ".parquet")
        special = options.output.exists() and not options.output.is_file()
        check_output(options.output, () if special else endings, force=options.force)
        if options.output.exists() and options.output.samefile(options.file):
            raise ValueError(
                "`--output` must be another file than the table, which would be lost; "
                f"got {str(options.output)!r}. Choose another name."
            )
    folder, inside = options.file.resolve(), options.output.resolve().parents
    if options.output != STDOUT and options.file.is_dir() and folder in inside:
        raise ValueError(
            "`--output` must be outside of the folder of the table, of which it would "
            f"become a part; got {str(options.output)!r}. Choose another folder."
        )
    model, roles = load(options.model, Roles.of(options))
    note = make_note(options.quiet)
    frame = predict_table(model, options.file, roles, note)
    write_table(frame, options.output)
    if options.output != STDOUT:
        note(f"Wrote {len(frame):,} predictions to {options.output}.")
    return 0
