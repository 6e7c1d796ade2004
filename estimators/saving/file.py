"""Model files: arrays in safetensors, the state as JSON in its header, a digest."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ckts._files import write_whole
from ckts._version import __version__

# A new one where a file of the last can no longer be read as it was meant.
FORMAT_VERSION = 1
# The entry of safetensors' `__metadata__`. It is one, as their order is random.
ENTRY = "ckts"
# How a pickle of protocol 2 to 5 begins. A header of some lengths does, too.
PICKLE = re.compile(rb"\x80[\2-\5]")
FIELDS = ("format_version", "ckts_version", "state", "sha256")


def write_file(path: Path, state: Any, arrays: dict[str, np.ndarray]) -> None:
    """Write a model file, or leave what is there as it is.

    Parameters
    ----------
    path : Path
    state : object
        What JSON can hold, but neither NaN nor infinity.
    arrays : dict of ndarray
        C-contiguous, of types that safetensors has.
    """
    header = {
        "format_version": FORMAT_VERSION,
        "ckts_version": __version__,
        "state": state,
    }
    header["sha256"] = _digest(header, arrays)
    content = save(arrays, {ENTRY: json.dumps(header, allow_nan=False)})
    write_whole(path, lambda target: target.write_bytes(content))


def read_file(path: Path) -> tuple[Any, dict[str, np.ndarray], str]:
    """Read a model file, and check that it is whole.

    Parameters
    ----------
    path : Path

    Returns
    -------
    state : object
    arrays : dict of ndarray
    version : str
        Of the ckts that wrote it.

    Raises
    ------
    ValueError
        If it is no model file, of another version of the format, or damaged.
    FileNotFoundError
        If there is none.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"`path` must be a file that `model.save` wrote; {str(path)!r} does not "
            "exist. Give the path of a saved model."
        ) from None
    header = _read_header(path, content)
    found, version = header["format_version"], header["ckts_version"]
    if found != FORMAT_VERSION:
        raise refusal(
            path,
            f"has version {found!r} of the format, of ckts {version}, and this is "
            f"ckts {__version__}, which reads version {FORMAT_VERSION}",
            "Load it with the ckts that wrote it, or fit again.",
        )
    way_out = "Copy it anew from where it was written, or fit again."
    try:
        arrays = load(content)
        whole = header.pop("sha256") == _digest(header, arrays)
    except (SafetensorError, LookupError, ValueError, TypeError, RecursionError) as e:
        raise refusal(path, f"is damaged: {e}", way_out) from None
    if not whole:
        raise refusal(path, "is damaged: it does not have its digest", way_out)
    return header["state"], arrays, version


def refusal(path: Path, found: str, way_out: str) -> ValueError:
    """Make the error of a file that is not as it must be."""
    return ValueError(
        f"`path` must be a file that `model.save` wrote; {str(path)!r} {found}. "
        f"{way_out}"
    )


def _read_header(path: Path, content: bytes) -> dict[str, Any]:
    """Return our part of the header of safetensors."""
    (size,) = struct.unpack("<Q", content[:8].ljust(8, b"\0"))
    if len(content) >= 8 + size:
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            entries = json.loads(content[8 : 8 + size])["__metadata__"]
            header = json.loads(entries[ENTRY])
            if header.keys() == set(FIELDS):
                return header
    if PICKLE.match(content):
        way_out = "If you trust its source, use `joblib.load`, which runs its code."
        raise refusal(path, "begins as a pickle does", way_out)
    found = f"has no header of a model, or its end is missing, in {len(content)} bytes"
    raise refusal(path, found, "Give the path of a saved model.")


def _digest(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Return the digest of the header, and of names, types, shapes, and numbers."""
    names = sorted(arrays)
    kinds = [[name, arrays[name].dtype.str, arrays[name].shape] for name in names]
    digest = sha256(json.dumps([header, kinds], sort_keys=True).encode())
    for name in names:
        numbers = np.ascontiguousarray(arrays[name]).reshape(-1)
        digest.update(numbers.view(np.uint8).data)
    return digest.hexdigest()
