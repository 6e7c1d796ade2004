"""
Killed in the middle, and continued; saved, and loaded
======================================================

A long training may be killed: by a scheduler, by a power cut. With ``checkpoint=`` the
same ``fit``, started again, goes on where it was, and ends with the same weights to the
bit. A finished model is one file without code.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from skorch.callbacks import Callback

import ckts
from ckts import CKCNNClassifier
from ckts.datasets import make_speed

X, y = make_speed(120, noise=0.5, random_state=0)
folder = Path(tempfile.mkdtemp())


def make_model(**params):
    """Make one network, for six epochs."""
    return CKCNNClassifier(
        rocket=False,
        max_epochs=6,
        hidden_channels=8,
        weight_decay=0.5,
        n_jobs=1,
        random_state=0,
        **params,
    )


# %%
# Never killed
# ------------

whole = make_model().fit(X, y)

# %%
# Killed after the third epoch
# ----------------------------
# A callback stands in for the power cut. The second ``fit`` could be another process on
# the next day.


class Kill(Callback):
    """Stop the program after three epochs."""

    def on_epoch_end(self, net, **kwargs):
        """Raise after the third epoch."""
        if len(net.history) == 3:
            raise RuntimeError("killed")


killed = make_model(checkpoint=folder / "checkpoints", callbacks=[Kill()])
try:
    killed.fit(X, y)
except RuntimeError as error:
    print(error, "with", len(list((folder / "checkpoints").iterdir())), "file left")
resumed = make_model(checkpoint=folder / "checkpoints").fit(X, y)
print(len(list((folder / "checkpoints").iterdir())), "files left when it is done")
same = np.array_equal(resumed.predict_proba(X), whole.predict_proba(X))
print("the same predictions, bit by bit:", same)

# %%
# Save and load
# -------------

path = folder / "model.safetensors"
resumed.save(path)
loaded = ckts.load(path)
print(f"{path.stat().st_size / 1e3:.0f} kB")
same = np.array_equal(loaded.predict_proba(X), whole.predict_proba(X))
print("the same predictions, bit by bit:", same)

# %%
# The record of the training that was never killed, and of the two parts of the other
# one.

figure, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
epochs = np.arange(1, 7)
losses = [epoch["train_loss"] for epoch in whole.history_]
again = [epoch["train_loss"] for epoch in resumed.history_]
axis.plot(epochs, losses, "-", color="0.7", lw=6, label="never killed")
axis.plot(epochs[:3], again[:3], "o", color="C0", label="until it was killed")
axis.plot(epochs[3:], again[3:], "^", color="C1", label="continued")
axis.axvline(3.5, color="black", ls=":")
axis.set(xlabel="epoch", ylabel="training loss")
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)
plt.show()
