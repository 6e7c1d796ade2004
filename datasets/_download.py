"""One file from one URL into a `.part` file, which the next attempt continues."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = (10, 30)  # seconds to connect, and without a byte
ATTEMPTS = 200  # at one URL, as long as they bring bytes
PAUSES = (1, 3)  # seconds, before a request is repeated after a temporary failure
_TEMPORARY = {429, 500, 502, 503, 504}
CHUNK = 2**16
HEADERS = {
    "User-Agent": "ckts (data sets for research)",  # some servers reject the unnamed
    "Accept-Encoding": "identity",  # bytes as published, so that sizes can be compared
}
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)", re.I | re.S)
_HTML_MESSAGE = "a page of HTML came instead of the file"


def download(
    url: str,
    part: Path,
    *,
    size: int | None = None,
    verifiable: bool = False,
    verbose: bool = False,
) -> int | None:
    """Download the file at `url` into `part`, continuing an interrupted download.

    Parameters
    ----------
    url : str
    part : Path
        Stays after a failure, for the next attempt. Beside it the validator (ETag) of
        the server is kept, so that two versions of a file are never joined.
    size : int, optional
        As published; a server that announces another one is rejected.
    verifiable : bool, default False
        Whether a digest will tell if the parts fit together. Then a part is continued
        without a validator, and at another mirror.
    verbose : bool, default False
        Draw a progress bar.

    Returns
    -------
    int or None
        The size of the file as the server announced it, if it did.

    Raises
    ------
    OSError
        If the server fails, stalls, sends a page of HTML or less than it announced.
        `errno` is set if the failure is this machine's, such as a full disk.
    """
    pauses = iter(PAUSES)
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            total = _receive(url, part, size, verifiable, verbose)
        except OSError as error:
            if error.errno is not None:
                raise
            if _size(part) > before:
                continue
            pause = next(pauses, None) if _is_temporary(error) else None
            if pause is None:
                raise
            time.sleep(pause)
        else:
            _check_start(part)
            return total
    raise OSError(f"the connection broke {ATTEMPTS} times")


def request_digest(checksums: str, name: str) -> str | None:
    """Request the digest of a file from Zenodo; None if it has none or fails.

    A silent Zenodo is no reason to stop: a mirror may have the file.

    Parameters
    ----------
    checksums : str
        URL of the record.
    name : str
        Of the file.
    """
    import requests

    try:
        response = requests.get(checksums, headers=HEADERS, timeout=TIMEOUT)
        response.raise_for_status()
        digests = {item["key"]: item["checksum"] for item in response.json()["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    digest = str(digests.get(name)).lower()
    return digest if digest.startswith(("md5:", "sha256:")) else None


def discard(part: Path) -> None:
    """Remove a part, so that the next attempt starts again."""
    part.unlink(missing_ok=True)
    _validator_of(part).unlink(missing_ok=True)


def _receive(
    url: str, part: Path, size: int | None, verifiable: bool, verbose: bool
) -> int | None:
    """Append the missing bytes to the part; return the size of the file."""
    import requests
    from tqdm import tqdm

    wanted = _range(url, part, size, verifiable)
    headers = {**HEADERS, **wanted}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if wanted and response.status_code == 416:  # not the beginning of this file
            discard(part)
            return _receive(url, part, size, verifiable, verbose)
        start, total = _read_head(response, part, size)
        bar = tqdm(
            total=total, initial=start, unit="B", unit_scale=True, disable=not verbose
        )
        with part.open("ab" if start else "wb") as file, bar:
            # The old part is gone now, with which the validator must not be joined.
            if start == 0:
                _keep_validator(url, part, response)
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                file.flush()
                bar.update(len(chunk))
    if total is not None and _size(part) != total:
        raise OSError(f"{_size(part):,} of {total:,} bytes came")
    return total


def _is_temporary(error: OSError) -> bool:
    """Return whether the same request may succeed in a moment."""
    import requests

    if isinstance(error, requests.ConnectionError | requests.Timeout):
        return True
    response = getattr(error, "response", None)
    return response is not None and response.status_code in _TEMPORARY


def _range(url: str, part: Path, size: int | None, verifiable: bool) -> dict[str, str]:
    """Return headers for the rest of a file; none if it may not fit the part."""
    done = _size(part)
    if done == 0 or (size is not None and done >= size):
        return {}
    kept = _validator_of(part)
    text = kept.read_text("utf-8") if kept.exists() else ""
    source, _, validator = text.partition("\n")
    if validator and source == url:
        return {"Range": f"bytes={done}-", "If-Range": validator}
    return {"Range": f"bytes={done}-"} if verifiable else {}


def _read_head(
    response: Response, part: Path, size: int | None
) -> tuple[int, int | None]:
    """Return where the body starts and how long the file is, or raise."""
    response.raise_for_status()
    headers = response.headers
    if "text/html" in headers.get("Content-Type", ""):
        raise OSError(_HTML_MESSAGE)
    length = headers.get("Content-Length", "")
    start, total = 0, int(length) if length.isdecimal() else None
    if response.status_code == 206:
        found = re.match(r"bytes (\d+)-\d+/(\d+)$", headers.get("Content-Range", ""))
        if not found:
            raise OSError("the server does not say which bytes it sends")
        start, total = int(found[1]), int(found[2])
    if size is not None and total not in {None, size}:
        raise OSError(f"it has {total:,} bytes there; expected {size:,}")
    if start not in {0, _size(part)}:
        raise OSError("the server sent another range of bytes than requested")
    return start, total


def _keep_validator(url: str, part: Path, response: Response) -> None:
    headers = response.headers
    validator = headers.get("ETag") or headers.get("Last-Modified") or ""
    if validator.startswith("W/"):  # a weak one does not promise equal bytes
        validator = ""
    _validator_of(part).write_text(f"{url}\n{validator}", "utf-8")


def _validator_of(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _check_start(part: Path) -> None:
    """Raise if the file is a page of HTML under another name."""
    with part.open("rb") as file:
        if _HTML.match(file.read(1024)):
            discard(part)
            raise OSError(_HTML_MESSAGE)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
