"""Text files in a file, a folder, an archive or an open file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ckts.datasets._archives import read_members

Source = str | os.PathLike[str] | IO[bytes] | IO[str]
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
_BOM = "\ufeff".encode()


@dataclass(frozen=True)
class Text:
    """A text, and the name of its file for messages."""

    name: str
    content: bytes

    @property
    def stem(self) -> str:
        """The name without folder and suffix."""
        return PurePosixPath(self.name).stem

    def error(self, rule: str, got: str, line: int | None, way_out: str) -> ValueError:
        """Make the error that a line (counted from 1) breaks a rule."""
        where = self.name if line is None else f"{self.name}, line {line}"
        return ValueError(f"`source` must {rule}; got {got} in {where}. {way_out}")


def read_texts(source: Source, suffix: str) -> list[Text]:
    """Read all text files of a source, sorted by name.

    Parameters
    ----------
    source : path or open file
        A file, a folder (with those below it), an archive (zip, tar, tar.gz, tar.xz,
        tar.bz2; read without being extracted), or an open file.
    suffix : str
        Which files of a folder or archive, such as ".ts"; in lower case.
    """
    if not isinstance(source, str | os.PathLike):
        return [_read_open(source)]
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(
            f"`source` must exist; got {str(path)!r}. Check the path."
        )
    if path.is_file() and not path.name.lower().endswith(_ARCHIVES):
        return [_text(path.name, path.read_bytes())]
    texts = [_text(*file) for file in _files_below(path, suffix)]
    if not texts:
        raise ValueError(
            f"`source` must hold {suffix} files; got {str(path)!r}, which holds none. "
            "Check the path."
        )
    return sorted(texts, key=lambda text: text.name)


def _read_open(file: IO[bytes] | IO[str]) -> Text:
    if not hasattr(file, "read"):
        raise TypeError(
            f"`source` must be a path or an open file; got {type(file).__name__}. Wrap "
            "text in `io.StringIO`."
        )
    content = file.read()
    name = Path(str(getattr(file, "name", "the open file"))).name
    return _text(name, content.encode() if isinstance(content, str) else content)


def _files_below(path: Path, suffix: str) -> list[tuple[str, bytes]]:
    """Read (name, content) of a folder or an archive, without hidden files."""

    def wanted(name: str) -> bool:
        file = PurePosixPath(name).name
        return file.lower().endswith(suffix) and not file.startswith(".")

    if path.is_file():
        return list(read_members(path, wanted))
    files = (file for file in path.rglob("*") if file.is_file() and wanted(file.name))
    return [(file.relative_to(path).as_posix(), file.read_bytes()) for file in files]


def _text(name: str, content: bytes) -> Text:
    return Text(name, content.removeprefix(_BOM))
