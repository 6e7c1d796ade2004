"""
When the length of a record tells the outcome
=============================================

Records often end because something happened. Then their length gives the answer away,
in every cross-validation, and is of no use on the first day. ``describe(y)`` tells, and
a landmark helps.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from ckts import CKRocketClassifier
from ckts.datasets import load_pbc_survival, truncate

X, follow_up = load_pbc_survival()  # all visits, until the end of each record
event = follow_up["status"] > 0  # death or transplantation

# %%
# Ask
# ---
# The last line of the description is there because the lengths follow the outcome more
# than chance allows: who dies comes no more.

print(X.describe(event))

# %%
# How much is it worth?
# ---------------------
# The same model, cross-validated three times: on all visits; on nothing but how long
# and how often patients came, which is the leak itself; and at a landmark.

folds = StratifiedKFold(3, shuffle=True, random_state=0)
model = CKRocketClassifier(n_kernels=2000, random_state=0)


def area(panel, y):
    """Cross-validate; return the AUROC."""
    risk = cross_val_predict(model, panel, y, cv=folds, method="predict_proba")[:, 1]
    return roc_auc_score(y, risk)


visits_only = X.with_values(np.zeros((len(X.times), 1))).with_static(None)
scores = {
    "all visits": area(X, event),
    "dates of visits only": area(visits_only, event),
}

# %%
# A landmark
# ----------
# Ask at one moment, three years after enrollment, of those who are still at risk, with
# what was known then, whether the event happens in the next three years. Records of the
# two groups are cropped at the same day; the dates alone say next to nothing.

landmark = horizon = 1095
status, time = follow_up["status"], follow_up["time"]
happened = (status > 0) & (time <= landmark + horizon)
known = happened | (time >= landmark + horizon)
chosen = known & (time > landmark)
history, y = truncate(X[chosen], landmark), happened[chosen]
print(history.describe(y))
scores["at the landmark"] = area(history, y)
dates = history.with_values(np.zeros((len(history.times), 1))).with_static(None)
scores["dates at the landmark"] = area(dates, y)
for name, score in scores.items():
    print(f"AUROC {score:.2f}  {name}")

# %%

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.6), width_ratios=[3, 2], layout="constrained"
)
spans = [np.diff(X[i].times[[0, -1]])[0] / 365.25 for i in range(len(X))]
groups = [np.array(spans)[event == had] for had in (True, False)]
left.hist(
    groups,
    bins=np.arange(0, 15),
    label=["event", "no event"],
    color=["C1", "C0"],
    hatch=["//", ""],
)
left.axvline(3, color="black", ls="--")
left.text(3.15, 34, "landmark")
left.set(xlabel="years from the first to the last visit", ylabel="patients")
left.legend(frameon=False)
right.barh(list(scores), scores.values(), color=["C0", "0.7", "C0", "0.7"])
right.axvline(0.5, color="black", ls=":")
right.invert_yaxis()
right.set(xlim=(0, 1), xlabel="AUROC (dotted: chance)")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
