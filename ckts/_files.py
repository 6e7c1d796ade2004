"""Files that are written whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside the old one, which it replaces when all is on the disk.

    Parameters
    ----------
    path : Path
        A link stays a link; a device is written as it is.
    write : callable
        Writes the file that it is given, of the same suffixes.
    """
    target = Path(os.path.realpath(path))
    device = target.exists() and not target.is_file()
    hidden = f".{token_hex(8)}{''.join(target.suffixes)}"
    fresh = target if device else target.with_name(hidden)
    try:
        write(fresh)
        if not device:
            _synchronize(fresh)
            fresh.replace(target)
    except BaseException as error:  # Ctrl-C, too
        if not device:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.strerror:  # say which file
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def _synchronize(path: Path) -> None:
    """Wait until the disk has it: else its name may be there before its content."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
