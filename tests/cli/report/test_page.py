"""A page holds all it needs, and no text of the data becomes markup."""

import re
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from ckts.cli.report.page import Page

EVIL = "<script>alert(1)</script>\"' onload=x &amp;"


class Seen(HTMLParser):
    """The tags of a page, their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *one) for one in attrs]

    def handle_data(self, data):
        self.words += data


@pytest.fixture
def page():
    made = Page(EVIL, EVIL)
    made.section(EVIL, EVIL)
    made.text(EVIL)
    made.lines(EVIL)
    made.table((EVIL, "b"), [(EVIL, "2")], ours=0)
    made.picture(Figure(figsize=(1, 1)), EVIL)
    return made.html()


def test_texts_of_the_data_stay_texts(page):
    seen = Seen(page)
    assert "script" not in seen.tags
    assert not [one for one in seen.attributes if one[1].startswith("on")]
    # title, heading, lead, link, section and its text, text, lines, two cells, caption
    assert seen.words.count(EVIL) == 11
    assert ("img", "alt", EVIL) in seen.attributes


def test_nothing_is_loaded_from_elsewhere(page):
    seen = Seen(page)
    sources = [value for _, name, value in seen.attributes if name in ("src", "href")]
    assert len(sources) == 2
    assert all(one.startswith(("#", "data:image/png;base64,")) for one in sources)
    assert "url(" not in page
    assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'", page)


def test_a_table_without_a_head_has_none():
    page = Page("", "")
    page.table(("", ""), [("a", "b")])
    assert "thead" not in Seen(page.html()).tags
