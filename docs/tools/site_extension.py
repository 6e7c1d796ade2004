"""What the site adds to sphinx: pages of the root, formulas as MathML, our members."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
GALLERY, EXAMPLES = DOCS / "gallery", DOCS / "examples"
# Files beside the folder of the site that are pages of it.
PAGES = {
    ROOT / "README.md": DOCS / "index.md",
    ROOT / "CHANGELOG.md": DOCS / "changes.md",
    ROOT / "CONTRIBUTING.md": DOCS / "contributing.md",
}
INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.MULTILINE)
LINK = re.compile(r"(?<=\]\()([^)#:\s]+)")  # [text](path#anchor): the path


def relink(text: str, folder: Path, page: Path) -> str:
    """Turn the links of a text into those that it needs on a page of the site.

    Parameters
    ----------
    text : str
        Markdown whose links are relative to `folder`.
    folder : Path
        Where the text is from.
    page : Path
        The file of the page on which it stands.

    Returns
    -------
    str
        The text. A link to a folder leads to its `index.md`, one to a file of the root
        that is a page leads to that page, one to a script of the gallery to the page
        that it draws, and one to nothing that exists stays.
    """

    def moved(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve()
        if not target.exists():
            return match[1]
        return Path(os.path.relpath(_page_of(target), page.parent)).as_posix()

    return LINK.sub(moved, text)


def _page_of(target: Path) -> Path:
    if target == GALLERY:
        return EXAMPLES / "index.rst"
    if target.parent == GALLERY:
        return EXAMPLES / f"{target.stem}.rst"
    target = target / "index.md" if target.is_dir() else target
    return PAGES.get(target, target)


def complete(text: str, page: Path) -> str:
    """Put the files of the root into a page that includes them, and mend all links."""

    def included(match: re.Match[str]) -> str:
        path = (page.parent / match[1]).resolve()
        return relink(path.read_text("utf-8"), path.parent, page)

    return INCLUDE.sub(included, relink(text, page.parent, page))


def _on_source(app: Sphinx, name: str, source: list[str]) -> None:
    page = Path(app.env.doc2path(name))
    if page.suffix != ".md":
        return
    for included in INCLUDE.findall(source[0]):
        app.env.note_dependency(str((page.parent / included).resolve()))
    source[0] = complete(source[0], page)


def is_foreign(member: object) -> bool:
    """Whether another library defines a member of a class, such as `Module.cuda`."""
    function = member.fget if isinstance(member, property) else member
    module = getattr(inspect.unwrap(function), "__module__", None)  # type: ignore[arg-type]
    return module is not None and module.split(".")[0] != "ckts"


def _on_member(app, what, name, member, skip, options) -> bool | None:
    return True if is_foreign(member) else None


def to_mathml(formula: str, block: bool) -> str:
    """Write a formula of LaTeX as MathML, one on lines of its own in a box.

    Docutils knows the part of LaTeX that this library uses. A blank line begins
    another line, and `&` says what stands below each other.
    """
    if not block:
        return tex2mathml(formula.strip())
    formula = re.sub(r"\n\s*\n", r"\\\\ ", formula.strip())
    if "&" in formula:
        formula = rf"\begin{{aligned}}{formula}\end{{aligned}}"
    return f'<div class="math">{tex2mathml(formula, as_block=True)}</div>\n'


def _mathml(translator, node: math | math_block) -> None:
    try:
        translator.body.append(to_mathml(node.astext(), node.tagname == "math_block"))
    except MathError as error:
        LOGGER.warning("%s It is in %r.", error, node.astext(), location=node)
    raise SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell sphinx."""
    app.connect("source-read", _on_source)
    app.connect("autodoc-skip-member", _on_member)
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
