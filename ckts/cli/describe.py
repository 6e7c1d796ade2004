"""``ckts describe``: how irregular a table is, and what is in it."""

import argparse

from ckts.cli.arguments import add_general, add_parser, add_table
from ckts.cli.messages import make_note
from ckts.cli.roles import Roles

DESCRIPTION = """\
Tell what a table holds: how many instances and rows, how long and how irregular they
are, what is missing, and whether the length of a record tells the label.

  ckts describe visits.csv --instance patient --time date --label died

  patient  date        died  age  bilirubin  albumin
  7        1991-03-02  yes   58        14.5     2.60
  7        1991-09-10  yes   58        21.3
  9        1990-01-15  no    44         1.1     4.14

Here "patient" is the instance, "date" the time, "died" the label, "age" is static, and
the rest are channels. Empty cells were not measured, and need no filling.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = add_parser(
        commands,
        "describe",
        run,
        help="tell what a table holds, and how irregular it is",
        description=DESCRIPTION,
    )
    add_table(parser)
    add_general(parser)


def run(options: argparse.Namespace) -> int:
    """Read the table, and describe it."""
    from ckts.cli.facts import channel_lines, data_lines
    from ckts.cli.tables import read

    table = read(
        options.file,
        Roles.of(options),
        make_note(options.quiet),
        drop_unlabeled=options.drop_unlabeled,
    )
    target = table.target
    described = table.panel.describe(None if target is None else target.y)
    print(*data_lines(table), "", described, "", *channel_lines(described), sep="\n")
    return 0
