"""Files that are written: checked before the work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ckts._files import write_whole

STDOUT = Path("-")


def check_output(
    path: Path, endings: tuple[str, ...], *, force: bool, option: str = "--output"
) -> Path:
    """Raise what would fail after the work.

    Parameters
    ----------
    path : Path
    endings : tuple of str
        What its name may end in; nothing means anything.
    force : bool
        Whether it may be replaced.
    option : str

    Returns
    -------
    Path
        The same.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(
            f"`{option}` must be a file in a folder that exists; got {str(path)!r}. "
            "Make the folder first, or give the file a name."
        )
    if endings and not path.name.lower().endswith(endings):
        raise ValueError(
            f"`{option}` must end in {' or '.join(endings)}; got {str(path)!r}. Give "
            "it such a name."
        )
    if path.is_file() and not force:
        raise FileExistsError(
            f"`{option}` must be a new file; got {str(path)!r}, which exists. Choose "
            "another name, or replace it by `--force`."
        )
    place = path if path.exists() and not path.is_file() else path.parent
    if not os.access(place, os.W_OK):
        raise PermissionError(
            f"`{option}` must be where you may write; got {str(path)!r}. Choose "
            "another folder."
        )
    return path


def write_text(path: Path, text: str) -> None:
    """Write text to a file, or to stdout for "-"."""
    if path == STDOUT:
        sys.stdout.write(text)
    else:
        write_whole(path, lambda target: target.write_bytes(text.encode()))
