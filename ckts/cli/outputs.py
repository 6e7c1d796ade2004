"""Files that are written: checked before the work, whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

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


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside the old one, which it replaces when it is whole.

    Parameters
    ----------
    path : Path
    write : callable
        Writes the file that it is given.
    """
    device = path.exists() and not path.is_file()
    ending = "".join(path.suffixes)
    fresh = path if device else path.with_name(f".{token_hex(8)}{ending}")
    try:
        write(fresh)
        if not device:
            fresh.replace(path)
    except BaseException as error:  # Ctrl-C, too
        if not device:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.strerror:  # say which file
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
