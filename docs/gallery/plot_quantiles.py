"""
Intervals: quantile regression
==============================

One number as an answer hides how sure it is. ``loss="quantile"`` predicts quantiles
instead: between the 10 % and the 90 % quantile lies what four of five cases will be.
For each quantile a network is trained.

Here the truth is known. A sensor reads a decaying level at irregular times; what is
asked is a later reading, whose noise is the larger, the higher the level.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKCNNRegressor, as_panel

rng = np.random.default_rng(0)


def measure(level):
    """Read a level at 10 to 20 irregular times, with little noise."""
    times = np.sort(rng.uniform(0, 10, rng.integers(10, 20)))
    return times, level * np.exp(-times / 5) + rng.normal(0, 0.1, len(times))


levels = rng.uniform(0, 4, 800)
X = as_panel([measure(level) for level in levels])
y = levels + rng.normal(0, 0.1 + 0.3 * levels)
X_train, y_train, X_test, y_test = X[:600], y[:600], X[600:], y[600:]

# %%
# Three quantiles
# ---------------

quantiles = [0.1, 0.5, 0.9]
predicted = [
    CKCNNRegressor(
        loss="quantile",
        quantile=quantile,
        rocket=False,
        max_epochs=10,
        batch_size=64,
        hidden_channels=8,
        n_blocks=1,
        random_state=0,
    )
    .fit(X_train, y_train)
    .predict(X_test)
    for quantile in quantiles
]
low, middle, high = predicted
for quantile, found in zip(quantiles, predicted, strict=True):
    print(f"{np.mean(y_test <= found):.0%} are below the {quantile:.0%} quantile")
print(f"{np.mean((low <= y_test) & (y_test <= high)):.0%} are between the outer two")

# %%
# Wide where it must be
# ---------------------
# Each vertical bar is the interval of one series, in the order of the median. The true
# quantiles, which no model is told, are drawn as lines.

levels_test = levels[600:]
normal_quantile = 1.2816  # of 90 %
order = np.argsort(levels_test)
spread = normal_quantile * (0.1 + 0.3 * levels_test[order])
figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
axis.vlines(levels_test, low, high, color="C0", alpha=0.35, label="10 % to 90 %")
axis.plot(levels_test, middle, "_", color="C0", ms=6, label="median")
outside = (y_test < low) | (y_test > high)
axis.plot(levels_test[~outside], y_test[~outside], ".", color="0.3", label="inside")
axis.plot(levels_test[outside], y_test[outside], "x", color="C1", label="outside")
for sign in (-1, 1):
    axis.plot(
        levels_test[order],
        levels_test[order] + sign * spread,
        "k--",
        lw=1,
        label="true quantiles" if sign == 1 else None,
    )
axis.set(xlabel="true level", ylabel="later reading")
axis.legend(frameon=False, ncols=2, loc="upper left")
axis.spines[["top", "right"]].set_visible(False)
plt.show()
