"""
What only real time stamps can tell
===================================

Do the time stamps matter for *your* data, or would any model do? Here is a task in
which nothing else can tell. In class 1 a clock runs four times faster and then four
times slower in some window; in class 0 it runs evenly. Observations come densely and
then sparsely (or the other way round) in *both* classes, and the generator sees to it
that values in their order, lengths, spans and gaps are distributed alike. Only which
value stands at which time gives the answer.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from ckts import CKRocketClassifier, PanelSummary
from ckts.datasets import make_local_clock

X, y = make_local_clock(240, random_state=0)
X_test, y_test = make_local_clock(400, random_state=1)

# %%
# One series of each class. The marks are what is observed, the tick marks below are the
# times. In class 1 the wave is compressed on one side of the window and stretched on
# the other.

figure, axes = plt.subplots(2, 1, figsize=(9, 4), sharex=True, layout="constrained")
for number, axis in enumerate(axes):
    series = X[int(np.flatnonzero(y == number)[0])]
    axis.plot(series.times, series.values[:, 0], "-", color="0.8", zorder=0)
    axis.plot(series.times, series.values[:, 0], "o", color=f"C{number}", ms=4)
    axis.plot(series.times, np.full(len(series.times), -1.7), "|", color="0.4", ms=8)
    axis.set(ylabel="value", title=f"class {number}", ylim=(-2, 1.6))
    axis.set_xlabel("time" if axis is axes[-1] else "")
    axis.spines[["top", "right"]].set_visible(False)

# %%
# Four models
# -----------
# The same random kernels on the real times, and on the numbers of the rows; boosting on
# summaries of the values; and boosting that is given the gaps as a second channel, so
# that it knows how they are distributed.


def count_rows(panel):
    """Replace time stamps by 0, 1, 2, ..."""
    numbers = np.concatenate([np.arange(length) for length in panel.lengths])
    return panel.with_times(numbers)


def add_gaps(panel):
    """Add a channel: the time since the row before; 0 at the first."""
    gaps = np.diff(panel.times, prepend=0.0)
    gaps[panel.indptr[:-1]] = 0
    return panel.with_values(np.column_stack([panel.values, gaps]), ["value", "gap"])


boosting = make_pipeline(PanelSummary(), HistGradientBoostingClassifier(random_state=0))
rockets = CKRocketClassifier(random_state=0)
scores = {
    "random kernels, real times": rockets.fit(X, y).score(X_test, y_test),
    "random kernels, row numbers": rockets.fit(count_rows(X), y).score(
        count_rows(X_test), y_test
    ),
    "boosting, summaries of values": boosting.fit(X, y).score(X_test, y_test),
    "boosting, of values and gaps": boosting.fit(add_gaps(X), y).score(
        add_gaps(X_test), y_test
    ),
}
for name, score in scores.items():
    print(f"{score:.2f}  {name}")

# %%
# Chance is one half; the bars of error are two standard errors of a share of 400.

figure, axis = plt.subplots(figsize=(7, 2.6), layout="constrained")
shares = np.array(list(scores.values()))
errors = 2 * np.sqrt(shares * (1 - shares) / len(y_test))
axis.barh(list(scores), shares, xerr=errors, color=["C0", "0.7", "0.7", "0.7"])
axis.axvline(0.5, color="black", ls=":")
axis.set(
    xlim=(0, 1.02), xlabel="accuracy on series that were not seen (dotted: chance)"
)
axis.invert_yaxis()
axis.spines[["top", "right"]].set_visible(False)
plt.show()
