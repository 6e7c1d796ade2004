"""
Which measurements matter
=========================

``channel_importance`` gives each series a channel of another one, values and times
together, and looks how much worse the predictions get. It is the permutation importance
of scikit-learn for panels, and works with any model of them.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from ckts import CKRocketClassifier
from ckts.datasets import load_pbc
from ckts.estimators import channel_importance

X, y = load_pbc()

# %%
# Exchange, and look
# ------------------
# Three folds, so that each patient is in a test set once. What is measured is the loss
# of AUROC when a channel, or a static feature, is exchanged between the patients of a
# test set.

found = []
for train, test in StratifiedKFold(3, shuffle=True, random_state=0).split(X, y):
    model = CKRocketClassifier(n_kernels=2000, random_state=0).fit(X[train], y[train])
    one = channel_importance(
        model, X[test], y[test], scoring="roc_auc", n_repeats=2, random_state=0
    )
    found.append(pd.DataFrame(one.importances, index=one.names))
losses = pd.concat(found, axis=1)
losses = losses.loc[losses.mean(axis=1).sort_values().index]
print(losses.mean(axis=1)[::-1].head(5).round(3).to_string())

# %%
# How sure is that?
# -----------------
# Bars are means, dots the single exchanges: six of each. Two channels that tell the
# same share their importance, and one that is negative did no good on these patients.

figure, axis = plt.subplots(figsize=(7, 4.4), layout="constrained")
places = np.arange(len(losses))
axis.barh(places, losses.mean(axis=1), color="C0", alpha=0.5)
for column in losses.to_numpy().T:
    axis.plot(column, places, ".", color="0.3", ms=4)
axis.axvline(0, color="black", lw=0.8)
axis.set_yticks(places, losses.index)
axis.set_xlabel("AUROC lost when the channel is that of other patients")
axis.spines[["top", "right"]].set_visible(False)
plt.show()
