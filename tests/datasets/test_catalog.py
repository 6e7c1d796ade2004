"""The registry is complete, and the page says what it says."""

import re
from pathlib import Path

import pytest

from ckts.datasets.catalog import DATASETS, find_dataset, find_versions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
ARCHIVES = ["uea/PLAID", "uea/BasicMotions", "uea/PAMAP2", "tser/Covid3Month"]


@pytest.mark.parametrize("name", [*DATASETS, *ARCHIVES])
def test_a_data_set_says_all_that_must_be_known(name):
    for dataset in find_versions(name):
        assert dataset.name == name
        assert all([dataset.version, dataset.title, dataset.license, dataset.citation])
        assert dataset.homepage.startswith("http")
        names = [file.name for file in dataset.files]
        assert names
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", [*DATASETS, *ARCHIVES])
def test_a_file_has_mirrors_without_cleartext_and_a_digest_of_the_right_length(name):
    for dataset in find_versions(name):
        for file in dataset.files:
            assert file.urls
            assert all(url.startswith("https://") for url in file.urls)
            digest = file.digest or "md5:" + "0" * 32
            assert re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", digest)
            assert file.size is None or file.size > 0


def test_some_files_of_a_data_set_can_be_chosen():
    dataset = find_dataset("mnist")
    chosen = dataset.only(["t10k-labels-idx1-ubyte.gz"])
    assert [file.name for file in chosen.files] == ["t10k-labels-idx1-ubyte.gz"]
    assert chosen.version == dataset.version


@pytest.mark.skipif(not PAGE.is_file(), reason="docs/ is not part of this checkout")
@pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
def test_the_page_has_a_row_for_every_data_set(dataset):
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if "|" in line]
    (row,) = [row for row in rows if row.startswith(f"| `{dataset.name}`")]
    for told in (dataset.version, dataset.license, dataset.homepage):
        assert told in row
