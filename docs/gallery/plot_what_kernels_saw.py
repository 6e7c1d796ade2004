"""
What a model looked at, back in time
====================================

A score of ``CKRocketClassifier`` is a sum over time, channels and lengths of kernels,
and ``attribute`` returns its terms. Does that point at the right place? Here the place
is known: in class 1 one of three channels has a bump somewhere, and the other two have
bumps that mean nothing.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKRocketClassifier, as_panel

rng = np.random.default_rng(0)
CHANNELS = ["pulse", "pressure", "breath"]


def record(label):
    """Measure three channels at irregular times; return the middle of the bump, too."""
    times = np.sort(rng.uniform(0, 24, rng.integers(60, 90)))
    values = rng.normal(0, 0.4, (len(times), 3))
    middles = rng.uniform(2, 22, 3)
    bumps = 2 * np.exp(-(((times[:, None] - middles) / 1) ** 2))
    shown = [label, rng.integers(0, 2), rng.integers(0, 2)]  # the first is the class
    values += bumps * shown
    values[rng.random(values.shape) < 0.2] = np.nan
    return (times, values), middles[0]


y = np.tile([0, 1], 100)
records, middles = zip(*(record(label) for label in y), strict=True)
X = as_panel(list(records))
X = X.with_values(X.values, CHANNELS)

# %%
# Fit, and explain series that were not seen
# ------------------------------------------

model = CKRocketClassifier(random_state=0).fit(X[:100], y[:100])
print(f"accuracy {model.score(X[100:], y[100:]):.2f}")
bumps = np.flatnonzero(y[100:] == 1)[:20] + 100
table = model.attribute(X[bumps], n_intervals=24)
kernels = table[(table["output"] == 1) & (table["block"] == "kernels")]

# %%
# Where is the largest term of each of 20 series with the bump? The channel should be
# the pulse, and the time that of the bump.

sums = kernels.groupby(["series", "channel", "start", "end"])["value"].sum()
largest = sums.loc[sums.groupby("series").idxmax()].reset_index()
in_pulse = (largest["channel"] == "pulse").mean()
found = (largest["start"] + largest["end"]) / 2
away = np.abs(found.to_numpy() - np.array(middles)[bumps])
print(
    f"in the pulse: {in_pulse:.0%}; median distance {np.median(away):.1f} of 24 hours"
)

# %%
# One of them
# -----------
# Red raises the score of "has the bump", blue lowers it. Above, what was measured.

first = X[int(bumps[0])]
shown = kernels[kernels["series"] == 0]
values = shown.groupby(["channel", "start"])["value"].sum().unstack().loc[CHANNELS]
ends = [*values.columns, shown["end"].max()]
most = values.abs().to_numpy().max()

figure, axes = plt.subplots(
    4,
    1,
    figsize=(8, 5.5),
    sharex=True,
    layout="constrained",
    height_ratios=[1, 1, 1, 2],
)
for axis, name, column in zip(axes, CHANNELS, first.values.T, strict=False):
    axis.plot(first.times, column, "o", color="0.3", ms=3)
    axis.set(ylabel=name, ylim=(-1.5, 3.5))
    axis.spines[["top", "right"]].set_visible(False)
mesh = axes[-1].pcolormesh(
    ends, np.arange(4), values, cmap="RdBu_r", vmin=-most, vmax=most
)
axes[-1].set_yticks(np.arange(3) + 0.5, CHANNELS)
axes[-1].invert_yaxis()
axes[-1].set_xlabel("hours (dashed: the middle of the bump that tells the class)")
for axis in axes:
    axis.axvline(middles[bumps[0]], color="black", ls="--", lw=1)
figure.colorbar(mesh, ax=axes[-1], label="lowers / raises\nthe score", aspect=10)
plt.show()
