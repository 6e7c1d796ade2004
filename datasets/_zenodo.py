"""What Zenodo publishes of the files of a record."""

from __future__ import annotations

from urllib.parse import quote

from ckts.datasets._download import HEADERS, TIMEOUT
from ckts.datasets.fetch._bunch import RemoteFile

ZENODO = "https://zenodo.org"


def file_of_record(record: int, name: str) -> RemoteFile:
    """Return a file of a record; the record will tell its digest."""
    url = f"{ZENODO}/records/{record}/files/{quote(name)}?download=1"
    return RemoteFile(name, (url,), record=record)


def published_digest(file: RemoteFile) -> str | None:
    """Ask Zenodo for the digest of a file; None where it has none or does not answer.

    A silent Zenodo is no reason to stop: a mirror may have the file.
    """
    if file.record is None:
        return None
    import requests

    url = f"{ZENODO}/api/records/{file.record}"
    try:
        response = requests.get(url, headers=HEADERS, timeout=TIMEOUT)
        response.raise_for_status()
        digests = {item["key"]: item["checksum"] for item in response.json()["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    digest = digests.get(file.name, "")
    return digest if digest.startswith(("md5:", "sha256:")) else None
