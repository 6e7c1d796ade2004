from html.parser import HTMLParser

from ckts._html import MOST_LETTERS, listing, page, short, table


def text_of(html):
    """Return what a browser shows, and the tags that it opens."""
    shown, tags = [], []
    parser = HTMLParser()
    parser.handle_data = shown.append
    parser.handle_starttag = lambda tag, attributes: tags.append(tag)
    parser.feed(html)
    return shown, tags


def test_names_are_shown_as_they_are_and_make_no_tags():
    html = page("<b>", table([(short("<script>"), short("a & b"))]))
    shown, tags = text_of(html)
    assert shown[-3:] == ["<b>", "<script>", "a & b"]
    assert tags == ["div", "style", "b", "table", "tr", "td", "td"]


def test_long_names_and_lists_are_cut():
    assert len(short("x" * 1000)) == MOST_LETTERS
    assert short("x" * MOST_LETTERS) == "x" * MOST_LETTERS
    assert listing(["<", "b", "c"], 2) == "&lt;, b and 1 more"
    assert listing(["a"], 2) == "a"
    assert listing([], 2) == ""
