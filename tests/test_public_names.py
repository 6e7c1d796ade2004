"""`import ckts` is cheap, and its public names are found."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = "{'torch', 'sklearn', 'skorch', 'pandas', 'scipy', 'matplotlib', 'sktime'}"


def _loaded(code):
    """Which heavy libraries a fresh process holds after `code`."""
    report = f"import sys; print(*sorted({HEAVY} & set(sys.modules)))"
    command = [sys.executable, "-c", f"{code}\n{report}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("code", "libraries"),
    [
        ("import ckts", []),
        ("from ckts import Panel, as_panel", []),
        ("import ckts.networks", ["scipy", "torch"]),
        ("from ckts.plotting import RiskDisplay, SamplingDisplay", []),
        ("import ckts; ckts.__version__; dir(ckts); ckts.__all__", []),
    ],
)
def test_import_loads_only_what_it_needs(code, libraries):
    assert _loaded(code) == libraries


def test_public_names_are_found_and_others_raise():
    import ckts

    assert set(dir(ckts)) > set(ckts.__all__)
    assert all(getattr(ckts, name) is not None for name in ckts.__all__)
    with pytest.raises(AttributeError, match="'ckts' has no attribute 'Pannel'"):
        _ = ckts.Pannel
    plotting = ckts.plotting
    assert dir(plotting) == sorted(plotting.__all__)
    assert all(getattr(plotting, name).__name__ == name for name in plotting.__all__)
    with pytest.raises(AttributeError, match=r"'ckts.plotting' has no attribute 'Roc'"):
        _ = plotting.Roc
    for name in set(dir(ckts)) - set(ckts.__all__):
        code = f"import ckts; assert ckts.{name}.__name__ == 'ckts.{name}'"
        subprocess.run([sys.executable, "-c", code], check=True)
