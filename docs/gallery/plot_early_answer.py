"""
How early can it be told?
=========================

A recording is not over when the answer is wanted. A causal model says its opinion after
each observation, so one pass over the test series tells how accuracy grows with what
was heard, and how long it takes until the model is sure.

Nine men say a vowel of 7 to 29 frames (JapaneseVowels). Lengths need no padding: a
frame that is not there is not there.
"""

import matplotlib.pyplot as plt
import numpy as np

from ckts import CKRocketClassifier
from ckts.datasets import load_japanese_vowels

X, y = load_japanese_vowels(split="train")
X_test, y_test = load_japanese_vowels(split="test")
print(X_test)
model = CKRocketClassifier(causal=True, n_kernels=2000, random_state=0).fit(X, y)

# %%
# Opinions after each frame
# -------------------------
# Of the utterances that are as long.

path = model.predict_proba_path(X_test)
frame = path.times.astype(int)
opinion = model.classes_[path.values.argmax(axis=1)]
right = opinion == y_test[path.series_of_rows]
accuracy = [right[frame == f].mean() for f in range(13)]
for f in (0, 3, 6, 12):
    print(f"after {f + 1:2} frames: {accuracy[f]:.2f}")

# %%
# Stop when sure
# --------------
# Answer as soon as the probability of some speaker is above a threshold, and at the end
# in any case. A higher threshold costs time.

sure = path.values.max(axis=1)
thresholds = [0.5, 0.7, 0.9, 0.95, 0.99, np.inf]
frames_heard, scores = [], []
for threshold in thresholds:
    answers = []
    for rows in np.split(np.arange(len(frame)), path.indptr[1:-1]):
        enough = np.flatnonzero(sure[rows] >= threshold)
        answers.append(rows[enough[0] if len(enough) else -1])
    frames_heard.append(frame[answers].mean() + 1)
    scores.append(right[answers].mean())
    heard, score = frames_heard[-1], scores[-1]
    print(f"above {threshold:4.2f}: {heard:4.1f} frames, {score:.3f} right")

# %%

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
axes[0].plot(np.arange(1, 14), accuracy, "o-", color="C0")
axes[0].set(xlabel="frames heard", ylabel="accuracy", ylim=(0, 1.03))
axes[0].set_xticks(range(1, 14, 2))
late = np.array([one.values[0].max() for one in path])  # sure of nothing at first
utterance = path[int(late.argmin())]
own = model.classes_ == y_test[late.argmin()]
axes[1].plot(utterance.times + 1, utterance.values[:, ~own], "-", color="0.7")
axes[1].plot(utterance.times + 1, utterance.values[:, own], "-", color="C1", lw=2)
axes[1].set(xlabel="frames heard", ylabel="probability", ylim=(0, 1.03))
axes[1].xaxis.get_major_locator().set_params(integer=True)
axes[1].set_title("the hardest beginning; orange: the speaker", fontsize=9)
axes[2].plot(frames_heard, scores, "s-", color="C0")
for x, score, threshold in zip(frames_heard, scores, thresholds, strict=True):
    axes[2].annotate(
        "at the end" if threshold == np.inf else f"{threshold:g}",
        (x, score),
        xytext=(5, -9) if threshold < 1 else (-50, -14),
        textcoords="offset points",
        fontsize=8,
    )
axes[2].margins(x=0.12, y=0.1)
axes[2].set(xlabel="frames heard on average", ylabel="accuracy")
axes[2].set_title("answers above a probability", fontsize=9)
for axis in axes:
    axis.spines[["top", "right"]].set_visible(False)
plt.show()
