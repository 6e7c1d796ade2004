"""
Search, and check the probabilities
===================================

A panel is cut by series, so searches and cross-validation of scikit-learn work as they
are. And where a risk is told to somebody, it should mean what it says: of those told
30 %, three in ten. That is calibration, and a higher AUROC does not bring it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from ckts import CKRocketClassifier, PanelSummary
from ckts.datasets import load_pbc

X, y = load_pbc()

# %%
# A grid
# ------
# Which landmark is enough: one, two or three years of visits? And are there enough
# kernels? Patients have one series each here; with several each, use ``GroupKFold``.

folds = StratifiedKFold(3, shuffle=True, random_state=0)
search = GridSearchCV(
    CKRocketClassifier(random_state=0),
    {"landmark": [365, 730, 1095], "n_kernels": [500, 2000]},
    scoring="neg_log_loss",
    cv=folds,
).fit(X, y)
table = pd.DataFrame(search.cv_results_)
table["log-loss"] = -table["mean_test_score"]
table["its spread"] = table["std_test_score"]
columns = ["param_landmark", "param_n_kernels", "log-loss", "its spread"]
print(table[columns].round(3).to_string(index=False))
print("best:", search.best_params_)

# %%
# The spread is that over the folds. With so few patients, what differs by less than it
# may be luck.

# %%
# Do the probabilities mean what they say?
# ----------------------------------------
# Each patient is predicted by a model that has not seen them. The best parameters were
# chosen on the same folds, which flatters a little.

models = {
    "CKRocket": search.best_estimator_,
    "summaries + boosting": make_pipeline(
        PanelSummary(), HistGradientBoostingClassifier(random_state=0)
    ),
}
risks = {
    name: cross_val_predict(model, X, y, cv=folds, method="predict_proba")[:, 1]
    for name, model in models.items()
}
for name, risk in risks.items():
    print(f"log-loss {log_loss(y, risk):.3f}  {name}")

# %%
# Boosting is often sure and wrong: many of its risks are next to 0 or 100 %. Patients
# are put into five groups of equal size.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for (name, risk), style in zip(risks.items(), ["o-C0", "s--C1"], strict=True):
    CalibrationDisplay.from_predictions(
        y,
        risk,
        n_bins=5,
        strategy="quantile",
        ax=left,
        name=name,
        marker=style[0],
        linestyle=style[1:-2],
        color=style[-2:],
    )
left.set(xlabel="mean predicted risk", ylabel="share with the event")
left.spines[["top", "right"]].set_visible(False)
left.legend(frameon=False, fontsize=9, loc="upper left")
right.hist(
    [100 * risk for risk in risks.values()],
    bins=np.linspace(0, 100, 11),
    label=list(risks),
    color=["C0", "C1"],
    hatch=["", "//"],
)
right.set(xlabel="predicted risk (%)", ylabel="patients")
right.legend(frameon=False)
right.spines[["top", "right"]].set_visible(False)
plt.show()
