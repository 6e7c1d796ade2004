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
from sklearn.model_selection import train_test_split

from ckts import CKRocketClassifier
from ckts.datasets import load_pbc
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
# Everybody
# ---------
# The same for all patients that were left out. Early on the model knows little and says
# the same of most; later the two groups part.

figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
for number, patient_path in enumerate(path):
    event = y[test][number] == 1
    axis.step(
        patient_path.times / 365.25,
        100 * patient_path.values[:, 1],
        where="post",
        color="C1" if event else "C0",
        ls="-" if event else ":",
        lw=1.6 if event else 1.2,
    )
axis.plot([], [], "C1-", label="event within three years after the last time shown")
axis.plot([], [], "C0:", label="none")
axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.13), ncols=2)
axis.set(xlabel="years since enrollment", ylabel="predicted risk (%)", ylim=(0, 100))
axis.spines[["top", "right"]].set_visible(False)
plt.show()
