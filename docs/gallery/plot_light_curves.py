"""
Light curves in six bands, each with its own clock
==================================================

A survey telescope looks at a star through one filter at a time, on clear nights only. So
each of the six bands has time stamps of its own, a handful in two years, and no two are
observed together. In a table with a column per band nearly everything is missing,
and "fill in the rest" would invent five values for each one measured.

Here a list of single measurements becomes a panel, and a model sees each band at its
real times.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score
from sklearn.model_selection import train_test_split

from ckts import CKRocketClassifier, Panel

BANDS = list("ugrizy")
rng = np.random.default_rng(0)


# %%
# Stars that pulsate, stars that flare, stars that fade
# -----------------------------------------------------
# Three kinds of variable objects, made by a formula. How bright one is on average tells
# nothing: all are drawn from one distribution, and so is the number of observations.


def brightness(kind, days):
    """Magnitudes below the average at some days, of one object."""
    if kind == "pulsating":  # a period of weeks
        return np.sin(2 * np.pi * days / rng.uniform(60, 120) + rng.uniform(0, 6.3))
    start = rng.uniform(100, 500)
    since = np.maximum(days - start, 0)
    if kind == "flare":  # up at once, and down within months
        return np.where(days > start, 2.5 * np.exp(-since / 50), 0)
    return -1.5 * np.exp(-(((days - start) / 60) ** 2))  # an eclipse by dust


def observe(name, kind):
    """List single measurements: who, when, through which filter, how bright."""
    days = np.sort(rng.uniform(0, 730, rng.integers(40, 80)))
    bands = rng.integers(0, 6, len(days))
    level = rng.normal(18, 1) - 0.3 * bands
    noise = rng.normal(0, 0.5, len(days))
    magnitude = level - brightness(kind, days) + noise
    return pd.DataFrame(
        {"object": name, "day": days, "band": pd.Categorical.from_codes(bands, BANDS)}
    ).assign(magnitude=magnitude)


kinds = np.repeat(["pulsating", "flare", "dimming"], 60)
table = pd.concat([observe(*one) for one in enumerate(kinds)], ignore_index=True)
print(table.head(4).to_string(index=False))

# %%
# Such a list is what a panel is made of. Its rows are the times at which anything was
# measured; five of six values are missing, by nature.

X = Panel.from_long(
    table,
    instance="object",
    time="day",
    channel="band",
    value="magnitude",
    time_unit="D",
)
print(X)
print(X.describe())

# %%
# Fit and look
# ------------

X_train, X_test, y_train, y_test = train_test_split(
    X, kinds, test_size=0.5, stratify=kinds, random_state=0
)
model = CKRocketClassifier(random_state=0).fit(X_train, y_train)
predicted = model.predict(X_test)
print(f"accuracy {accuracy_score(y_test, predicted):.2f} of objects not seen")

# %%
# The object of each kind that was observed most; from each band its median is subtracted.

figure, axes = plt.subplots(
    6, 3, figsize=(9, 7), sharex=True, sharey=True, layout="constrained"
)
for column, kind in zip(axes.T, np.unique(kinds), strict=True):
    own = np.flatnonzero(kinds == kind)
    star = X[int(own[np.argmax(X.lengths[own])])]
    relative = star.values - np.nanmedian(star.values, axis=0)
    column[0].set_title(kind)
    for axis, magnitudes in zip(column, relative.T, strict=True):
        axis.axhline(0, color="0.85", lw=1, zorder=0)
        axis.plot(star.times, magnitudes, "o", color="C0", ms=4)
        axis.spines[["top", "right"]].set_visible(False)
for axis, band in zip(axes[:, 0], BANDS, strict=True):
    axis.set_ylabel(band, rotation=0, labelpad=10)
axes[0, 0].invert_yaxis()
for axis in axes[-1]:
    axis.set_xlabel("days")
figure.supylabel("magnitude above the median of the band (bright is up)", fontsize=10)

# %%
# What is taken for what
# ----------------------

figure, axis = plt.subplots(figsize=(4.2, 3.6), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    y_test, predicted, cmap="Blues", colorbar=False, ax=axis
)
plt.show()
