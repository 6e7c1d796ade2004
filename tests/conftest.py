"""Fixtures of the whole suite."""

import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are written, not shown

# torch is imported where it is needed: a run without it starts at once.


def pytest_collection_modifyitems(items):
    # Autograd counts the devices at its first backward pass: the fake one must be known
    # before any test runs.
    if any("accelerator" in getattr(item, "fixturenames", ()) for item in items):
        from fake_accelerator import register

        register()


@pytest.fixture
def accelerator():
    """Device "fakegpu" in use: `.device` is its name, `.syncs` counts host waits."""
    from fake_accelerator import FakeAccelerator

    with FakeAccelerator() as active:
        yield active
