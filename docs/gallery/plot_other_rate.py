"""
Another sampling rate, without training again
=============================================

A model was trained on a device that measures often. The next device saves its battery
and measures half, or a quarter, as often. A model that counts rows sees everything
twice or four times as fast; one that reads the time stamps sees the same signal, with
less detail.

The waves below have a frequency of 3, 6 or 9, at random times, in records of unequal
duration.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKRocketClassifier
from ckts.datasets import make_irregular_sinusoids, subsample, truncate


def make_waves(n_series, seed):
    """Make waves of three frequencies, which end after half of the time or later."""
    X, y = make_irregular_sinusoids(
        n_series, frequencies=(3, 6, 9), length=(130, 170), random_state=seed
    )
    ends = np.random.default_rng(seed).uniform(0.5, 1, n_series)
    return truncate(X, ends), y


X, y = make_waves(150, 0)
X_test, y_test = make_waves(300, 1)

# %%
# The rival has the same values and the same model, but as time stamps the numbers of
# the rows, which is what a model on a grid sees.


def count_rows(panel):
    """Replace time stamps by 0, 1, 2, ..."""
    numbers = np.concatenate([np.arange(length) for length in panel.lengths])
    return panel.with_times(numbers)


real = CKRocketClassifier(random_state=0).fit(X, y)
counted = CKRocketClassifier(random_state=0).fit(count_rows(X), y)

# %%
# Every second row, every third, ...
# ----------------------------------
# Both models stay as they are; only the test series get sparser.

steps = [1, 2, 3, 4]
scores = {"real time stamps": [], "row numbers": []}
for step in steps:
    sparse = subsample(X_test, step)
    scores["real time stamps"].append(real.score(sparse, y_test))
    scores["row numbers"].append(counted.score(count_rows(sparse), y_test))
for name, found in scores.items():
    print(name.rjust(16), *(f"{score:.2f}" for score in found))

# %%

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.4), width_ratios=[3, 2], layout="constrained"
)
series = X_test[int(np.flatnonzero(y_test == 1)[0])]
thin = subsample(series, 4)
left.plot(series.times, series.values[:, 0], "o", ms=4, color="0.7", label="all rows")
left.plot(thin.times, thin.values[:, 0], "s", ms=5, color="C0", label="every fourth")
left.set(xlabel="time", ylabel="value", title="One series of frequency 6")
left.legend(frameon=False, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.02))
left.set_ylim(-2, 2.6)
for (name, found), style in zip(scores.items(), ["o-C0", "s--C1"], strict=True):
    right.plot(steps, found, style[:-2], color=style[-2:], label=name)
right.axhline(1 / 3, color="0.5", ls=":")
right.annotate("chance", (4.2, 1 / 3), ha="right", va="bottom", color="0.4")
right.set(
    xlabel="every n-th row is kept", ylabel="accuracy", xlim=(0.8, 4.2), ylim=(0, 1.05)
)
right.set_xticks(steps)
right.legend(frameon=False, loc="lower left")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
