"""
One absurd number among thousands
=================================

A decimal comma is lost, a device reports 1e30, a clock says 2106. What ``fit`` learns
before it trains, units of time and a scale for each channel, is made so that no single
number decides it. The generator makes the same data twice, clean and with a few numbers
that are wrong; test data are clean, as they would be tomorrow.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ckts import CKRocketClassifier, PanelSummary
from ckts.datasets import make_contaminated

X_test, y_test = make_contaminated(300, random_state=1)

# %%
# Five of some thousand values, or the last stamp of five of the series, times a factor.
# The class shows in the level of the values, so that a rival without time stamps, a
# linear model on summaries, can tell it as well: as long as the data are clean.

damages = {
    "clean": {},
    "5 values\ntimes 1e4": {"contamination": "value", "amount": 5, "factor": 1e4},
    "5 values\ntimes 1e30": {"contamination": "value", "amount": 5, "factor": 1e30},
    "5 stamps\ntimes 1e2": {"contamination": "time", "amount": 5, "factor": 1e2},
    "5 stamps\ntimes 1e4": {"contamination": "time", "amount": 5, "factor": 1e4},
}
rival = make_pipeline(PanelSummary(), StandardScaler(), RidgeClassifierCV())
rows = []
for name, damage in damages.items():
    X, y = make_contaminated(200, random_state=0, **damage)
    model = CKRocketClassifier(n_kernels=5000, random_state=0).fit(X, y)
    scores = model.score(X_test, y_test), rival.fit(X, y).score(X_test, y_test)
    rows.append(
        (*scores, model.statistics_.time.horizon, model.statistics_.values.scale[0])
    )
    words = name.replace("\n", " ")
    print(f"accuracy {scores[0]:.2f}, rival {scores[1]:.2f}  {words}")

# %%
# What was learned
# ----------------
# Two of the figures behind it: the longest lag that kernels look at, and the scale of
# the values. The standard deviation and the longest span would have followed the absurd
# number wherever it went.

horizons, scales = np.array(rows)[:, 2:].T
spans, deviations = [], []
for damage in damages.values():
    X, _ = make_contaminated(200, random_state=0, **damage)
    spans.append(X.elapsed.max())
    deviations.append(X.values.std())

figure, axes = plt.subplots(1, 3, figsize=(10, 4), layout="constrained")
places = np.arange(len(damages))
accuracy = np.array(rows)[:, :2].T
for axis, title, own, naive, words in [
    (axes[0], "accuracy", *accuracy, ("ckts", "summaries + linear")),
    (axes[1], "longest lag", horizons, spans, ("learned", "longest span")),
    (axes[2], "scale of values", scales, deviations, ("learned", "std. deviation")),
]:
    axis.plot(own, places, "o", color="C0", label=words[0])
    axis.plot(naive, places, "x", color="C1", label=words[1], mew=2)
    axis.set_yticks(places, damages if axis is axes[0] else [])
    axis.invert_yaxis()
    axis.set_title(title, fontsize=10)
    axis.legend(
        frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.1)
    )
    axis.grid(axis="y", color="0.92")
    axis.spines[["top", "right"]].set_visible(False)
axes[0].set_xlim(0.4, 1.02)
for axis in axes[1:]:
    axis.set_xscale("log")

# %%
# Codes for "unknown"
# -------------------
# A code such as -999 is no accident but a habit. Where it stands far from all other
# values, ``fit`` leaves it out of the scale and says so.

X, y = make_contaminated(
    200, contamination="value", amount=0.05, sentinel=-999.0, random_state=0
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    CKRocketClassifier(n_kernels=500, random_state=0).fit(X, y)
print(caught[0].message)
plt.show()
