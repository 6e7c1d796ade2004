"""
Light curves in six bands, each with its own clock
==================================================

A survey telescope looks at a star through one filter at a time, on clear nights only.
So each of the six bands has time stamps of its own, a handful in two years, and no two
are observed together. In a table with a column per band nearly everything is missing,
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
# Stars that pulsate, that flare, that are dimmed for a while
# -----------------------------------------------------------
# Three kinds of variable objects, made by a formula. How bright one is on average tells
# nothing: all are drawn from one distribution, and so is the number of observations.


def make_curve(kind):
    """Draw an object: a function of days that returns how much fainter it is."""
    if kind == "pulsating":
        period, phase = rng.uniform(60, 120), rng.uniform(0, 2 * np.pi)
        return lambda days: np.sin(2 * np.pi * days / period + phase)
    start = rng.uniform(100, 500)
    if kind == "flare":  # bright at once, and back within months
        return lambda days: np.where(
            days > start, -2.5 * np.exp(-np.maximum(days - start, 0) / 50), 0
        )
    return lambda days: 1.5 * np.exp(-(((days - start) / 60) ** 2))


def observe(number):
    """List single measurements: of what, when, through which filter, how bright."""
    days = np.sort(rng.uniform(0, 730, rng.integers(40, 80)))
    bands = rng.integers(0, 6, len(days))
    average = levels[number] - 0.3 * bands
    noise = rng.normal(0, 0.4, len(days))
    magnitude = average + curves[number](days) + noise
    named = pd.Categorical.from_codes(bands, BANDS)
    return pd.DataFrame(
        {"object": number, "day": days, "band": named, "magnitude": magnitude}
    )


kinds = np.repeat(["pulsating", "flare", "dimming"], 60)
curves = [make_curve(kind) for kind in kinds]
levels = rng.normal(18, 1, len(kinds))
table = pd.concat([observe(i) for i in range(len(kinds))], ignore_index=True)
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
# The object of each kind that was observed most; gray is the truth. The average
# of each band is subtracted.

figure, axes = plt.subplots(
    6, 3, figsize=(9, 7), sharex=True, sharey=True, layout="constrained"
)
for column, kind in zip(axes.T, np.unique(kinds), strict=True):
    own = np.flatnonzero(kinds == kind)
    number = int(own[np.argmax(X.lengths[own])])
    star = X[number]
    relative = star.values - (levels[number] - 0.3 * np.arange(6))
    column[0].set_title(kind)
    for axis, magnitudes in zip(column, relative.T, strict=True):
        axis.plot(np.arange(730), curves[number](np.arange(730)), color="0.7", lw=1)
        axis.plot(star.times, magnitudes, "o", color="C0", ms=4)
        axis.spines[["top", "right"]].set_visible(False)
for axis, band in zip(axes[:, 0], BANDS, strict=True):
    axis.set_ylabel(band, rotation=0, labelpad=10)
axes[0, 0].invert_yaxis()
figure.supylabel(
    "magnitude relative to the average of the band (bright is up)", fontsize=10
)
for axis in axes[-1]:
    axis.set_xlabel("days")

# %%
# What is taken for what
# ----------------------

figure, axis = plt.subplots(figsize=(4.2, 3.6), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    y_test, predicted, cmap="Blues", colorbar=False, ax=axis
)
plt.show()
