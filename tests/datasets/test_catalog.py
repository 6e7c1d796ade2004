"""The catalog is complete, and the page says what it says."""

from pathlib import Path

import pytest

from ckts.datasets.catalog import (
    find_dataset,
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


def test_a_file_has_mirrors_without_cleartext():
    for dataset in (version for v in read_catalog().values() for version in v):
        assert dataset.homepage.startswith("http")
        for file in dataset.files:
            assert all(url.startswith("https://") for url in file.urls)
            assert file.size is None or file.size > 0


def test_every_set_of_the_archives_has_a_record():
    records = {
        name: int(versions[0].version.removeprefix("zenodo-"))
        for name, versions in read_catalog().items()
        if "/" in name
    }
    titles = [find_dataset(name).title.split()[-2] for name in records]
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
    ("text", "old", "new", "message"),
    [
        (ENTRY, 'version = "1"', "", r"have `version`, .* str in \[toy\]; got None"),
        (ENTRY, '"Nobody"', '""', r"have `citation`, .* in \[toy\]; got ''"),
        (ENTRY, "license", "lisence", r"hold only .* in \[toy\]; got \['lisence'\]"),
        (ENTRY, "size = 3", 'size = "3"', r"have `size`, .* int in \[toy.files\]; got"),
        (ENTRY, "size = 3", "md5 = 3", r"hold only .* in \[toy.files\]; got \['md5'\]"),
        (
            ENTRY,
            "size = 3",
            'digest = "md5:0"',
            r"have `digest`, .* \[toy.files a.zip\]",
        ),
        (ENTRY, "c.txt", "../c.txt", r"have `name`, without folders in \[toy.files"),
        (ENTRY, "c.txt", "a.zip", r"name each file once in \[toy\]; got \['a.zip',"),
        (ENTRY, '{ name = "c.txt" }', '"c"', r"be a table in \[toy.files\]; got 'c'"),
        (FAMILY, "r{record}", "r{id}", r"have \{name\} and .*old\]; got 'r\{id\}'"),
        (FAMILY, "sources", "places", r"hold only .* \[families.two\]; got \['places"),
        (FAMILY, "records", "r", r"hold only .* in \[families.two.archives.old\]; got"),
        (FAMILY, "mirrors", "m", r"hold only .* in \[families.two.archives.old\]; got"),
    ],
)
def test_a_broken_entry_is_named(text, old, new, message):
    assert old in text
    with pytest.raises(ValueError, match=f"`catalog.toml` must {message}"):
        parse_catalog(text.replace(old, new, 1))


def test_some_files_of_a_data_set_can_be_chosen():
    dataset = find_dataset("mnist")
    chosen = dataset.only(["t10k-labels-idx1-ubyte.gz"])
    assert [file.name for file in chosen.files] == ["t10k-labels-idx1-ubyte.gz"]
    assert chosen.version == dataset.version


@pytest.mark.skipif(not PAGE.is_file(), reason="docs/ is not part of this checkout")
@pytest.mark.parametrize("name", list_names())
def test_the_page_has_a_row_for_every_data_set(name):
    dataset = find_dataset(name)
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if "|" in line]
    (row,) = [row for row in rows if row.startswith(f"| `{name}`")]
    for told in (dataset.version, dataset.license, dataset.homepage):
        assert told in row
