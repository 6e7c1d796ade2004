"""
From a table of the hospital to a model
=======================================

What a hospital sends is a file: one row per visit, dates, empty cells where nothing was
measured, and the age repeated in each row. ``Panel.read`` needs the names of two
columns.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ckts import CKRocketClassifier, Panel
from ckts.datasets import load_pbc

# %%
# A file, as it could come
# ------------------------
# The PBC patients, written as such a table. Rows are in no order.

folder = Path(tempfile.mkdtemp())
X, y = load_pbc()
visits = X.to_frame().reset_index(names=["patient", "date"])
visits["date"] = pd.Timestamp("1975-03-01") + pd.to_timedelta(visits["date"], "D")
age = pd.Series(X.static[:, X.static_names.index("age")], X.instances)
visits["age"] = visits["patient"].map(age)
visits = visits.sample(frac=1, random_state=0)
visits.to_csv(folder / "visits.csv", index=False)
outcome = pd.Series(y, X.instances, name="event").rename_axis("patient")
outcome.to_csv(folder / "outcomes.csv")

lines = (folder / "visits.csv").read_text("utf-8").splitlines()
print(*(line[:75] for line in lines[:4]), sep="\n")

# %%
# Read it
# -------
# ``static`` names what does not change; every other column is a channel. Series come in
# the order of the file, so the outcomes are looked up by name.

panel = Panel.read(
    folder / "visits.csv", instance="patient", time="date", static=["age"]
)
print(panel)
event = pd.read_csv(folder / "outcomes.csv", index_col="patient")["event"]
target = event.loc[panel.instances].to_numpy()

# %%
# Fit, and answer with a table
# ----------------------------
# The last 40 patients stand for new ones. They come in a frame in memory this time.

known, new = panel[:-40], panel[-40:]
model = CKRocketClassifier(random_state=0).fit(known, target[:-40])

rows = visits[visits["patient"].isin(new.instances)]
asked = Panel.from_long(rows, instance="patient", time="date", static=["age"])
answer = pd.DataFrame(
    {
        "patient": asked.instances,
        "visits": asked.lengths,
        "risk": model.predict_proba(asked)[:, 1].round(2),
        "event": event.loc[asked.instances].to_numpy(),
    }
).sort_values("risk", ascending=False, ignore_index=True)
print(answer.head(5).to_string(index=False))

# %%
# All 40, from the highest to the lowest risk.

figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
rank = np.arange(1, len(answer) + 1)
had = answer["event"] == 1
axis.bar(rank[had], 100 * answer["risk"][had], color="C1", hatch="//", label="event")
axis.bar(rank[~had], 100 * answer["risk"][~had], color="C0", label="no event")
axis.set(xlabel="new patients, by predicted risk", ylabel="predicted risk (%)")
axis.set(ylim=(0, 100), xlim=(0, len(answer) + 1))
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)
plt.show()
