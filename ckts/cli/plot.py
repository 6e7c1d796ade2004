"""``ckts plot``: who was measured when, or one record."""

import argparse
from pathlib import Path

from ckts.cli.arguments import add_force, add_general, add_parser, add_table
from ckts.cli.messages import make_note
from ckts.cli.roles import Roles

ENDINGS = (".png", ".svg", ".pdf")
DESCRIPTION = """\
Draw who was measured when, and what is missing; or the channels of one instance.

  ckts plot visits.csv --instance patient --time date --output sampling.png
  ckts plot visits.csv --instance patient --time date --only 7 --output patient-7.png
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = add_parser(
        commands,
        "plot",
        run,
        help="draw who was measured when, or one record",
        description=DESCRIPTION,
    )
    add_table(parser)
    parser.add_argument(
        "--only", metavar="INSTANCE", help="draw the channels of this instance"
    )
    parser.add_argument(
        "--output",
        "-o",
        type=Path,
        required=True,
        metavar="FILE.png",
        help=f"where to write the picture: {', '.join(ENDINGS)}",
    )
    add_force(parser)
    add_general(parser)


def run(options: argparse.Namespace) -> int:
    """Check, read and draw."""
    from ckts._files import write_whole
    from ckts.cli.outputs import check_output

    check_output(options.output, ENDINGS, force=options.force)
    from ckts.cli.pictures import choose_instance, draw_sampling, draw_series
    from ckts.cli.tables import read

    note = make_note(options.quiet)
    panel = read(
        options.file,
        Roles.of(options),
        note,
        drop_unlabeled=options.drop_unlabeled,
    ).panel
    if options.only is None:
        figure = draw_sampling(panel, options.instance)
    else:
        figure = draw_series(panel[choose_instance(panel, options.only)])
    write_whole(options.output, lambda target: figure.savefig(target, dpi=150))
    print(options.output)
    return 0
