"""Check all links of the site: `python docs/tools/check_links.py [FOLDER]`.

Every internal link must lead to a file of the site, and its anchor to an id there.
Links to other sites are counted and their form is checked. They are not opened, so that
no network is needed: `python -m sphinx -b linkcheck docs docs/_build/links` opens them.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

BUILT = Path(__file__).resolve().parents[1] / "_build" / "html"


@dataclass
class Page(HTMLParser):
    """What a page of HTML links to, and the anchors that it has.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect; `name` of a link is an anchor, too."""
        found = {name: value for name, value in attrs if value is not None}
        names = ("id", "name") if tag == "a" else ("id",)
        self.anchors.update(found[name] for name in names if name in found)
        self.links += [found[name] for name in ("href", "src") if name in found]


def fault_of_external(link: str) -> str | None:
    """Say what is wrong with the form of a link to another site."""
    parts = urlsplit(link)
    if parts.scheme in ("data", "mailto"):
        return None
    if parts.scheme not in ("http", "https"):
        return f"unknown scheme {parts.scheme!r}"
    if "." not in (parts.hostname or "") or any(sign in link for sign in " <>`"):
        return "no host, or a sign that no address has"
    return None


def fault_of_internal(link: str, page: Page, pages: dict[Path, Page]) -> str | None:
    """Say what is wrong with a link from a page of the site to another one."""
    parts = urlsplit(link)
    target = page.path
    if parts.path:
        target = (page.path.parent / unquote(parts.path)).resolve()
    if target.is_dir():
        target = target / "index.html"
    if not target.exists():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "no such anchor"
    return None


def read(folder: Path) -> dict[Path, Page]:
    """Read the pages that sphinx built; files of the theme are none."""
    paths = (path.resolve() for path in sorted(folder.rglob("*.html")))
    return {path: Page(path) for path in paths if "_static" not in path.parts}


def check(pages: dict[Path, Page]) -> tuple[Counter[str], list[str]]:
    """Check the links of all pages.

    Parameters
    ----------
    pages : dict of Path to Page

    Returns
    -------
    counts : Counter of str
        Internal links, external ones, and how many different ones these are.
    faults : list of str
        A line for each broken link.
    """
    counts, faults, others = Counter(), [], set()
    for path, page in pages.items():
        for link in page.links:
            if is_external := bool(urlsplit(link).scheme or urlsplit(link).netloc):
                others.add(link)
                fault = fault_of_external(link)
            else:
                fault = fault_of_internal(link, page, pages)
            counts["external" if is_external else "internal"] += 1
            if fault:
                faults.append(f"{path}: {link}: {fault}")
    counts["different"] = len(others)
    return counts, faults


def main(arguments: list[str]) -> int:
    """Print what was found; 1 if a link is broken."""
    folder = Path(arguments[0]) if arguments else BUILT
    pages = read(folder)
    if not pages:
        print(f"{folder} holds no site. Build it: `make docs`, or `make docs-quick`.")
        return 1
    counts, faults = check(pages)
    print(*faults, sep="\n", end="\n" if faults else "")
    print(
        f"{len(pages)} pages, {counts['internal']:,} internal links, {len(faults)} "
        f"broken links, {counts['external']} external ones, of which "
        f"{counts['different']} different (their form is right, they were not opened)"
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
