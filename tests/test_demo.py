"""What `ckts demo` says and shows, beside the command itself (see `test_cli`)."""

import numpy as np
import pytest

from ckts import Panel
from ckts.demo import _choose_patient, _report

BASELINE = np.full(10, 0.8) + np.linspace(-0.05, 0.05, 10)


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (0.02, "difference +0.020 +- 0.000 (standard error): the CKCNN is better"),
        (-0.02, "difference -0.020 +- 0.000 (standard error): the baseline is better"),
        (0.0, "difference +0.000 +- 0.000 (standard error): no clear difference"),
    ],
)
def test_the_report_says_which_model_is_better(gain, verdict, capsys):
    # folds differ by more than the models: only the difference per fold counts
    noise = np.resize([1e-4, -1e-4], 10)
    _report({"ckcnn": BASELINE + gain + noise, "baseline": BASELINE}, "defaults")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == (
        f"CKCNNClassifier, defaults        {0.8 + gain:.3f} +- 0.034   "
        f"{0.75 + gain:.3f} to {0.85 + gain:.3f}"
    )
    assert lines[2].split()[4:] == ["0.800", "+-", "0.034", "0.750", "to", "0.850"]
    assert lines[3] == verdict


def test_the_patient_is_the_one_of_median_risk_with_event_and_many_visits():
    lengths = [5, 5, 2, 5, 5, 5]
    X = Panel(np.ones((27, 1)), np.arange(27.0), np.r_[0, np.cumsum(lengths)])
    y = np.array([1, 1, 1, 0, 1, 0])
    risks = np.array([0.9, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert _choose_patient(X, y, risks) == 4
