"""
Bursts: readings a minute apart, visits hours apart
===================================================

A patient is seen every few hours, and each time five readings are taken within minutes.
Then the typical gap is a minute, and nearly all time lies between the visits. A grid
would need the resolution of minutes for days; a mean of each visit would lose what
happens within.

What is to be told may be on either scale. The generator puts it between the visits, or
within them, and never on both.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.datasets import make_bursty_visits

# %%
# Two tasks
# ---------
# On the left all visits of a series, on the right one of them: the gray band.

tasks = {
    signal: make_bursty_visits(200, signal=signal, inner_gap=60.0, random_state=0)
    for signal in ("between", "within")
}
figure, axes = plt.subplots(2, 2, figsize=(9, 4.4), layout="constrained", sharey=True)
for row, (signal, (X, _)) in zip(axes, tasks.items(), strict=True):
    series = X[0]
    hours = series.times / 3600
    visit = slice(10, 15)
    row[0].plot(hours, series.values[:, 0], "o", mfc="none", color="C0", ms=5)
    row[0].axvline(hours[10], color="0.85", lw=8, zorder=0)
    minutes = (series.times[visit] - series.times[10]) / 60
    row[1].plot(minutes, series.values[visit, 0], "o-", color="C1", ms=5)
    row[0].set(ylabel=f"class shows\n{signal} visits")
    for axis in row:
        axis.spines[["top", "right"]].set_visible(False)
words = ["hours", "minutes since the first reading of the visit"]
for axis, label in zip(axes[-1], words, strict=True):
    axis.set_xlabel(label)

# %%
# Which model
# -----------
# The network finds that there are bursts, and sees the inside of them by a second,
# short convolution with a horizon of its own. Random kernels have no such thing, and a
# mean of each visit keeps nothing of the inside.


def visit_means(panel):
    """Keep one row per visit: the mean of its five readings."""
    means = panel.values.reshape(-1, 5).mean(axis=1)
    first = np.arange(len(panel.times)) % 5 == 0
    return panel.keep_rows(first).with_values(means[:, None])


network = CKCNNClassifier(rocket=False, max_epochs=10, batch_size=8, random_state=0)
rocket = CKRocketClassifier(random_state=0)
models = {
    "network": (network, lambda panel: panel),
    "random kernels": (rocket, lambda panel: panel),
    "random kernels,\nmeans of visits": (rocket, visit_means),
}
scores = {}
for name, (model, view) in models.items():
    for signal, (X, y) in tasks.items():
        seen = view(X)
        model.fit(seen[:100], y[:100])
        scores[name, signal] = model.score(seen[100:], y[100:])
        words = name.replace("\n", " ")
        print(f"{scores[name, signal]:.2f}  {words}, class shows {signal} visits")
    if model is network:
        print("found:", network.statistics_.time.bursts)

# %%

figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
for shift, signal, hatch in [(-0.2, "between", ""), (0.2, "within", "//")]:
    heights = [scores[name, signal] for name in models]
    axis.bar(
        np.arange(3) + shift,
        heights,
        0.38,
        color=f"C{int(shift > 0)}",
        hatch=hatch,
        label=f"class shows {signal} visits",
    )
axis.axhline(0.5, color="black", ls=":")
axis.set_xticks(range(3), models)
axis.set(ylabel="accuracy (dotted: chance)", ylim=(0, 1))
axis.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
axis.spines[["top", "right"]].set_visible(False)
plt.show()
