"""
Regression against a known truth
================================

How much of a target can be learned at all? With real data nobody knows. Here the target
is computed by a formula without noise: the power of a signal after a low-pass filter,
so that slow waves count more than fast ones. A model that does not see the times can
only guess from the order of the values which is which.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline

from ckts import CKRocketRegressor, PanelSummary
from ckts.datasets import make_irregular_regression

X, y = make_irregular_regression(300, random_state=0)
X_test, y_test = make_irregular_regression(200, random_state=1)
print(X)


# %%
# Three models
# ------------
# Random kernels on the real times; the same on row numbers; and boosting on summaries,
# which knows the power of the unfiltered signal well.


def count_rows(panel):
    """Replace time stamps by 0, 1, 2, ..."""
    numbers = np.concatenate([np.arange(length) for length in panel.lengths])
    return panel.with_times(numbers)


boosting = HistGradientBoostingRegressor(random_state=0)
rocket = CKRocketRegressor(random_state=0)
predicted = {
    "real times": rocket.fit(X, y).predict(X_test),
    "row numbers": rocket.fit(count_rows(X), y).predict(count_rows(X_test)),
    "summaries + boosting": make_pipeline(PanelSummary(), boosting)
    .fit(X, y)
    .predict(X_test),
}
for name, found in predicted.items():
    print(f"R2 {r2_score(y_test, found):.3f}  {name}")

# %%
# Truth and prediction of each series. On the line they agree.

figure, axes = plt.subplots(1, 3, figsize=(9, 3.7), sharey=True, layout="constrained")
highest = max(y_test.max(), *(found.max() for found in predicted.values()))
for axis, (name, found) in zip(axes, predicted.items(), strict=True):
    axis.plot([0, highest], [0, highest], color="0.6", lw=1)
    axis.plot(y_test, found, "o", color="C0", alpha=0.5, ms=4)
    axis.set(title=f"{name}\nR2 = {r2_score(y_test, found):.3f}")
    axis.set_box_aspect(1)
    axis.set_xlabel("true power")
    axis.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("predicted power")
plt.show()
