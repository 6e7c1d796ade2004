"""
The layer alone, in a module of your own
========================================

``CKConv`` is a torch module: values, time stamps and masks in, a convolution out, at
the observations or *at any other times*. Here it fills the gaps of a noisy signal: a
small module is trained by a plain loop to predict values that are hidden from it, and
is then asked at times at which nobody measured.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from ckts.layers import CKConv

torch.manual_seed(0)


def draw_batch(n_series, n_rows=40):
    """Draw waves of random frequency and phase at irregular times; half is given."""
    times = 10 * torch.rand(n_series, n_rows, dtype=torch.float64).sort().values
    frequency = 0.2 + 0.3 * torch.rand(n_series, 1)
    phase = 6.28 * torch.rand(n_series, 1)

    def truth(at):
        return torch.sin(6.28 * frequency * at + phase).float()

    values = (truth(times) + 0.2 * torch.randn(times.shape)).unsqueeze(-1)
    given = torch.rand(n_series, n_rows, 1) < 0.5
    return times, values, given, truth


class Filler(nn.Module):
    """Two convolutions: among the observations, and from there to any times."""

    def __init__(self, width=32):
        super().__init__()
        settings = {"horizon": 10.0, "time_step": 0.5, "causal": False}
        self.first = CKConv(1, width, **settings)
        self.second = CKConv(width + 1, width, **settings)
        self.head = nn.Linear(width, 1)

    def forward(self, values, times, given, query_times):
        """Return values of shape (batch, query, 1)."""
        hidden = torch.relu(self.first(values * given, times, given))
        hidden = torch.cat([hidden, values * given], dim=-1)
        mask = given.expand(hidden.shape)
        found = self.second(hidden, times, mask, query_times=query_times)
        return self.head(torch.relu(found))


# %%
# A loop as everywhere
# --------------------
# The loss is that of the values that were not given.

model = Filler()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
history = []
for _ in range(250):
    times, values, given, _ = draw_batch(16)
    error = model(values, times, given, times) - values
    loss = error[~given].square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    history.append(loss.item())
print(f"squared error: first 20 steps {sum(history[:20]) / 20:.2f}, ", end="")
print(f"last 20 {sum(history[-20:]) / 20:.2f}; of the noise alone {0.2**2:.2f}")

# %%
# Asked at other times
# --------------------

times, values, given, truth = draw_batch(3)
grid = torch.linspace(0, 10, 200, dtype=torch.float64).expand(3, -1)
with torch.no_grad():
    filled = model(values, times, given, grid)

figure, axes = plt.subplots(3, 1, figsize=(8, 5), sharex=True, layout="constrained")
for number, (axis, curve) in enumerate(zip(axes, truth(grid), strict=True)):
    own = given[number, :, 0]
    axis.plot(grid[number], curve, color="0.75", lw=4, label="truth")
    axis.plot(grid[number], filled[number, :, 0], color="C0", label="filled in")
    axis.plot(
        times[number, own], values[number, own, 0], "o", color="C1", label="given"
    )
    axis.set(ylabel="value", ylim=(-1.8, 1.8))
    axis.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 0.95))
axes[-1].set_xlabel("time")
plt.show()
