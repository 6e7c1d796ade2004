"""
Random kernels, a network, or both?
===================================

``CKRocketClassifier`` trains nothing but a ridge regression on random kernels, in
seconds. ``CKCNNClassifier(rocket=False)`` trains one network. ``CKCNNClassifier()``,
the default, joins three networks with random kernels, by what neither had seen; it
costs all of them. Which one is best depends on the data, and which is cheapest does
not.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.datasets import drop_observations, load_japanese_vowels, load_pbc

# %%
# Two tasks
# ---------
# Patients, of whom there are few and whose outcome is half luck; and half of the frames
# of short utterances, where little is luck.

X, y = load_pbc()
shuffled = np.random.default_rng(0).permutation(len(X))
train, test = shuffled[:120], shuffled[120:]
vowels, speakers = load_japanese_vowels()
vowels = drop_observations(vowels, 0.5, random_state=0)
few = np.arange(0, 270, 3)
tasks = {
    "patients": (X[train], y[train], X[test], y[test]),
    "utterances": (vowels[few], speakers[few], vowels[270::2], speakers[270::2]),
}
small = {"hidden_channels": 16, "max_epochs": 8, "random_state": 0}  # to be quick
models = {
    "random kernels": CKRocketClassifier(random_state=0),
    "network": CKCNNClassifier(rocket=False, **small),
    "joined": CKCNNClassifier(**small),
}

# %%
# Fit each on each
# ----------------

rows = []
for task, (X_train, y_train, X_test, y_test) in tasks.items():
    for name, model in models.items():
        started = time.process_time()
        model.fit(X_train, y_train)
        seconds = time.process_time() - started
        loss = log_loss(y_test, model.predict_proba(X_test))
        rows.append([task, name, model.score(X_test, y_test), loss, seconds])
    print(f"{task}: the networks' share in the joined model is", end=" ")
    print(f"{model.network_share_:.2f}")
columns = ["task", "model", "accuracy", "log-loss", "seconds"]
table = pd.DataFrame(rows, columns=columns)
print(table.round(3).to_string(index=False))

# %%
# Up and to the left is better: a small loss in little time. One split decides nothing;
# the benchmarks have many. Where one of the two is much better than the other, the
# joined model should be near it without being told which: that is what it costs more
# for.

figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for axis, (task, part) in zip(axes, table.groupby("task", sort=False), strict=True):
    for marker, color, (_, row) in zip(
        "os^", ["C0", "C1", "C2"], part.iterrows(), strict=True
    ):
        axis.plot(
            row["seconds"],
            row["log-loss"],
            marker,
            color=color,
            ms=9,
            label=row["model"],
        )
    axis.set(xscale="log", title=task, xlabel="processor time to fit (s)")
    axis.set_ylim(1.3 * part["log-loss"].max(), 0)
    axis.set_xticks([0.3, 1, 3, 10, 30], ["0.3", "1", "3", "10", "30"])
    axis.minorticks_off()
    axis.set_xlim(0.2, 40)
    axis.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("log-loss (better is up)")
axes[0].legend(frameon=False)
plt.show()
