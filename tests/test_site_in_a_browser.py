"""The check of the site in a browser finds what a reader would stumble over."""

import shutil

import pytest

pytest.importorskip("playwright.sync_api", reason="needs the extra `docs`")

import check_pages

PAGE = '<html><head><link rel="icon" href="data:,"></head><body>{}</body></html>'
WORDS = "<article><p>Short words.</p></article>"
TABLE = (
    '<article><div style="overflow-x: auto"><table><tr><td>'
    '<div style="width: 900px">wide</div></td></tr></table></div></article>'
)
RESULTS = '<ul id="search-results"><li><a>1</a></li><li><a>2</a></li></ul>'
BROKEN = {
    "console.html": "<script>console.error('broken')</script>",
    "elsewhere.html": '<img src="http://127.0.0.1:9/picture.png">',
    "missing.html": '<img src="missing.png">',
    "script.html": "<script>undefined_function()</script>",
    "wide.html": f"<article><h1>{'CKCNN' * 40}</h1></article>",
    "wide_box.html": (
        '<article><div style="overflow-x: auto"></div>'
        '<p style="width: 900px; text-align: right">right</p></article>'
    ),
}


@pytest.fixture
def browser():
    if not any(map(shutil.which, check_pages.BROWSERS)):
        pytest.skip("needs Chromium from the package manager")
    with check_pages.sync_playwright() as play:
        opened = check_pages.launch(play)
        yield opened
        opened.close()


def write(folder, pages):
    for name, body in pages.items():
        (folder / name).write_text(PAGE.format(body))
    return sorted(pages)


@pytest.mark.slow
def test_faults_of_pages_are_found_and_scrolling_tables_are_none(tmp_path, browser):
    good = {"words.html": WORDS, "table.html": TABLE, "search.html": RESULTS}
    names = write(tmp_path, good | BROKEN)
    with check_pages.serve(tmp_path) as address:
        faults, found = check_pages.check(browser, address, names)
    assert {fault.partition(":")[0] for fault in faults} == {*BROKEN, "search.html"}
    assert found == 2
    assert "search.html: 2 pages with 'landmark'" in faults


def test_a_missing_browser_is_said_with_the_way_out(monkeypatch):
    monkeypatch.delenv("CKTS_BROWSER", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="apt install chromium"):
        check_pages.find_browser()


def test_a_browser_may_be_named(monkeypatch):
    monkeypatch.setenv("CKTS_BROWSER", "/opt/chrome")
    assert check_pages.find_browser() == "/opt/chrome"
