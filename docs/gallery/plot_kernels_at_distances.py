"""
A kernel at real distances, and weights for crowded times
=========================================================

A convolution of a grid has a weight for "one step ago". Here a kernel is a function of
the *lag*, so that it can be evaluated at the distance of any two observations. And what
is summed approximates an integral: an observation in a crowd stands for little time,
and counts little.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

from ckts.layers import CKConv

# %%
# A layer, and its kernel
# -----------------------
# The kernel is what one observation at time 0 leaves behind: the layer's answer at
# later times. ``causal=True`` looks back only.

conv = CKConv(
    1,
    1,
    horizon=5.0,
    time_step=0.5,
    quadrature="none",
    bias=False,
    generator=torch.Generator().manual_seed(5),
).double()
lags = torch.linspace(-1, 6, 400, dtype=torch.float64)
impulse = torch.ones(1, 1, 1, dtype=torch.float64)
with torch.no_grad():
    answer = conv(impulse, torch.zeros(1, 1).double(), query_times=lags[None])[0, :, 0]

# %%
# The same signal, seen four times
# --------------------------------
# Densely, at half of the rate, at random, and crowded in the first half. With
# ``quadrature="gap"``, the default, each observation is weighted by the gaps beside it;
# ``"linear"`` integrates the straight lines between the observations. With ``"none"``
# the sum counts observations, which is right for events. Printed is the largest
# difference to the dense sampling, as a share of the largest response.

layers = {"none": conv}
for quadrature in ("gap", "linear"):
    layers[quadrature] = CKConv(
        1, 1, horizon=5.0, time_step=0.5, bias=False, quadrature=quadrature
    ).double()
    layers[quadrature].load_state_dict(conv.state_dict())
rng = np.random.default_rng(0)
samplings = {
    "dense": np.linspace(0, 10, 101),
    "half the rate": np.linspace(0, 10, 51),
    "random": np.sort(np.r_[0, rng.uniform(0, 10, 59), 10]),
    "crowded": np.sort(np.r_[0, rng.uniform(0, 5, 90), rng.uniform(5, 10, 20), 10]),
}
grid = torch.linspace(0, 10, 300, dtype=torch.float64)
responses = {}
for name, stamps in samplings.items():
    times = torch.as_tensor(stamps)[None]
    values = torch.sin(1.5 * times)[..., None]
    with torch.no_grad():
        for quadrature, layer in layers.items():
            found = layer(values, times, query_times=grid[None])[0, :, 0].numpy()
            responses[name, quadrature] = found
for quadrature in layers:
    truth = responses["dense", quadrature]
    error = {
        name: np.abs(responses[name, quadrature] - truth).max() / np.abs(truth).max()
        for name in samplings
    }
    print(quadrature.ljust(6), {name: f"{value:.0%}" for name, value in error.items()})

# %%

figure, axes = plt.subplots(4, 1, figsize=(8, 8), layout="constrained")
axes[0].plot(lags, answer, color="C0")
axes[0].axvline(0, color="0.7", lw=1)
axes[0].set(xlabel="lag: how long ago", ylabel="kernel")
styles = [("black", "-"), ("C0", "--"), ("C1", "-."), ("C2", ":")]
titles = ["plain sums", "weighted by gaps", "integral of straight lines"]
for axis, quadrature, title in zip(axes[1:], layers, titles, strict=True):
    for name, (color, line) in zip(samplings, styles, strict=True):
        axis.plot(grid, responses[name, quadrature], line, color=color, label=name)
    axis.set(ylabel="response", xlim=(-0.2, 10.2))
    axis.set_title(f'"{quadrature}": {title}', loc="left", fontsize=10)
    low, crowded = axis.get_ylim()[0], samplings["crowded"]
    axis.plot(crowded, np.full(len(crowded), low), "|", color="C2", ms=10)
for axis in axes:
    axis.spines[["top", "right"]].set_visible(False)
axes[-1].set_xlabel("time (marks: the observations of the crowded sampling)")
figure.legend(
    *axes[1].get_legend_handles_labels(),
    loc="outside lower center",
    ncols=4,
    frameon=False,
)
plt.show()
