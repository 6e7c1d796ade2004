"""How much code each room holds: ``python tests/support/count_code.py [ROOT]``.

A code line holds a part of a statement: no blank line, no comment, no docstring. The
body of a function is counted from the first statement behind its docstring to its end.
"""

import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

FOLDERS = ("ckts", "datasets", "estimators")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
WITHOUT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(text: str) -> int:
    """Count the lines that hold code."""
    docs, code = set(), set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            docs.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in WITHOUT_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - docs)


def function_bodies(tree: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Yield each function and the lines of its body."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[ast.get_docstring(node) is not None :]
            yield node, node.end_lineno - body[0].lineno + 1 if body else 0


def ninth_decile(lengths: list[int]) -> float:
    """Return the length that nine of ten bodies do not exceed."""
    return quantiles(lengths, n=10, method="inclusive")[-1]


def room_of(path: Path) -> str:
    """Name the room of a file: its folder, and the one below if there is one."""
    return "/".join(path.parts[:-1][:2])


def main(root: Path) -> None:
    """Print files and code lines per room, and how long functions are."""
    rooms = defaultdict(list)
    lengths = []
    for path in sorted(p for name in FOLDERS for p in (root / name).rglob("*.py")):
        text = path.read_text("utf-8")
        rooms[room_of(path.relative_to(root))].append(code_lines(text))
        lengths += [length for _, length in function_bodies(ast.parse(text))]
    rooms["in all"] = [lines for counts in rooms.values() for lines in counts]
    print("room                  files  code lines")
    for room, counts in rooms.items():
        print(f"{room:21} {len(counts):5} {sum(counts):11,}")
    print(
        f"{len(lengths):,} functions; body: longest {max(lengths)} lines, "
        f"nine of ten at most {ninth_decile(lengths):.0f}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2])
