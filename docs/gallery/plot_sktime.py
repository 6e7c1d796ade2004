"""
In a pipeline of sktime
=======================

``ckts.sktime`` has the estimators as sktime's: for its pipelines, searches and
evaluations, on its formats. Names, parameters and predictions are those of ckts. It
needs ``pip install sktime``; nothing else of ckts does.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import StandardScaler
from sktime.classification.model_evaluation import evaluate
from sktime.pipeline import make_pipeline

from ckts.sktime import CKRocket, CKRocketClassifier

rng = np.random.default_rng(0)


def measure(label):
    """Draw a wave at 15 to 40 irregular minutes of a day, in two channels."""
    minutes = np.sort(rng.choice(600, rng.integers(15, 40), replace=False))
    phase = minutes / {"slow": 60, "fast": 40}[label] + rng.uniform(0, 6.3)
    values = {"left": np.sin(phase), "right": np.cos(phase)}
    noise = rng.normal(0, 0.5, (len(minutes), 2))
    stamps = pd.Timestamp("2024-05-01 08:00") + pd.to_timedelta(minutes, "min")
    return pd.DataFrame(values, index=pd.Index(stamps, name="time")) + noise


# %%
# Data as sktime has them
# -----------------------
# One frame with an index of instance and time. Nothing is at equal steps.

labels = np.repeat(["slow", "fast"], 40)
series = [measure(label) for label in labels]
X = pd.concat(series, keys=range(len(series)), names=["instance", "time"])
print(X.head(3).round(2))

# %%
# A classifier, and features in a pipeline
# ----------------------------------------
# ``evaluate`` of sktime cross-validates both.

models = {
    "CKRocketClassifier": CKRocketClassifier(n_kernels=1000, random_state=0),
    "CKRocket + ridge": make_pipeline(
        CKRocket(n_kernels=1000, summaries=False, random_state=0),
        StandardScaler(),
        RidgeClassifierCV(np.logspace(-3, 3, 7)),
    ),
}
results = {
    name: evaluate(model, X=X, y=labels, scoring=accuracy_score)
    for name, model in models.items()
}
for name, result in results.items():
    found = result["test_accuracy_score"]
    print(f"{name}: {found.mean():.2f} in {len(found)} folds")

# %%
# One series of each class, and the folds.

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.2), width_ratios=[3, 2], layout="constrained"
)
for number, style in [(0, "o-C0"), (40, "s--C1")]:
    frame = X.loc[number]
    hours = (frame.index - frame.index.normalize()) / pd.Timedelta(hours=1)
    left.plot(
        hours, frame["left"], style[:-2], color=style[-2:], label=labels[number], ms=4
    )
left.set(xlabel="hour of the day", ylabel='channel "left"')
left.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 0.97))
for place, result in enumerate(results.values()):
    found = result["test_accuracy_score"]
    right.plot(np.full(len(found), place), found, "o", color="C0", mfc="none", ms=9)
right.set_xticks(range(len(results)), list(results))
right.set(xlim=(-0.5, 1.5), ylim=(0.45, 1.03), ylabel="accuracy of each fold")
right.axhline(0.5, color="0.5", ls=":")
right.annotate("chance", (1.5, 0.5), ha="right", va="bottom", color="0.4")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
