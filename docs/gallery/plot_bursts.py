"""
Bursts: readings seconds apart, visits hours apart
==================================================

A patient comes once a day, and each time five readings are taken within a minute. Then
the typical gap is seconds, and nearly all time lies between the visits. A grid would need
the resolution of seconds for days; a mean of each visit would lose what happens within.

What is to be told may be on either scale. The generator puts it between the visits, or
within them, and never on both.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKRocketClassifier
from ckts.datasets import make_bursty_visits

# %%
# Two tasks
# ---------
# On the left all visits of a series, on the right one of them: the gray band, 30,000
# times wider.

tasks = {
    signal: make_bursty_visits(200, signal=signal, random_state=0)
    for signal in ("between", "within")
}
figure, axes = plt.subplots(2, 2, figsize=(9, 4.4), layout="constrained", sharey=True)
for row, (signal, (X, _)) in zip(axes, tasks.items(), strict=True):
    series = X[0]
    hours = series.times / 3600
    visit = slice(10, 15)
    row[0].plot(hours, series.values[:, 0], "o", mfc="none", color="C0", ms=5)
    row[0].axvline(hours[10], color="0.85", lw=8, zorder=0)
    seconds = series.times[visit] - series.times[10]
    row[1].plot(seconds, series.values[visit, 0], "o-", color="C1", ms=5)
    row[0].set(ylabel=f"class shows\n{signal} visits")
    for axis in row:
        axis.spines[["top", "right"]].set_visible(False)
axes[1, 0].set_xlabel("hours")
axes[1, 1].set_xlabel("seconds since the first reading of the visit")

# %%
# One model for both
# ------------------
# The rivals see only the means of visits, or only the order of the readings. All three
# are random kernels.


def visit_means(panel):
    """Keep one row per visit: the mean of its five readings."""
    means = panel.values.reshape(-1, 5).mean(axis=1)
    first = np.arange(len(panel.times)) % 5 == 0
    return panel.keep_rows(first).with_values(means[:, None])


def count_rows(panel):
    """Replace time stamps by 0, 1, 2, ..."""
    return panel.with_times(np.tile(np.arange(40), len(panel)))


views = {"real times": lambda panel: panel, "means": visit_means, "order": count_rows}
scores = {}
for name, view in views.items():
    for signal, (X, y) in tasks.items():
        seen = view(X)
        model = CKRocketClassifier(n_kernels=5000, random_state=0)
        model.fit(seen[:100], y[:100])
        scores[name, signal] = model.score(seen[100:], y[100:])
        print(f"{scores[name, signal]:.2f}  {name}, class shows {signal} visits")

# %%

figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for shift, signal, hatch in [(-0.2, "between", ""), (0.2, "within", "//")]:
    heights = [scores[name, signal] for name in views]
    axis.bar(
        np.arange(3) + shift,
        heights,
        0.38,
        color=f"C{int(shift > 0)}",
        hatch=hatch,
        label=f"class shows {signal} visits",
    )
axis.axhline(0.5, color="black", ls=":")
axis.set_xticks(range(3), views)
axis.set(ylabel="accuracy (dotted: chance)", ylim=(0, 1))
axis.legend(frameon=False, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.2))
axis.spines[["top", "right"]].set_visible(False)
plt.show()
