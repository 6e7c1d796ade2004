"""
Missing values need no imputation
=================================

What was not observed is NaN in a panel, and stays so: no layer and no kernel reads it.
A channel counts by what was measured of it, at the times when it was. How much may be
missing before a model gets worse?

Nine speakers say a vowel, described by 12 coefficients per frame (JapaneseVowels). We
take away single values at random, up to nine of ten of them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ckts import CKRocketClassifier, PanelResampler, PanelScaler
from ckts.datasets import drop_observations, load_japanese_vowels

X, y = load_japanese_vowels(split="train")
X_test, y_test = load_japanese_vowels(split="test")


def thin(panel, share):
    """Hide a share of the values of each channel of each series."""
    return drop_observations(panel, share, how="per_channel", random_state=0)


# %%
# The rival fills in
# ------------------
# ``PanelResampler`` puts straight lines between what was observed, and a ridge
# regression reads 20 steps of each channel.


def make_rival():
    """Interpolate, then a linear model on all steps."""
    grid = PanelResampler(grid=20, flatten=True)
    return make_pipeline(
        grid, StandardScaler(), RidgeClassifierCV(np.logspace(-2, 4, 7))
    )


# %%
# Trained on what is incomplete, tested on what is as incomplete
# --------------------------------------------------------------

shares = [0.0, 0.5, 0.7, 0.9]
scores = {"ckts": [], "interpolated": [], "ckts, trained on complete data": []}
complete = CKRocketClassifier(n_kernels=2000, random_state=0).fit(X, y)
for share in shares:
    seen, test = thin(X, share), thin(X_test, share)
    model = CKRocketClassifier(n_kernels=2000, random_state=0).fit(seen, y)
    scores["ckts"].append(model.score(test, y_test))
    scores["interpolated"].append(make_rival().fit(seen, y).score(test, y_test))
    scores["ckts, trained on complete data"].append(complete.score(test, y_test))
for name, found in scores.items():
    print(name.rjust(30), *(f"{score:.3f}" for score in found))

# %%
# On the left one utterance, in units of the standard deviation of each coefficient. On
# the right: a model that was trained on complete series never saw what little looks
# like, so train on what you will be given.

example = PanelScaler().fit(X).transform(thin(X, 0.7))[0]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
image = left.imshow(
    example.values.T, aspect="auto", cmap="cividis", interpolation="none"
)
figure.colorbar(image, ax=left, label="standardized value")
left.set(xlabel="frame", ylabel="coefficient", title="70 % missing (white)")
left.set_xticks(range(0, len(example.times), 5))
left.set_yticks(range(0, 12, 2), range(1, 13, 2))
styles = ["o-C0", "s--C1", "^:C2"]
for (name, found), style in zip(scores.items(), styles, strict=True):
    right.plot(100 * np.array(shares), found, style[:-2], color=style[-2:], label=name)
right.set(xlabel="values missing (%)", ylabel="accuracy of nine speakers")
right.legend(frameon=False, loc="lower left")
right.spines[["top", "right"]].set_visible(False)
plt.show()
