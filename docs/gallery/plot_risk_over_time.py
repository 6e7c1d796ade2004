"""
The risk of one patient over time
=================================

A doctor does not ask once. After every visit the question is: what is the risk *now*,
from what is known now? With ``causal=True`` a model looks back only, and
``predict_proba_path`` returns its opinion after each observation, in one pass. No later
visit changes an earlier opinion.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from ckts import CKRocketClassifier
from ckts.datasets import load_pbc, truncate
from ckts.plotting import RiskDisplay

X, y = load_pbc()
train, test = train_test_split(np.arange(len(X)), stratify=y, random_state=0)
model = CKRocketClassifier(causal=True, random_state=0).fit(X[train], y[train])

# %%
# The path is a panel again: one channel per class, at the times of the visits.

path = model.predict_proba_path(X[test])
print(path)

# %%
# Nothing of the future enters
# ----------------------------
# Cut the records after two years, and compare: where both have an opinion, it is the
# same.

two_years = X[test].keep_rows(X[test].times <= 730)
early = model.predict_proba_path(two_years)
same = path.keep_rows(path.times <= 730)
print(f"largest difference {np.abs(early.values - same.values).max():.1e}")

# %%
# One patient
# -----------
# Of the patients who had the event, the one whose predicted risk rose most. The model
# had not seen this patient.

had_event = test[y[test] == 1]
paths = [model.predict_proba_path(X[[i]]).values[:, 1] for i in had_event]
rises = [risk[-1] - risk[0] for risk in paths]
patient = X[[had_event[int(np.argmax(rises))]]]
display = RiskDisplay.from_estimator(
    model,
    patient,
    channels=["bilirubin", "albumin", "prothrombin_time"],
    time_factor=1 / 365.25,
    time_label="years since enrollment",
    labels={
        "bilirubin": "bilirubin\n(mg/dl)",
        "albumin": "albumin\n(g/dl)",
        "prothrombin_time": "prothrombin\ntime (s)",
    },
    risk_label="risk of the\nnext years",
)

# %%
# What later visits add
# ---------------------
# The same for all patients, each left out of the model in one of three folds: how well
# does the opinion tell those who will have the event, as of each moment? All of them
# reached the end of the third year, so that the group is the same all along. With so
# few events each figure is uncertain by several hundredths; but the patients are the
# same.

moments = np.array([0.0, 0.6, 1.1, 2.1, 3.0]) * 365.25
opinions = np.empty((len(X), len(moments)))
for train, test in StratifiedKFold(3, shuffle=True, random_state=0).split(X, y):
    model.fit(X[train], y[train])
    for number, moment in enumerate(moments):
        known = truncate(X[test], moment)
        opinions[test, number] = model.predict_proba(known)[:, 1]

auroc = [roc_auc_score(y, opinion) for opinion in opinions.T]
losses = [log_loss(y, opinion) for opinion in opinions.T]
base_rate = log_loss(y, np.full(len(y), y.mean()))
for moment, area, loss in zip(moments / 365.25, auroc, losses, strict=True):
    print(f"after {moment:.1f} years: AUROC {area:.3f}, log-loss {loss:.3f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
left.plot(moments / 365.25, auroc, "o-", color="C0")
left.set(ylabel="AUROC (higher is better)")
right.plot(moments / 365.25, losses, "s-", color="C1")
right.axhline(base_rate, color="0.5", ls=":")
right.annotate(
    "share of events, for everybody", (0, base_rate), va="bottom", color="0.4"
)
right.set(
    ylabel="log-loss (lower is better)", ylim=(0.9 * min(losses), 1.1 * base_rate)
)
for axis in (left, right):
    axis.set_xlabel("years of visits that are known")
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
