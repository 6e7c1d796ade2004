"""
Letters by a pen that skips
===========================

The data set of the paper behind this library: the velocity and the force of a pen that
writes one of 20 letters (CharacterTrajectories). Sampled 200 times a second, it is as
regular as data can be. Here it is not: rows are left out at random, and the model is
told when the others were measured, nothing else.

The data are not shipped. Where they were not fetched, this example says how, and draws
nothing.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKRocketClassifier
from ckts.datasets import drop_observations, fetch_character_trajectories

try:
    letters = fetch_character_trajectories(download_if_missing=False)
except FileNotFoundError:
    letters = None
    print("Fetch the data first: ckts datasets fetch uea/CharacterTrajectories")

# %%
# What the pen wrote
# ------------------
# The sum of the velocities is the way of the pen. Dots are what is left of it when
# seven of ten rows are dropped.

SHARES = [0.0, 0.3, 0.5, 0.7]


def draw_letters(X, y):
    """Draw one letter of each class, and which of its rows are left."""
    _, axes = plt.subplots(2, 10, figsize=(9, 2.4), layout="constrained")
    firsts = [np.flatnonzero(y == name)[0] for name in np.unique(y)]
    left = drop_observations(X[firsts], SHARES[-1], random_state=0)
    for number, axis in enumerate(axes.flat):
        one, kept = X[firsts][number], left[number]
        way = np.cumsum(one.values[:, :2], axis=0)
        seen = np.isin(one.times, kept.times)
        axis.plot(*way.T, color="0.7")
        axis.scatter(*way[seen].T, s=4, color="C0", zorder=3)
        axis.set(aspect="equal", xticks=[], yticks=[])
        axis.spines[:].set_visible(False)


if letters is not None:
    X, y = letters.data, letters.target
    draw_letters(X, y)

# %%
# Trained on whole letters, tested on what is left
# ------------------------------------------------
# One model learns from 20 whole letters of each class. It is then asked about letters
# of which it sees less and less. Its rival has the same rows as if they were measured
# one after the other, which is all that is left without time stamps.


def count_rows(panel):
    """Replace time stamps by 0, 1, 2, ..."""
    numbers = np.concatenate([np.arange(length) for length in panel.lengths])
    return panel.with_times(numbers)


if letters is not None:
    train = np.sort(
        [np.flatnonzero(y == name)[:20] for name in np.unique(y)], axis=None
    )
    test = np.setdiff1d(np.arange(len(X)), train)[::5]
    model = CKRocketClassifier(n_kernels=1000, random_state=0).fit(X[train], y[train])
    scores = {"real time stamps": [], "row numbers": []}
    for share in SHARES:
        rest = drop_observations(X[test], share, random_state=1)
        scores["real time stamps"].append(model.score(rest, y[test]))
        scores["row numbers"].append(model.score(count_rows(rest), y[test]))
    for name, found in scores.items():
        print(name.rjust(16), *(f"{score:.3f}" for score in found))

    _, axis = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for (name, found), style in zip(scores.items(), ["o-", "s--"], strict=True):
        axis.plot([100 * share for share in SHARES], found, style, label=name)
    axis.set(xlabel="rows dropped (%)", ylabel="accuracy", ylim=(0, 1.02))
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
