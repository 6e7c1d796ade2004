"""Where readers read from: files, folders, archives, open files."""

import io

import pytest

from ckts.datasets.readers._text import read_texts, read_units
from http_server import tar_of, zip_of

FILES = {"b/2.txt": "two", "b/1.txt": "one", "b/.1.txt": "hidden", "b/1.md": "other"}
PACKED = {
    "data.zip": zip_of(FILES),
    "data.tar": tar_of(FILES, ""),
    "data.tar.gz": tar_of(FILES, "gz"),
    "data.TAR.XZ": tar_of(FILES, "xz"),
}


@pytest.mark.parametrize("name", PACKED)
def test_archives_are_read_without_being_extracted(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(PACKED[name])
    texts = read_texts(path, ".txt")
    assert [(text.name, text.content) for text in texts] == [
        ("b/1.txt", b"one"),
        ("b/2.txt", b"two"),
    ]
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_folders_are_read_with_those_below_and_sorted(tmp_path):
    (tmp_path / "b").mkdir()
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    assert [text.name for text in read_texts(tmp_path, ".txt")] == [
        "b/1.txt",
        "b/2.txt",
    ]


def test_a_file_may_have_any_name(tmp_path):
    path = tmp_path / "data.bak"
    path.write_bytes(b"\xef\xbb\xbfone")
    (text,) = read_texts(str(path), ".txt")
    assert (text.name, text.stem, text.content) == ("data.bak", "data", b"one")


def test_open_files_give_bytes_or_text(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("Schäfer", encoding="utf-8")
    with path.open("rb") as file:
        (raw,) = read_texts(file, ".txt")
    (text,) = read_texts(io.StringIO("\ufeffSchäfer"), ".txt")
    assert raw.content == text.content == "Schäfer".encode()
    assert (raw.name, text.name) == ("data.txt", "the open file")


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`source` must exist; got '.*x\.txt'"):
        read_texts(tmp_path / "x.txt", ".txt")
    with pytest.raises(ValueError, match=r"must hold \.txt files; got .* none"):
        read_texts(tmp_path, ".txt")
    with pytest.raises(TypeError, match="must be a path or an open file; got list"):
        read_texts([1], ".txt")
    broken = tmp_path / "x.zip"
    broken.write_bytes(PACKED["data.zip"][:-30])
    with pytest.raises(ValueError, match="`archive` must be whole"):
        read_texts(broken, ".txt")


def test_channels_and_static_features_of_the_challenges_have_units():
    for name, n_channels in (("physionet2012", 37), ("physionet2019", 34)):
        channels, static = read_units(name)
        assert (len(channels), len(static)) == (n_channels, 5)
        assert all(isinstance(unit, str) for unit in (*channels.values(), *static))
        assert channels["HR"] == "1/min"
        assert static["Gender"] == "0 female, 1 male"
