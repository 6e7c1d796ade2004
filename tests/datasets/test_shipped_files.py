"""`docs/data.md` must tell the truth about every file that is shipped."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "data.md"
SHIPPED = sorted(
    path
    for path in (ROOT / "datasets" / "data").iterdir()
    if path.is_file() and path.suffix not in {".py", ".pyc", ".toml"}
)


def test_there_are_files():
    assert [path.name for path in SHIPPED] == ["japanese_vowels.npz", "pbcseq.csv.gz"]


@pytest.mark.skipif(not PAGE.is_file(), reason="docs/ is not part of this checkout")
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_page_names_the_file_its_size_and_its_checksum(path):
    page = PAGE.read_text(encoding="utf-8")
    raw = path.read_bytes()
    assert f"`{path.name}`" in page
    assert hashlib.sha256(raw).hexdigest() in page
    assert f"{len(raw):,} bytes" in page
