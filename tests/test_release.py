"""What strangers are told before they install: how to cite, and where to get it."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import ckts

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
TEXTS += [path for path in (ROOT / "docs").rglob("*") if path.suffix in (".md", ".py")]
for _folder in ("ckts", "datasets", "estimators"):
    TEXTS += (ROOT / _folder).rglob("*.py")
# An index is asked for ckts, with or without extras; a file or a folder is no index.
FROM_INDEX = re.compile(r"pip3? install(?:\s+-\S+)*\s+['\"\\]*ckts(?![\w/-])")
# What the schema of version 1.2.0 requires, and all that it allows.
REQUIRED = {"authors", "cff-version", "message", "title"}
ALLOWED = REQUIRED | {
    *("abstract", "commit", "contact", "date-released", "doi", "identifiers"),
    *("keywords", "license", "license-url", "preferred-citation", "references"),
    *("repository", "repository-artifact", "repository-code", "type", "url"),
    "version",
}


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def test_the_citation_has_what_its_schema_asks_for(citation):
    assert set(citation) >= REQUIRED
    assert set(citation) <= ALLOWED
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] in ("software", "dataset")
    persons = {"given-names", "family-names"}
    for entry in (citation, *citation["references"]):
        assert {"authors", "title", "type"} <= set(entry) | {"type"}
        for author in entry["authors"]:
            assert set(author) in ({"name"}, persons)
            assert all(isinstance(one, str) and one for one in author.values())


def test_the_citation_is_valid_by_its_schema():
    reason = "cffconvert, which holds the schema, is not installed"
    found = pytest.importorskip("cffconvert", reason=reason)
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    assert found.Citation(text).validate() is None  # it raises otherwise


def test_the_citation_is_of_this_version_and_license(citation):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["version"] == ckts.__version__
    assert citation["license"] == project["license"]
    assert [{"name": one["name"]} for one in project["authors"]] == citation["authors"]
    assert set(citation["keywords"]) == set(project["keywords"])


def test_nobody_is_sent_to_an_index_before_ckts_is_there():
    told = [str(p.relative_to(ROOT)) for p in TEXTS if sent_to_index(p.read_text())]
    assert told == []


def sent_to_index(text):
    return FROM_INDEX.search(re.sub(r"[\s\"#]+", " ", text)) is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`pip install ckts`", True),
        ("pip install -U 'ckts[plot]'", True),
        ('"Use `pip "\n    "install \'ckts[sktime]\'`."', True),
        ("pip install dist/ckts-1.0-py3-none-any.whl", False),
        ("pip install . # in the folder ckts", False),
        ("pip install sktime", False),
    ],
)
def test_commands_that_ask_an_index_are_told_from_others(text, found):
    assert sent_to_index(text) == found


def test_the_page_on_versions_knows_this_one():
    page = (ROOT / "docs" / "versions.md").read_text("utf-8")
    assert f"ckts is `{ckts.__version__}`" in page
