"""
Patients that are alike
=======================

A trained network describes a series by features of which its answer is a linear
function. ``CKCNNEmbedder`` returns them, so that series of any lengths have distances:
for pictures, clusters, or "show me patients like this one".
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from ckts import CKCNNClassifier, CKCNNEmbedder
from ckts.datasets import load_pbc

X, y = load_pbc()
train, test = train_test_split(
    np.arange(len(X)), test_size=0.5, stratify=y, random_state=0
)
network = CKCNNClassifier(rocket=False, hidden_channels=16, random_state=0)
embedder = CKCNNEmbedder(estimator=network).fit(X[train], y[train])
features = embedder.transform(X[test])
print(features.shape)

# %%
# A map
# -----
# The two main directions of the features of patients whom the network has not seen. The
# risk runs along the map, because it is linear in the features.

scaled = StandardScaler().fit_transform(features)
plane = PCA(2, random_state=0).fit(scaled)
points = plane.transform(scaled)
risk = embedder.estimator_.predict_proba(X[test])[:, 1]
print(f"{plane.explained_variance_ratio_.sum():.0%} of the variance is on the map")

# %%
# Neighbors of one patient
# ------------------------
# The one of the highest risk who had the event, and the three nearest in all features.
# Alike to the network is what leads to the same answer; single laboratory values may
# differ.

asked = int(np.argmax(np.where(y[test] == 1, risk, 0)))
_, near = NearestNeighbors(n_neighbors=4).fit(scaled).kneighbors(scaled[[asked]])
alike = near[0, 1:]
print("risk", risk[asked].round(2), "and of the neighbors", risk[alike].round(2))
print("event", y[test][asked], "and of the neighbors", y[test][alike])

# %%

figure = plt.figure(figsize=(9, 4.4), layout="constrained")
grid = figure.add_gridspec(2, 2, width_ratios=[3, 2])
left = figure.add_subplot(grid[:, 0])
for had_event, marker in [(0, "o"), (1, "^")]:
    own = y[test] == had_event
    drawn = left.scatter(
        *points[own].T,
        c=100 * risk[own],
        marker=marker,
        cmap="cividis",
        vmin=0,
        vmax=100,
        edgecolors="0.3",
        linewidths=0.5,
        label=["no event", "event"][had_event],
    )
left.plot(*points[alike].T, "s", mfc="none", color="C3", ms=11, label="three nearest")
left.plot(*points[asked], "*", mfc="none", color="C3", ms=15, label="this patient")
figure.colorbar(drawn, ax=left, label="predicted risk (%)", location="left")
left.set(xlabel="first component", ylabel="second component")
left.legend(frameon=False, fontsize=8, labelspacing=0.9)

for row, (channel, unit) in enumerate([("bilirubin", "mg/dl"), ("albumin", "g/dl")]):
    axis = figure.add_subplot(grid[row, 1])
    column = X.channels.index(channel)
    for number in [*alike, asked]:
        patient = X[int(test[number])]
        this = number == asked
        axis.plot(
            patient.times / 365.25,
            patient.values[:, column],
            "*-" if this else "s:",
            color="C3" if this else "0.5",
            ms=8 if this else 4,
        )
    axis.set(ylabel=f"{channel}\n({unit})", xlim=(-0.1, 3.1))
    axis.spines[["top", "right"]].set_visible(False)
axis.set_xlabel("years since enrollment")
plt.show()
