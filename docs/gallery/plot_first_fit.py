"""
A first fit: patients with irregular visits
===========================================

Patients with a chronic liver disease (PBC) came to the clinic when they came: no two of
them on the same days, and not everything was measured each time. Three years after
enrollment we ask who will die or need a new liver within the next three years.

Nothing is binned or filled in. ``fit`` takes the visits as they are, and so does
everything of scikit-learn that splits, scores and draws.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import RocCurveDisplay, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from ckts import CKCNNClassifier, PanelSummary
from ckts.datasets import load_pbc

X, y = load_pbc()
print(X)
print(f"{y.sum()} of {len(y)} had the event")

# %%
# Fit
# ---
# A ``Panel`` is split like an array: one series is one patient. The model joins random
# kernels and small networks, and needs no tuning.

X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.4, stratify=y, random_state=0
)
model = CKCNNClassifier(random_state=0).fit(X_train, y_train)
risk = model.predict_proba(X_test)[:, 1]

# %%
# The usual baseline describes each laboratory value by seven numbers (mean, deviation,
# extremes, first, last, count) and gives these to gradient boosting. It does not know
# when anything was measured.

baseline = make_pipeline(PanelSummary(), HistGradientBoostingClassifier(random_state=0))
baseline.fit(X_train, y_train)
baseline_risk = baseline.predict_proba(X_test)[:, 1]
for name, found in [("ckts", risk), ("summaries + boosting", baseline_risk)]:
    print(f"AUROC {roc_auc_score(y_test, found):.2f}  {name}")

# %%
# Look at the predictions
# -----------------------
# On the left the ROC curves, on the right the predicted risk of every patient that was
# left out. One split of some 90 patients says little about which model is better in
# general; the benchmarks repeat it over many folds.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
RocCurveDisplay.from_predictions(
    y_test, risk, ax=left, name="ckts", curve_kwargs={"color": "C0"}
)
RocCurveDisplay.from_predictions(
    y_test,
    baseline_risk,
    ax=left,
    name="summaries + boosting",
    plot_chance_level=True,
    curve_kwargs={"color": "C1", "linestyle": "--"},
)
left.set(xlabel="false positive rate", ylabel="true positive rate")
left.legend(frameon=False, fontsize=8, loc="lower right")
left.spines[["top", "right"]].set_visible(False)

jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(y_test))
for had_event, color, marker in [(0, "C0", "o"), (1, "C1", "^")]:
    own = y_test == had_event
    right.plot(
        100 * risk[own], had_event + jitter[own], marker, color=color, alpha=0.7, ls=""
    )
right.set_yticks([0, 1], ["no event", "event"])
right.set(xlim=(-2, 102), ylim=(-0.5, 1.5), xlabel="predicted risk (%)")
right.set_title("patients of the test set, one mark each", fontsize=10)
right.spines[["top", "right"]].set_visible(False)
plt.show()
