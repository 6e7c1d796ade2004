"""One HTML page that holds all it needs; every text is escaped here."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """\
:root { color-scheme: light dark; --text: #1c2733; --page: #ffffff; --line: #d5dde5;
  --quiet: #5b6b7b; --accent: #1f6f8b; --box: #f3f6f9; }
@media (prefers-color-scheme: dark) { :root { --text: #e2e8ef; --page: #12181f;
  --line: #344252; --quiet: #9fb0c0; --accent: #6cc0dd; --box: #1b242e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 54rem; padding: 1.5rem 1rem 4rem; color: var(--text);
  background: var(--page); font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; border-bottom: 1px solid var(--line);
  padding-bottom: 0.3rem; }
p.lead { color: var(--quiet); }
nav { font-size: 0.9rem; }
nav a { color: var(--accent); margin-right: 1rem; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0.8rem 0;
  overflow-wrap: normal; }
th, td { text-align: right; padding: 0.3rem 0.8rem; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { color: var(--quiet); font-weight: 600; }
.facts td { text-align: left; white-space: normal; vertical-align: top; }
tr.ours td { font-weight: 600; color: var(--accent); }
pre { background: var(--box); padding: 0.8rem; overflow-x: auto; font-size: 0.85rem;
  border-radius: 4px; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; background: #ffffff; border-radius: 4px;
  padding: 0.4rem; }
figcaption { color: var(--quiet); font-size: 0.9rem; }
@media print { nav { display: none; } body { max-width: none; padding: 0; }
  h2 { break-after: avoid; } figure, table, pre { break-inside: avoid; }
  pre { white-space: pre-wrap; } .scroll { overflow: visible; }
  th, td { white-space: normal; } }
"""
# Nothing is loaded and no script runs, even if a text should find a way.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Page:
    """Sections of text, tables and pictures.

    Parameters
    ----------
    title, lead : str
        What stands on top.
    """

    def __init__(self, title: str, lead: str) -> None:
        self.title, self.lead = title, lead
        self.headings: list[str] = []
        self.parts: list[str] = []

    def section(self, heading: str, text: str = "") -> None:
        """Begin a section."""
        self.headings.append(heading)
        number = len(self.headings)
        self.parts.append(f'<h2 id="s{number}">{escape(heading)}</h2>')
        if text:
            self.text(text)

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self.parts.append(f"<p>{escape(text)}</p>")

    def lines(self, text: str) -> None:
        """Add lines of text in columns."""
        self.parts.append(f"<pre>{escape(text)}</pre>")

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        ours: int | None = None,
    ) -> None:
        """Add a table; the row of number `ours` is emphasized.

        Without a head it is a list of facts with their names.
        """
        facts = "" if any(head) else ' class="facts"'
        parts = [f'<div class="scroll"><table{facts}>']
        if any(head):
            cells = "".join(f"<th>{escape(str(one))}</th>" for one in head)
            parts.append(f"<thead><tr>{cells}</tr></thead>")
        parts.append("<tbody>")
        for number, row in enumerate(rows):
            marked = ' class="ours"' if number == ours else ""
            cells = "".join(f"<td>{escape(str(one))}</td>" for one in row)
            parts.append(f"<tr{marked}>{cells}</tr>")
        self.parts.append("".join([*parts, "</tbody></table></div>"]))

    def picture(self, figure: Any, words: str) -> None:
        """Add a matplotlib figure; `words` say what is to be seen."""
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110, facecolor="white")
        data = base64.b64encode(file.getvalue()).decode()
        shown = escape(words)
        self.parts.append(
            f'<figure><img alt="{shown}" src="data:image/png;base64,{data}">'
            f"<figcaption>{shown}</figcaption></figure>"
        )

    def html(self) -> str:
        """Return the whole page."""
        links = "".join(
            f'<a href="#s{number}">{escape(heading)}</a>'
            for number, heading in enumerate(self.headings, 1)
        )
        head = (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>\n{STYLE}</style></head><body>"
        )
        top = f'<h1>{escape(self.title)}</h1><p class="lead">{escape(self.lead)}</p>'
        body = "\n".join(self.parts)
        return f"{head}\n{top}\n<nav>{links}</nav>\n{body}\n</body></html>\n"
