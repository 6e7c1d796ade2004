"""
Two days in intensive care
==========================

The first two days of a stay, 37 measurements on clocks of their own, and the question
who dies in hospital (PhysioNet 2012). Here it is fitted on some hundred stays, to be
quick.

The data are not shipped. Where they were not fetched, this example says how, and draws
nothing.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import RocCurveDisplay, roc_auc_score

from ckts import CKRocketClassifier
from ckts.datasets import fetch_physionet2012
from ckts.plotting import SamplingDisplay

try:
    stays = fetch_physionet2012(subset="a", download_if_missing=False)
except FileNotFoundError:
    stays = None
    print("Fetch the data first, 20 MB: ckts datasets fetch physionet2012")

# %%
# Who was measured when
# ---------------------
# Something is written down every half hour; a blood sample brings many values at once.

if stays is not None:
    X, y = stays.data[:1200], stays.target[:1200]
    print(X.describe(y))
    SamplingDisplay.from_panel(
        X,
        n_series=8,
        series_label="stays",
        time_factor=1 / 60,
        time_label="hours since admission",
    )

# %%
# Fit and test, with less and less
# --------------------------------
# One model, which learned from two days, is asked after 12, 24 and 48 hours, without
# training again.

if stays is not None:
    model = CKRocketClassifier(n_kernels=2000, random_state=0).fit(X[:800], y[:800])
    X_test, y_test = X[800:], y[800:]
    risks = {}
    for hours in (48, 24, 12):
        known = X_test.keep_rows(X_test.elapsed <= 60 * hours)
        risks[hours] = model.predict_proba(known)[:, 1]
        area = roc_auc_score(y_test, risks[hours])
        print(f"after {hours} hours: AUROC {area:.3f} on {len(y_test)} stays")

# %%


def draw_risks(risks, y_test):
    """Draw ROC curves, and what is predicted for whom after two days."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for (hours, risk), style in zip(risks.items(), ["C0-", "C1--", "C2:"], strict=True):
        RocCurveDisplay.from_predictions(
            y_test,
            risk,
            ax=left,
            name=f"{hours} hours",
            curve_kwargs={"color": style[:2], "linestyle": style[2:]},
        )
    left.legend(frameon=False, loc="lower right")
    left.set(xlabel="false positive rate", ylabel="true positive rate")
    right.hist(
        [100 * risks[48][y_test == died] for died in (0, 1)],
        bins=np.linspace(0, 100, 11),
        density=True,
        label=["survived", "died"],
        color=["C0", "C1"],
        hatch=["", "//"],
    )
    right.set(xlabel="predicted risk (%)", ylabel="density in each group")
    right.legend(frameon=False)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)


if stays is not None:
    draw_risks(risks, y_test)
plt.show()
