"""
Who was measured when?
======================

Before a model, look at the clock: how many rows a series has, how long the gaps are,
and which values are missing. ``SamplingDisplay`` draws it, ``Panel.describe`` says it
in figures. Three kinds of irregularity are easily confused, and each of the pictures
below has one of them.
"""

import matplotlib.pyplot as plt

from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    load_pbc_survival,
    make_bursty_visits,
)
from ckts.plotting import SamplingDisplay

# %%
# Visits of patients
# ------------------
# Each lane is a patient, each mark a visit; the taller the mark, the more was measured.
# Everybody has a clock of their own, and one laboratory value is often missing.

patients, _ = load_pbc_survival()
SamplingDisplay.from_panel(
    patients,
    series_label="patients",
    time_factor=1 / 365.25,
    time_label="years since enrollment",
)
print(patients.describe())

# %%
# Bursts
# ------
# Readings a minute apart, in visits that are hours apart: the typical gap is a minute,
# but nearly all of the time lies between the visits. "Variation" is the standard
# deviation of the gaps over their mean, about 1 for random times and more for bursts.

bursts, _ = make_bursty_visits(50, inner_gap=60.0, random_state=0)
SamplingDisplay.from_panel(
    bursts, n_series=6, time_factor=1 / 3600, time_label="time (hours)"
)
print(bursts.describe())

# %%
# A regular recording, made irregular
# -----------------------------------
# Utterances have unequal lengths, but equal steps and no missing value: that is the
# regular case. ``drop_observations`` takes things away in three ways, to test what a
# model does then.

vowels = load_japanese_vowels()[0][:6]
protocols = {
    "as recorded": vowels,
    "half of the rows": drop_observations(vowels, 0.5, random_state=0),
    "half of each channel": drop_observations(
        vowels, 0.5, how="per_channel", random_state=0
    ),
    "one block": drop_observations(vowels, 0.5, pattern="blocks", random_state=0),
}
figure, axes = plt.subplots(2, 2, figsize=(9, 5), sharex=True, layout="constrained")
for axis, (name, panel) in zip(axes.flat, protocols.items(), strict=True):
    label = "frame" if axis in axes[-1] else ""
    SamplingDisplay.from_panel(panel, ax=axis, title=name, time_label=label)
for axis in axes[:, 0]:
    axis.set_ylabel("utterance")
plt.show()
