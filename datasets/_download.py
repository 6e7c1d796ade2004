"""One file from one URL into a `.part` file, which the next attempt continues."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Download:
    """The file at a URL, downloaded into a part that an interruption leaves.

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
    """

    url: str
    part: Path
    size: int | None = None
    verifiable: bool = False
    verbose: bool = False

    def run(self) -> int | None:
        """Continue the part, or begin it; return the size that the server announced.

        Raises
        ------
        OSError
            If the server fails, stalls, sends a page of HTML or less than it announced.
            `errno` is set if the failure is this machine's, such as a full disk.
        """
        pauses = iter(PAUSES)
        for _ in range(ATTEMPTS):
            before = _size(self.part)
            try:
                total = self._receive()
            except OSError as error:
                if error.errno is not None:
                    raise
                if _size(self.part) > before:
                    continue
                pause = next(pauses, None) if _is_temporary(error) else None
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                _check_start(self.part)
                return total
        raise OSError(f"the connection broke {ATTEMPTS} times")

    def _receive(self) -> int | None:
        """Append the missing bytes to the part; return the size of the file."""
        import requests
        from tqdm import tqdm

        wanted = self._range()
        with requests.get(
            self.url, headers={**HEADERS, **wanted}, stream=True, timeout=TIMEOUT
        ) as response:
            if wanted and response.status_code == 416:  # not the beginning of this file
                discard(self.part)
                return self._receive()
            start, total = self._read_head(response)
            bar = tqdm(
                total=total,
                initial=start,
                unit="B",
                unit_scale=True,
                disable=not self.verbose,
            )
            with self.part.open("ab" if start else "wb") as file, bar:
                # The old part is gone now: the validator must not be joined with it.
                if start == 0:
                    self._keep_validator(response)
                for chunk in response.iter_content(CHUNK):
                    file.write(chunk)
                    file.flush()
                    bar.update(len(chunk))
        if total is not None and _size(self.part) != total:
            raise OSError(f"{_size(self.part):,} of {total:,} bytes came")
        return total

    def _range(self) -> dict[str, str]:
        """Return headers for the rest of a file; none if it may not fit the part."""
        done = _size(self.part)
        if done == 0 or (self.size is not None and done >= self.size):
            return {}
        kept = _validator_of(self.part)
        text = kept.read_text("utf-8") if kept.exists() else ""
        source, _, validator = text.partition("\n")
        if validator and source == self.url:
            return {"Range": f"bytes={done}-", "If-Range": validator}
        return {"Range": f"bytes={done}-"} if self.verifiable else {}

    def _read_head(self, response: Response) -> tuple[int, int | None]:
        """Return where the body starts and how long the file is, or raise."""
        response.raise_for_status()
        headers = response.headers
        if "text/html" in headers.get("Content-Type", ""):
            raise OSError(_HTML_MESSAGE)
        length = headers.get("Content-Length", "")
        start, total = 0, int(length) if length.isdecimal() else None
        if response.status_code == 206:
            sent = headers.get("Content-Range", "")
            found = re.match(r"bytes (\d+)-\d+/(\d+)$", sent)
            if not found:
                raise OSError("the server does not say which bytes it sends")
            start, total = int(found[1]), int(found[2])
        if self.size is not None and total not in {None, self.size}:
            raise OSError(f"it has {total:,} bytes there; expected {self.size:,}")
        if start not in {0, _size(self.part)}:
            raise OSError("the server sent another range of bytes than requested")
        return start, total

    def _keep_validator(self, response: Response) -> None:
        headers = response.headers
        validator = headers.get("ETag") or headers.get("Last-Modified") or ""
        if validator.startswith("W/"):  # a weak one does not promise equal bytes
            validator = ""
        _validator_of(self.part).write_text(f"{self.url}\n{validator}", "utf-8")


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


def _is_temporary(error: OSError) -> bool:
    """Return whether the same request may succeed in a moment."""
    import requests

    if isinstance(error, requests.ConnectionError | requests.Timeout):
        return True
    response = getattr(error, "response", None)
    return response is not None and response.status_code in _TEMPORARY


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
