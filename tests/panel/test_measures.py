import numpy as np
import pytest

from ckts.datasets import drop_observations, make_bursty_visits
from ckts.panel._measures import describe


def test_parts_are_described_as_all_at_once():
    panel, y = make_bursty_visits(40, random_state=0)
    panel = drop_observations(panel, 0.3, random_state=0)
    whole = describe([panel], y)
    parts = describe([panel[:7], panel[7:8], panel[8:]], y)
    assert parts.length_effects == whole.length_effects
    for name in ("lengths", "durations", "gaps", "channels", "n_rows", "missing"):
        assert getattr(parts, name) == getattr(whole, name)
    for name in ("ties", "asynchrony", "occupied"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), nan_ok=True)
    # The mean and the variance of parts are joined: rounding differs.
    assert parts.gap_variation == pytest.approx(whole.gap_variation, rel=1e-12)
    gaps = panel.gaps()[0]
    assert whole.gap_variation == pytest.approx(np.std(gaps) / np.mean(gaps))
