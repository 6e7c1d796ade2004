"""Raw files beside the project, each read once."""

import os
from pathlib import Path

import pytest

from ckts.datasets import read_physionet2012, read_physionet2019

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared")) / "data"


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
