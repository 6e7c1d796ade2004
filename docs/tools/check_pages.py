"""Open the site in a browser: `python docs/tools/check_pages.py [FOLDER]`.

Every page must load, from this machine alone, without an error in its console, and not
scroll sideways on a phone: wide tables scroll in their boxes. The search must find a
word. `--pictures DIR` takes pictures of some pages, dark and light, wide and narrow.
Chromium comes from the package manager of the system (`apt install chromium`).
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

BUILT = Path(__file__).resolve().parents[1] / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
WORD = "landmark"  # which pages of the guide hold
SHOWN = (
    "index",
    "start",
    "faq",
    "guide/index",
    "guide/random-kernels",
    "guide/scikit-learn",
    "api/index",
    "api/generated/ckts.CKRocketClassifier",
    "examples/index",
    "benchmarks/accuracy-2026-11-30",
)
# What the right edge of the window cuts: the page itself, or the first text or picture
# that stands in no box that scrolls.
CUT = """() => {
  const wide = window.innerWidth, root = document.documentElement;
  if (root.scrollWidth > wide) return `the page, ${root.scrollWidth} px`;
  const text = document.querySelector("article") || document.body;
  const scrolls = e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const leaves = document.createTreeWalker(
    text,
    NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
    e => e.nodeType === 3 || e.tagName === "IMG" ? 1 : 3
  );
  for (let leaf; (leaf = leaves.nextNode()); ) {
    const range = document.createRange();
    range.selectNode(leaf);
    const right = Math.max(...[...range.getClientRects()].map(r => r.right), 0);
    let box = leaf.parentElement;
    if (right <= wide + 1 || box.closest(".headerlink, .visually-hidden")) continue;
    while (box !== text && !scrolls(box)) box = box.parentElement;
    if (box === text)
      return `${Math.round(right)} px: ${(leaf.src || leaf.data).slice(0, 60)}`;
  }
  return null;
}"""


def find_browser() -> str:
    """Return the browser of the system; say how to get one."""
    named = os.environ.get("CKTS_BROWSER")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit(
            "No Chromium here. Install it from the package manager, such as\n"
            "    apt install chromium        (Debian, Ubuntu; as root)\n"
            "    dnf install chromium        (Fedora)\n"
            "    brew install --cask chromium\n"
            "or set CKTS_BROWSER to the path of a Chrome or Chromium."
        )
    return found


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def launch(play: Playwright) -> Browser:
    """Start the browser of the system, without a window."""
    # Root in a container has no sandbox; the pages are our own.
    options = {"executable_path": find_browser(), "args": ["--no-sandbox"]}
    return play.chromium.launch(**options)


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yield the address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class Visit:
    """A window of the browser that notes what goes wrong.

    Parameters
    ----------
    page : Page
    address : str
        Of the site, with a slash at its end.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.name, self.faults = "", []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.name}: {fault}")

    def _on_console(self, message) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console: {message.text}")

    def _on_request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self._note(f"asks another machine: {request.url}")

    def _on_response(self, response) -> None:
        if response.status >= 400:
            self._note(f"status {response.status}: {response.url}")

    def open(self, name: str) -> None:
        """Open a page, named as in the folder."""
        self.name = name
        self.page.goto(self.address + name, wait_until="load")

    def check_width(self) -> None:
        """Note what is cut by the edge of the window."""
        cut = self.page.evaluate(CUT)
        if cut is not None:
            self._note(f"wider than the window: {cut}")

    def search(self, word: str) -> int:
        """Search a word; return how many pages are found."""
        self.open(f"search.html?q={word}")
        self.page.wait_for_selector("#search-results li a", timeout=20_000)
        found, before = self.page.locator("#search-results li"), 0
        while before != (count := found.count()):  # they come one by one
            before = count
            self.page.wait_for_timeout(1000)
        return count


def take_pictures(browser: Browser, address: str, folder: Path) -> None:
    """Write pictures of some pages in both schemes and sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for size in (DESK, PHONE):
            page = browser.new_page(viewport=size, color_scheme=scheme)
            for name in SHOWN:
                page.goto(f"{address}{name}.html", wait_until="load")
                file = f"{name.replace('/', '-')}-{scheme}-{size['width']}.png"
                page.screenshot(path=folder / file)
            page.close()


def check(browser: Browser, address: str, names: list[str]) -> tuple[list[str], int]:
    """Open all pages on a phone, and search; return the faults and what was found."""
    visit = Visit(browser.new_page(viewport=PHONE), address)
    for name in names:
        visit.open(name)
        visit.check_width()
    found = visit.search(WORD)
    if found < 3:
        visit.faults.append(f"search.html: {found} pages with {WORD!r}")
    return visit.faults, found


def main() -> int:
    """Print what was found; 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=BUILT)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob("*.html"))
    names = [path.relative_to(arguments.folder).as_posix() for path in paths]
    names = [name for name in names if not name.startswith("_")]
    if not names:
        sys.exit(f"{arguments.folder} holds no site. Build it: `make docs`.")
    executable = find_browser()

    with serve(arguments.folder) as address, sync_playwright() as play:
        # Root in a container has no sandbox; the pages are our own.
        browser = play.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        faults, found = check(browser, address, names)
        if arguments.pictures:
            take_pictures(browser, address, arguments.pictures)
        browser.close()
    print(*faults, sep="\n", end="\n" if faults else "")
    print(
        f"{len(names)} pages opened at {PHONE['width']} px, {len(faults)} faults; the "
        f"search found {WORD!r} {found} times"
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
