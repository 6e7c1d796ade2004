"""
Which appliance is it?
======================

Electrical measurements of household appliances, a few seconds each, most with the
moment when they are switched on (PLAID, from the UCR archive). Series are of 100 to
1,344 rows. Nothing is cut, padded or resampled: each goes in as long as it is.

The data are not shipped. Where they were not fetched, this example says how, and draws
nothing.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score

from ckts import CKRocketClassifier
from ckts.datasets import fetch_uea

NAMES = {
    "0": "air conditioner",
    "1": "fluorescent lamp",
    "2": "fan",
    "3": "fridge",
    "4": "hairdryer",
    "5": "heater",
    "6": "light bulb",
    "7": "laptop",
    "8": "microwave",
    "9": "vacuum",
    "10": "washing machine",
}

try:
    train = fetch_uea("PLAID", split="train", download_if_missing=False)
    test = fetch_uea("PLAID", split="test", download_if_missing=False)
except FileNotFoundError:
    train = None
    print("Fetch the data first: ckts datasets fetch uea/PLAID")

# %%
# One of each
# -----------
# The archive stores no times, so the clock is the number of the sample.

if train is not None:
    X, y = train.data, train.target
    _, axes = plt.subplots(3, 4, figsize=(9, 4.5), layout="constrained")
    for axis, (label, name) in zip(axes.flat, NAMES.items(), strict=False):
        one = X[int(np.flatnonzero(y == label)[0])]
        axis.plot(one.times, one.values, color="C0", linewidth=0.8)
        axis.set_title(name, fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=7)
    axes.flat[-1].set_visible(False)
    axes[-1, 0].set_xlabel("sample")

# %%
# Fit and test
# ------------
# The test part is the official one. Which appliances are taken for which?

if train is not None:
    model = CKRocketClassifier(n_kernels=1000, random_state=0).fit(X, y)
    predicted = model.predict(test.data)
    print(f"accuracy {accuracy_score(test.target, predicted):.3f}")
    _, axis = plt.subplots(figsize=(6, 5.5), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        test.target,
        predicted,
        labels=list(NAMES),
        display_labels=list(NAMES.values()),
        xticks_rotation="vertical",
        cmap="Blues",
        colorbar=False,
        ax=axis,
    )
plt.show()
