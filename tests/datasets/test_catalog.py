"""The catalog is complete and right, and the page says what it says."""

import re
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from ckts.datasets.catalog import (
    Dataset,
    RemoteFile,
    find_versions,
    list_names,
    parse_catalog,
    read_catalog,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"

ENTRY = """
[toy]
version = "1"
title = "A toy"
license = "none stated"
citation = "Nobody"
homepage = "https://toy.org"
mirrors = ["https://toy.org/a", "https://toy.com/b"]
files = [{ name = "a.zip", path = "a+b.zip", size = 3 }, { name = "c.txt" }]
[descriptions]
toy = "{n} toys."
"""
FAMILY = """
[families.two]
license = "none stated"
homepage = "https://two.org/{name}"
sources = [
  { version = "r{record}", mirrors = ["https://z"], files = [{ name = "{name}.a" }] },
  { version = "web", mirrors = ["https://w"], files = [{ name = "{name}.b" }] },
]
[families.two.archives.old]
title = "{name} of old"
citation = "Somebody"
records = { X = 17, Y = 23 }
"""


def mistakes(dataset):
    """Yield what is wrong with an entry of the catalog."""
    *texts, files, description = astuple(dataset)
    if not all(isinstance(text, str) and text for text in (*texts, description)):
        yield "a text is empty or no text"
    if any("{" in str(text) for text in texts):
        yield "a text is not filled in"
    if not dataset.homepage.startswith("http"):
        yield f"homepage {dataset.homepage}"
    if not files or len({file.name for file in dataset.files}) < len(files):
        yield "no file, or a name twice"
    for file in dataset.files:
        if set(file.name) & set("/\\{"):
            yield f"name {file.name}"
        if not file.urls or not all(re.match(r"https://[^{]+$", u) for u in file.urls):
            yield f"urls {file.urls}"
        if not re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|", file.digest or ""):
            yield f"digest {file.digest}"
        if file.size is not None and (type(file.size) is not int or file.size <= 0):
            yield f"size {file.size!r}"


def test_every_entry_is_right():
    found = {
        (version.name, mistake)
        for versions in read_catalog().values()
        for version in versions
        for mistake in mistakes(version)
    }
    assert found == set()


FILE = RemoteFile("a.zip", ("https://toy.org/a.zip",), "md5:" + "0" * 32, 3)
TOY = Dataset(
    "toy",
    "1",
    "A toy",
    "none stated",
    "Nobody",
    "https://toy.org",
    (FILE,),
    "{n} toys.",
)


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"citation": ""}, "a text is empty"),
        ({"description": ""}, "a text is empty"),
        ({"version": 1}, "no text"),
        ({"title": "{name} of old"}, "not filled in"),
        ({"homepage": "toy.org"}, "homepage toy.org"),
        ({"files": ()}, "no file"),
        ({"files": (FILE, FILE)}, "a name twice"),
        ({"files": (replace(FILE, name="../a"),)}, "name ../a"),
        ({"files": (replace(FILE, urls=()),)}, "urls"),
        ({"files": (replace(FILE, urls=("http://toy.org/a",)),)}, "urls .*http://toy"),
        ({"files": (replace(FILE, digest="md5:0"),)}, "digest md5:0"),
        ({"files": (replace(FILE, size="3"),)}, "size '3'"),
    ],
)
def test_a_mistake_is_found(change, mistake):
    assert list(mistakes(TOY)) == []
    (found,) = mistakes(replace(TOY, **change))
    assert re.search(mistake, found)


def test_every_set_of_the_archives_has_a_record():
    records = {
        name: int(versions[0].version.removeprefix("zenodo-"))
        for name, versions in read_catalog().items()
        if "/" in name
    }
    titles = [find_versions(name)[0].title.split()[-2] for name in records]
    counts = {archive: titles.count(archive) for archive in sorted(set(titles))}
    assert counts == {"TSER": 63, "TSML": 120, "UCR": 128, "UEA": 30}
    # As two independent loaders have them.
    known = {"JapaneseVowels": 18735628, "LSST": 11206243, "PLAID": 11197936}
    assert {name: records[f"uea/{name}"] for name in known} == known
    assert records["tser/AppliancesEnergy"] == 18484626
    assert len(set(records.values())) == len(records)


def test_an_entry_becomes_a_data_set():
    ((toy,),) = parse_catalog(ENTRY).values()
    assert (toy.name, toy.version, toy.homepage) == ("toy", "1", "https://toy.org")
    assert toy.description == "{n} toys."
    first, second = toy.files
    assert first.urls == ("https://toy.org/a/a+b.zip", "https://toy.com/b/a+b.zip")
    assert (first.name, first.size, first.digest) == ("a.zip", 3, None)
    assert second.urls == ("https://toy.org/a/c.txt", "https://toy.com/b/c.txt")


def test_a_family_becomes_a_data_set_for_each_record_and_source():
    catalog = parse_catalog(FAMILY)
    assert list(catalog) == ["two/X", "two/Y"]
    record, web = catalog["two/Y"]
    assert (record.version, web.version) == ("r23", "web")
    assert record.files[0].urls == ("https://z/Y.a",)
    assert web.files[0].urls == ("https://w/Y.b",)
    assert (web.title, web.homepage) == ("Y of old", "https://two.org/Y")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("license", "lisence", TypeError),
        ("size = 3", "md5 = 3", TypeError),
        ('version = "1"', "", TypeError),
        ("mirrors", "m", KeyError),
        ('"A toy"', "A toy", ValueError),
    ],
)
def test_a_key_that_is_missing_or_unknown_raises(old, new, error):
    assert old in ENTRY
    with pytest.raises(error, match=r"lisence|md5|version|mirrors|Invalid value"):
        parse_catalog(ENTRY.replace(old, new, 1))


def test_a_bunch_has_the_data_the_terms_and_more_fields():
    y = np.zeros(3)
    bunch = TOY.as_bunch("X", y, {"n": 3}, names=["a"])
    assert (bunch.data, bunch.names) == ("X", ["a"])
    assert bunch.target is y
    assert (bunch.version, bunch.license) == ("1", "none stated")
    for told in ("A toy\n\n3 toys.\n\nVersion: 1", bunch.citation, "Homepage: h"):
        assert told in bunch.DESCR


def test_the_data_alone_are_a_pair():
    assert TOY.as_bunch(1, 2, {}, return_X_y=True) == (1, 2)


@pytest.mark.skipif(not PAGE.is_file(), reason="docs/ is not part of this checkout")
@pytest.mark.parametrize("name", list_names())
def test_the_page_has_a_row_for_every_data_set(name):
    dataset = find_versions(name)[0]
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if "|" in line]
    (row,) = [row for row in rows if row.startswith(f"| `{name}`")]
    for told in (dataset.version, dataset.license, dataset.homepage):
        assert told in row
