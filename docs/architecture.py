"""Draw the rooms of ckts from its imports, for docs/architecture.md.

    python docs/architecture.py [--check]

writes docs/architecture.svg and the table of docs/architecture.md; with ``--check``, it
only tells whether both are current. A room is a file or a folder of `ckts/`, or one of
`datasets/` and `estimators/`; `__init__`, `__main__`, `_checkout` and `_version` start
the package and are left out.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_suffix(".md")
PICTURE = Path(__file__).with_suffix(".svg")
BEGIN, END = "<!-- table: docs/architecture.py -->\n", "<!-- end of table -->\n"

BOX, HEIGHT = 186, 56  # of a room
LANE = 40  # of an arrow that passes a row of rooms
GAP, RISE = 26, 50  # between boxes, and between rows
MARGIN = 20
MOST_LETTERS = 22  # of the names of folders that fit a box


@dataclass
class Room:
    """A part of the library.

    Parameters
    ----------
    name : str
        As imported, without "ckts.".
    files : list of Path
        Its modules.
    imports : set of str
        The names of the rooms that it imports.
    """

    name: str
    files: list[Path]
    imports: set[str] = field(default_factory=set)

    @property
    def title(self) -> str:
        """The first line of the docstring."""
        tree = ast.parse(min(self.files, key=_depth).read_text("utf-8"))
        return (ast.get_docstring(tree) or "").partition("\n")[0]

    @property
    def counts(self) -> str:
        """How many files it has, and which folders."""
        n_files = len(self.files)
        top = min(map(_depth, self.files))[0]
        below = {p.parent.name for p in self.files if _depth(p)[0] == top + 1}
        listed = ", ".join(sorted(below - {"data"}))
        if len(listed) > MOST_LETTERS:
            listed = f"{len(below)} folders"
        return f"{n_files} file{'s' * (n_files > 1)}{listed and f': {listed}'}"


def _depth(path: Path) -> tuple[int, bool]:
    return len(path.parts), path.name != "__init__.py"


def read_rooms(root: Path) -> dict[str, Room]:
    """Read which rooms there are, and which others each imports."""
    rooms = {}
    paths = sorted((root / "ckts").iterdir())
    for path in [*paths, root / "datasets", root / "estimators"]:
        files = [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))
        if files and path.stem not in ("__init__", "__main__", "_checkout", "_version"):
            rooms[path.stem] = Room(path.stem, files)
    for room in rooms.values():
        for file in room.files:
            room.imports |= imported_rooms(file.read_text("utf-8")) & set(rooms)
        room.imports.discard(room.name)
    return rooms


def imported_rooms(text: str) -> set[str]:
    """Name the rooms that a module imports, inside functions too."""
    targets = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            targets |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = (target.split(".") for target in targets)
    return {part[1] for part in parts if part[0] == "ckts" and len(part) > 1}


def reachable(rooms: dict[str, Room], name: str) -> set[str]:
    """Name all rooms that a room needs, by way of others too."""
    below = rooms[name].imports
    return below.union(*(reachable(rooms, other) for other in below))


def drawn_arrows(rooms: dict[str, Room]) -> list[tuple[str, str]]:
    """List the imports that do not follow from others (the transitive reduction)."""
    arrows = []
    for name, room in rooms.items():
        indirect = set().union(*(reachable(rooms, other) for other in room.imports))
        arrows += [(name, other) for other in sorted(room.imports - indirect)]
    return arrows


def row_of(rooms: dict[str, Room], name: str) -> int:
    """Return the row of a room: one above the highest that it imports."""
    return 1 + max((row_of(rooms, other) for other in rooms[name].imports), default=-1)


class Layout:
    """Places of rooms, in rows from bottom to top, and the paths of arrows.

    An arrow over several rows has a lane in each row between, so that it passes beside
    the boxes. Rows are ordered by the mean place of their neighbors below.
    """

    def __init__(self, rooms: dict[str, Room]) -> None:
        rows = {name: row_of(rooms, name) for name in rooms}
        self.rows: list[list[object]] = [[] for _ in range(max(rows.values()) + 1)]
        for name, row in rows.items():
            self.rows[row].append(name)
        self.paths = []
        for upper, lower in drawn_arrows(rooms):
            between = range(rows[upper] - 1, rows[lower], -1)
            lanes = [(upper, lower, row) for row in between]
            for lane in lanes:
                self.rows[lane[2]].append(lane)
            self.paths.append([upper, *lanes, lower])
        self._order()
        widths = [sum(map(_width, row)) + GAP * (len(row) - 1) for row in self.rows]
        self.width = max(widths) + 2 * MARGIN
        step = HEIGHT + RISE
        self.height = step * len(self.rows) - RISE + 2 * MARGIN
        self.places = {}
        for number, (row, width) in enumerate(zip(self.rows, widths, strict=True)):
            left = (self.width - width) / 2
            top = self.height - MARGIN - HEIGHT - number * step
            for node in row:
                self.places[node] = (left + _width(node) / 2, top)
                left += _width(node) + GAP

    def _order(self) -> None:
        pairs = [pair for path in self.paths for pair in pairwise(path)]
        for _ in range(8):  # up and down until it has settled
            for rows, side in ((self.rows[1:], 0), (self.rows[-2::-1], 1)):
                for row in rows:
                    ranks = self._ranks()
                    means = {
                        node: _mean(
                            [ranks[p[1 - side]] for p in pairs if p[side] == node]
                        )
                        for node in row
                    }
                    row.sort(key=lambda node: (means[node], str(node)))

    def _ranks(self) -> dict[object, float]:
        return {
            node: (place + 0.5) / len(row)
            for row in self.rows
            for place, node in enumerate(row)
        }


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.5


def _width(node: object) -> int:
    return BOX if isinstance(node, str) else LANE


def draw(rooms: dict[str, Room]) -> str:
    """Draw the rooms as SVG: the lowest at the bottom, an arrow to what is imported."""
    layout = Layout(rooms)
    size = f'width="{layout.width:.0f}" height="{layout.height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker>'
        "</defs>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    parts += [_draw_arrow(layout.places, path) for path in layout.paths]
    parts += [_draw_room(room, *layout.places[room.name]) for room in rooms.values()]
    return "\n".join([*parts, "</svg>", ""])


def _draw_arrow(places: dict, path: list) -> str:
    x, top = places[path[0]]
    line = f"M{x:.0f} {top + HEIGHT:.0f}"
    for upper, lower in pairwise(path):
        (x, y), (x_next, y_next) = places[upper], places[lower]
        y += HEIGHT
        middle = (y + y_next) / 2
        line += f" C{x:.0f} {middle:.0f} {x_next:.0f} {middle:.0f} "
        line += f"{x_next:.0f} {y_next:.0f}"
        if lower != path[-1]:
            line += f" V{y_next + HEIGHT:.0f}"
    style = 'fill="none" stroke="#555" stroke-width="1.3" marker-end="url(#tip)"'
    return f'<path d="{line}" {style}/>'


def _draw_room(room: Room, x: float, top: float) -> str:
    text = 'text-anchor="middle" fill="#222"'
    return (
        f'<rect x="{x - BOX / 2:.0f}" y="{top:.0f}" width="{BOX}" height="{HEIGHT}" '
        'rx="7" fill="#eaf1f8" stroke="#4a78a8"/>'
        f'<text x="{x:.0f}" y="{top + 24:.0f}" {text} font-size="15" '
        f'font-weight="bold">{escape(room.name)}</text>'
        f'<text x="{x:.0f}" y="{top + 43:.0f}" {text} font-size="11">'
        f"{escape(room.counts)}</text>"
    )


def tabulate(rooms: dict[str, Room]) -> str:
    """Write the table: the highest room first."""
    lines = ["| room | what it is | files | imports |", "|---|---|---|---|"]
    for name in sorted(rooms, key=lambda name: (-row_of(rooms, name), name)):
        room = rooms[name]
        imports = ", ".join(f"`{other}`" for other in sorted(room.imports))
        title = room.title.replace("``", "`")
        lines.append(f"| `{name}` | {title} | {len(room.files)} | {imports} |")
    return "\n".join([*lines, ""])


def main(arguments: list[str]) -> int:
    """Write picture and table, or check them; return the exit status."""
    rooms = read_rooms(ROOT)
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    page = before + BEGIN + tabulate(rooms) + END + rest.split(END)[1]
    wanted = {PAGE: page, PICTURE: draw(rooms)}
    if arguments == ["--check"]:
        stale = [
            path.name
            for path, text in wanted.items()
            if not path.is_file() or path.read_text("utf-8") != text
        ]
        for name in stale:
            print(f"{name} is not current: run `python docs/architecture.py`")
        return int(bool(stale))
    for path, text in wanted.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
