"""A cache, a server and raw files for the tests of data sets."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ckts.datasets import (
    _download,
    catalog,
    read_physionet2012,
    read_physionet2019,
)
from http_server import MisbehavingServer, sha256
from toy_downloads import CONTENT, MIRRORS, dataset_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared")) / "data"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Folder that CKTS_DATA names: no test touches the cache of its user."""
    home = tmp_path / "cache"
    monkeypatch.setenv("CKTS_DATA", str(home))
    monkeypatch.delenv("CKTS_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(_download, "PAUSES", ())
    monkeypatch.setattr(_download, "CHUNK", 1024)  # what a stall may cost
    return home


@pytest.fixture
def server():
    running = MisbehavingServer()
    yield running
    running.close()


@pytest.fixture
def dataset(server):
    """A file of which two mirrors have a good copy."""
    server.files.update(dict.fromkeys(MIRRORS, CONTENT))
    return dataset_of(server)


@pytest.fixture
def unpublished(server):
    """A file of which nobody publishes a digest."""
    server.files.update(dict.fromkeys(MIRRORS, CONTENT))
    return dataset_of(server, size=None)


@pytest.fixture
def publish(server, monkeypatch):
    """publish(name, {file: bytes}): let the data set of the catalog consist of these.

    Name, version, terms and the names of the files stay; the addresses are those of the
    local server, sizes and digests those of the bytes.
    """

    def publish(name, files):
        dataset = catalog.find_versions(name)[0]
        known = {file.name: file for file in dataset.files}
        miniatures = []
        for file, content in files.items():
            server.files[file] = content
            miniatures.append(
                replace(
                    known[file],
                    urls=(f"{server.url}/{file}",),
                    digest=sha256(content),
                    size=len(content),
                    checksums=None,
                )
            )
        miniature = replace(dataset, files=tuple(miniatures))
        monkeypatch.setitem(catalog.read_catalog(), name, (miniature,))
        return miniature

    return publish


def _find(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no raw data at {path}")
    return path


@pytest.fixture(scope="session")
def shared():
    """shared("uea_ts", "PLAID"): the path; the test is skipped where it is absent."""
    return _find


@pytest.fixture(scope="session")
def set_a(shared):
    folder = shared("physionet2012")
    return read_physionet2012(folder / "set-a.tar.xz", folder / "Outcomes-a.txt")


@pytest.fixture(scope="session")
def sepsis(shared):
    archive = shared("physionet2019", "training_setB_first10000.tar.xz")
    return read_physionet2019(archive)
