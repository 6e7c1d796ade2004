"""Where data sets are cached, and whether the network may be used."""

from __future__ import annotations

import os
from pathlib import Path

HOME = "CKTS_DATA"
OFFLINE = "CKTS_OFFLINE"


def find_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of all cached data sets, which need not exist.

    Parameters
    ----------
    data_home : path, optional
        By default the environment variable `CKTS_DATA`, and without it the folder for
        caches of the operating system (`~/.cache/ckts` on Linux).
    """
    chosen = data_home if data_home is not None else os.environ.get(HOME)
    if chosen in (None, ""):
        import pooch

        return Path(pooch.os_cache("ckts"))
    if not isinstance(chosen, str | os.PathLike):
        raise TypeError(
            f"`data_home` must be a path; got {chosen!r}. Write e.g. "
            "`data_home='data'`."
        )
    home = Path(chosen).expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise ValueError(
            f"`data_home` must be a folder; got {home}. Choose another one by "
            f"`data_home` or {HOME}."
        )
    return home


def is_offline() -> bool:
    """Return whether `CKTS_OFFLINE` forbids the network."""
    return os.environ.get(OFFLINE, "").lower() not in {"", "0", "false", "no", "off"}
