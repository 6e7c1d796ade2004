"""
Days, hours or dates: the same model
====================================

Time stamps are numbers, durations or dates, in any unit and with any origin. A model
remembers what it was fitted with. What can be converted is converted; what would be
nonsense raises, and says what to do.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ckts import CKRocketClassifier, as_panel
from ckts.datasets import load_pbc

X, y = load_pbc()
seen, unseen = np.arange(150), np.arange(150, len(X))
model = CKRocketClassifier(random_state=0).fit(X[seen], y[seen])
print(X.time_scale, model.time_scale_)

# %%
# Hours and dates
# ---------------
# The same visits once more: in hours, and as dates, every patient since a day of their
# own. The model was fitted in days.

in_days = X[unseen]
in_hours = as_panel(in_days.with_times(in_days.times * 24), time_unit="h")
enrolled = pd.Timestamp("1974-01-01") + pd.to_timedelta(
    37 * np.arange(len(in_days)), "D"
)
as_dates = in_days.with_times(
    enrolled[in_days.series_of_rows] + pd.to_timedelta(in_days.times, "D")
)
risks = {
    str(panel.time_scale): model.predict_proba(panel)[:, 1]
    for panel in (in_days, in_hours, as_dates)
}
days, *others = risks.values()
for name, risk in list(risks.items())[1:]:
    print(f"{name}: largest difference {np.abs(risk - days).max():.1e}")

# %%
# Numbers without a unit
# ----------------------
# Nobody knows whether plain numbers are days. The error names the way out.

plain = in_days.with_times(in_days.times)
try:
    model.predict_proba(plain)
except ValueError as error:
    print(error)

# %%
# A unit changes no model either
# ------------------------------
# Fitted on dates instead of days, it is the same model. All points lie on the diagonal.

dates = pd.Timestamp("1974-01-01") + pd.to_timedelta(X.times, "D")
again = CKRocketClassifier(random_state=0).fit(X.with_times(dates)[seen], y[seen])
refitted = again.predict_proba(as_dates)[:, 1]

figure, axes = plt.subplots(1, 3, figsize=(9, 3.7), sharey=True, layout="constrained")
shown = [*others, refitted]
titles = ["asked in hours", "asked in dates", "fitted and asked in dates"]
for axis, risk, title in zip(axes, shown, titles, strict=True):
    axis.plot([0, 100], [0, 100], color="0.7", lw=1)
    axis.plot(100 * days, 100 * risk, "o", color="C0", mfc="none", ms=5)
    axis.set(xlabel="risk (%), all in days")
    axis.set_title(title, fontsize=10)
    axis.set_box_aspect(1)
    axis.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("risk (%)")
plt.show()
