"""Small pages for notebooks: tables that take the colors of the page around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

MOST_LETTERS = 40  # of a name
# Colors are those of the page, so that dark ones are as readable as light ones.
STYLE = (
    ".ckts{font-size:13px;line-height:1.4;max-width:640px;color:inherit}"
    ".ckts table{border-collapse:collapse;margin:4px 0;background:none;"
    "color:inherit;font-size:inherit}"
    ".ckts tr{background:none!important}"
    ".ckts td,.ckts th{padding:1px 12px 1px 0;text-align:left;border:0;"
    "font-weight:normal;color:inherit;vertical-align:top}"
    ".ckts th,.ckts small{opacity:.65}"
    ".ckts small,.ckts svg{display:block}"
    ".ckts .bar{display:inline-block;width:48px;height:8px;margin-right:6px;"
    "border:1px solid currentColor;opacity:.5}"
    ".ckts .bar i{display:block;height:8px;background:currentColor}"
)


def page(title: str, *parts: str) -> str:
    """Join a title, which is escaped, and parts that are HTML."""
    inner = f"<style>{STYLE}</style><b>{escape(title)}</b>{''.join(parts)}"
    return f'<div class="ckts">{inner}</div>'


def table(rows: Iterable[Sequence[str]], head: Iterable[Sequence[str]] = ()) -> str:
    """Write a table of cells that are HTML."""

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(["<tr>", *(f"<{tag}>{one}</{tag}>" for one in cells), "</tr>"])

    lines = [line(cells, "th") for cells in head] + [line(one, "td") for one in rows]
    return f"<table>{''.join(lines)}</table>"


def short(name: object) -> str:
    """Escape a name, and shorten one that would be a line of its own.

    Examples
    --------
    >>> short("<b>")
    '&lt;b&gt;'
    """
    text = str(name)
    cut = text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
    return escape(cut)


def listing(names: Sequence[object], most: int) -> str:
    """Write names one after the other, at most so many of them.

    Examples
    --------
    >>> listing(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(short(name) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
