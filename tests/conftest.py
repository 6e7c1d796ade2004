"""Fixtures of the whole suite."""

import os

import hypothesis
import pytest

# scipy reads it when it is imported; without it scikit-learn skips one check.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are written, not shown

# The same examples every time, so that no change is stopped by bad luck; new ones with
# `--hypothesis-profile explore`. No deadline: machines are busy.
hypothesis.settings.register_profile("ckts", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("ckts")

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
