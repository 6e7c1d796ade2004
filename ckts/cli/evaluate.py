"""``ckts evaluate``: how good a model is, beside baselines, and a report."""

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
Tell how well a model predicts instances that it has not seen, beside random kernels,
gradient boosting on summaries, and a model that sees no data.

  ckts evaluate visits.csv --instance patient --time date --label died \\
       --static age --report report.html

All models are fitted in the same folds (cross-validation). The report is one HTML file
that can be sent: the data, their sampling, scores, calibration, what the predictions
depend on, and a picture of each class. It holds names and values of some instances.

  ckts evaluate new.csv --saved model.safetensors

scores a saved model on other instances, with the columns of `ckts fit`.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = add_parser(
        commands,
        "evaluate",
        run,
        help="cross-validate a model beside baselines, and write a report",
        description=DESCRIPTION,
    )
    add_table(parser, required=False)
    add_model(parser)
    parser.add_argument(
        "--folds",
        type=_folds,
        default=5,
        metavar="N",
        help="of the cross-validation (5)",
    )
    parser.add_argument(
        "--saved",
        type=Path,
        metavar="MODEL",
        help="score this saved model, instead of a cross-validation",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE.html",
        help="write a report, with pictures, that needs no network",
    )
    add_force(parser)
    add_general(parser)


def _folds(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(
            f"must be an integer of 2 or more; got {text!r}"
        )
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Check, and score by cross-validation or a saved model."""
    required = ("instance", "time", "label") if options.saved is None else ()
    missing = [f"--{name}" for name in required if getattr(options, name) is None]
    if missing:
        options.parser.error(f"these are required: {', '.join(missing)}")
    if options.saved and options.report:
        options.parser.error("--report is of a cross-validation: leave out --saved")
    if options.report:
        from ckts.cli.outputs import check_output

        check_output(options.report, (".html",), force=options.force, option="--report")
    from ckts.cli.evaluating import cross_validate, score_saved

    action = cross_validate if options.saved is None else score_saved
    for line in action(options, Roles.of(options), make_note(options.quiet)):
        print(line, flush=True)
    return 0
