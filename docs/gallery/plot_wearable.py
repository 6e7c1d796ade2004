"""
Wearables: two devices, pauses, unequal lengths
===============================================

People wear a device for one minute or for four. One kind of device measures about every
second, another about every two; it pauses when the arm is covered, and its clock is not
quite even.
None of this has to be repaired first: a series is what was measured, and when.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay

from ckts import CKRocketClassifier, as_panel
from ckts.datasets import drop_observations
from ckts.plotting import SamplingDisplay

rng = np.random.default_rng(0)
PERIODS = {"walking": 6.0, "climbing": 9.0, "running": 4.0}  # seconds, of the slow sway


def wear(activity, step):
    """Measure two channels every `step` seconds, for one to four minutes."""
    n_rows = int(rng.uniform(60, 240) / step)
    times = np.cumsum(step * rng.uniform(0.7, 1.3, n_rows))
    phase = 2 * np.pi * times / PERIODS[activity] + rng.uniform(0, 6.3)
    values = np.column_stack([np.sin(phase), np.cos(phase + 0.5)])
    return times, values + rng.normal(0, 1.0, values.shape)


def collect(n_series, step):
    """Collect series of one device, with a pause in each."""
    labels = rng.choice(list(PERIODS), n_series)
    series = as_panel([wear(label, step) for label in labels], time_unit="s")
    paused = drop_observations(series, 0.3, pattern="blocks", random_state=0)
    return paused, labels


# %%
# Two devices
# -----------
# Marks are measurements. Gaps differ between the devices and within a series.

fast, fast_labels = collect(120, step=1.0)
slow, slow_labels = collect(120, step=1.8)
figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharex=True, layout="constrained")
for axis, panel, name in zip(axes, [fast, slow], ["device A", "device B"], strict=True):
    SamplingDisplay.from_panel(
        panel, n_series=6, ax=axis, title=name, time_label="seconds"
    )
print(fast)
print(slow)

# %%
# Trained on one, used on the other
# ---------------------------------
# The second device came later: no series of it is in the training. It measures half as
# often, so that noise weighs more. Row numbers instead of the real times, which is what
# an array without stamps has, do not carry over.


def count_rows(panel):
    """Replace time stamps by 0, 1, 2, ..."""
    numbers = np.concatenate([np.arange(length) for length in panel.lengths])
    return panel.with_times(numbers)


model = CKRocketClassifier(n_kernels=5000, random_state=0)
counted = CKRocketClassifier(n_kernels=5000, random_state=0)
model.fit(fast[:80], fast_labels[:80])
counted.fit(count_rows(fast[:80]), fast_labels[:80])
tests = {"device A": (fast[80:], fast_labels[80:]), "device B": (slow, slow_labels)}
for name, (panel, labels) in tests.items():
    real, rows = model.score(panel, labels), counted.score(count_rows(panel), labels)
    print(f"{name}: accuracy {real:.2f} with times, {rows:.2f} with row numbers")

# %%
# What is taken for what on the new device, by the model with times and by the other.

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
found = [model.predict(slow), counted.predict(count_rows(slow))]
for axis, predicted, name in zip(axes, found, ["times", "row numbers"], strict=True):
    ConfusionMatrixDisplay.from_predictions(
        slow_labels, predicted, cmap="Blues", colorbar=False, ax=axis
    )
    axis.set_title(f"device B, by {name}", fontsize=10)
plt.show()
