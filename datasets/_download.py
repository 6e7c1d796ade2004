"""One file from one address into a `.part` file, which the next attempt continues."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = (10, 30)  # seconds to connect, and without a byte
ATTEMPTS = 200  # at one address, as long as they bring bytes
PAUSES = (1, 3)  # seconds, before asking again after an answer that may pass
_PASSING = {429, 500, 502, 503, 504}
CHUNK = 2**16
HEADERS = {
    "User-Agent": "ckts (data sets for research)",  # some servers refuse the unnamed
    "Accept-Encoding": "identity",  # bytes as published, so that sizes can be compared
}
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)", re.I | re.S)


def download_part(
    url: str,
    part: Path,
    *,
    size: int | None = None,
    verifiable: bool = False,
    verbose: bool = False,
) -> int | None:
    """Bring the file at `url` into `part`, going on where an earlier attempt broke off.

    Parameters
    ----------
    url : str
    part : Path
        Stays after a failure, for the next attempt. Beside it the validator (ETag) of
        the server is kept, so that two versions of a file are never joined.
    size : int, optional
        As published; a server that announces another one is refused.
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
        If the server refuses, stalls, sends a page of HTML or less than it announced.
    """
    pauses = iter(PAUSES)
    for _ in range(ATTEMPTS):
        before = _size(part)
        answer = _Answer(url, part, size, verifiable)
        try:
            answer.receive(verbose)
        except OSError as error:
            if not answer.worth_repeating(error, before, pauses):
                raise
            continue
        _refuse_html(part)
        return answer.total
    raise OSError(f"the connection broke {ATTEMPTS} times")


def validator_of(part: Path) -> Path:
    """Return the file that keeps address and validator of a part."""
    return part.with_name(part.name + ".etag")


def discard(part: Path) -> None:
    """Remove a part, so that the next attempt starts again."""
    part.unlink(missing_ok=True)
    validator_of(part).unlink(missing_ok=True)


class _Answer:
    """A request for the rest of a file, and the answer of the server."""

    def __init__(self, url: str, part: Path, size: int | None, verifiable: bool):
        self.url, self.part, self.size = url, part, size
        self.verifiable = verifiable
        self.total: int | None = None
        self.status: int | None = None
        self.refused_range = False
        self.start = 0

    def receive(self, verbose: bool) -> None:
        """Append to the part what is missing of it."""
        import pooch

        headers = {**HEADERS, **self._range()}
        with ExitStack() as stack:
            file = stack.enter_context(self.part.open("ab"))

            def check(response: Response, **_: object) -> None:
                stack.callback(response.close)  # which pooch leaves open
                self._check(response, file)

            pooch.HTTPDownloader(
                progressbar=verbose,
                chunk_size=CHUNK,
                timeout=TIMEOUT,
                headers=headers,
                hooks={"response": check},
            )(self.url, file, None)
        if self.total is not None and _size(self.part) != self.total:
            raise OSError(f"{_size(self.part):,} of {self.total:,} bytes came")

    def worth_repeating(
        self, error: OSError, before: int, pauses: Iterator[float]
    ) -> bool:
        """Return whether to ask again here, after a pause if nothing came."""
        if error.errno is not None:  # this machine's, such as a full disk
            return False
        if _size(self.part) > before or self.refused_range:
            return True
        passing = self.status is None or self.status in _PASSING
        pause = next(pauses, None) if passing else None
        if pause is not None:
            time.sleep(pause)
        return pause is not None

    def _range(self) -> dict[str, str]:
        """Ask for the rest only if it can be told that it fits, else for all of it."""
        done = _size(self.part)
        if done == 0 or (self.size is not None and done >= self.size):
            return {}
        url, _, validator = _read(validator_of(self.part)).partition("\n")
        if validator and url == self.url:
            return {"Range": f"bytes={done}-", "If-Range": validator}
        if self.verifiable:
            return {"Range": f"bytes={done}-"}
        return {}

    def _check(self, response: Response, file: IO[bytes]) -> None:
        """Look at the head of an answer before its body is written."""
        self.status = response.status_code
        if self.status == 416:  # the part is no beginning of this file
            self.refused_range = True
            discard(self.part)
        if response.is_redirect or not response.ok:
            return  # requests follows, pooch raises
        if "text/html" in response.headers.get("Content-Type", ""):
            raise OSError("a page of HTML came instead of the file")
        self._read_lengths(response)
        if self.size is not None and self.total not in {None, self.size}:
            raise OSError(f"it has {self.total:,} bytes there; expected {self.size:,}")
        if self.start == 0:
            if file.tell():
                file.truncate(0)
            self._keep_validator(response)
        elif self.start != _size(self.part):
            raise OSError("the server sent another range of bytes than it was asked")

    def _read_lengths(self, response: Response) -> None:
        """Read where the body starts, and how long the file is."""
        if response.status_code == 206:
            found = re.match(
                r"bytes (\d+)-\d+/(\d+)$", response.headers.get("Content-Range", "")
            )
            if not found:
                raise OSError("the server does not say which bytes it sends")
            self.start, self.total = int(found[1]), int(found[2])
            return
        length = response.headers.get("Content-Length")
        self.start, self.total = 0, int(length) if length else None

    def _keep_validator(self, response: Response) -> None:
        headers = response.headers
        validator = headers.get("ETag") or headers.get("Last-Modified") or ""
        if validator.startswith("W/"):  # a weak one does not promise equal bytes
            validator = ""
        validator_of(self.part).write_text(f"{self.url}\n{validator}", "utf-8")


def _refuse_html(part: Path) -> None:
    with part.open("rb") as file:
        if _HTML.match(file.read(1024)):
            discard(part)
            raise OSError("a page of HTML came instead of the file")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
