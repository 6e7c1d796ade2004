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
    """A text, and for messages the name of its file and the argument that gave it."""

    name: str
    content: bytes
    argument: str = "source"

    @property
    def stem(self) -> str:
        """The name without folder and suffix."""
        return PurePosixPath(self.name).stem

    def error(self, rule: str, got: str, line: int | None, way_out: str) -> ValueError:
        """Make the error that a line (counted from 1) breaks a rule."""
        where = self.name if line is None else f"{self.name}, line {line}"
        return ValueError(
            f"`{self.argument}` must {rule}; got {got} in {where}. {way_out}"
        )


def read_texts(source: Source, suffix: str, argument: str = "source") -> list[Text]:
    """Read all text files of a source, sorted by name.

    Parameters
    ----------
    source : path or open file
        A file, a folder (with those below it), an archive (zip, tar, tar.gz, tar.xz,
        tar.bz2; read without being extracted), or an open file.
    suffix : str
        Which files of a folder or archive, such as ".ts"; in lower case.
    argument : str, default "source"
        What the user calls the source.
    """
    if not isinstance(source, str | os.PathLike):
        files = [_read_open(source, argument)]
    elif not (path := Path(source)).exists():
        raise FileNotFoundError(
            f"`{argument}` must exist; got {str(path)!r}. Check the path."
        )
    elif path.is_file() and not path.name.lower().endswith(_ARCHIVES):
        files = [(path.name, path.read_bytes())]
    else:
        files = _files_below(path, suffix)
    if not files:
        raise ValueError(
            f"`{argument}` must hold {suffix} files; got {str(source)!r}, which holds "
            "none. Check the path."
        )
    texts = [Text(name, raw.removeprefix(_BOM), argument) for name, raw in files]
    return sorted(texts, key=lambda text: text.name)


def read_text(source: Source, suffix: str, argument: str = "source") -> Text:
    """Read the only text file of a source; parameters as for `read_texts`."""
    texts = read_texts(source, suffix, argument)
    if len(texts) > 1:
        raise ValueError(
            f"`{argument}` must be one file; got {len(texts)} in {str(source)!r}. Give "
            "the path of one of them."
        )
    return texts[0]


def _read_open(file: IO[bytes] | IO[str], argument: str) -> tuple[str, bytes]:
    if not hasattr(file, "read"):
        raise TypeError(
            f"`{argument}` must be a path or an open file; got {type(file).__name__}. "
            "Wrap text in `io.StringIO`."
        )
    content = file.read()
    name = Path(str(getattr(file, "name", "the open file"))).name
    return name, content.encode() if isinstance(content, str) else content


def _files_below(path: Path, suffix: str) -> list[tuple[str, bytes]]:
    """Read (name, content) of a folder or an archive, without hidden files."""

    def wanted(name: str) -> bool:
        file = PurePosixPath(name).name
        return file.lower().endswith(suffix) and not file.startswith(".")

    if path.is_file():
        return list(read_members(path, wanted))
    files = (file for file in path.rglob("*") if file.is_file() and wanted(file.name))
    return [(file.relative_to(path).as_posix(), file.read_bytes()) for file in files]
