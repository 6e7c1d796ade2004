"""The figure: time and memory of one layer over the number of observations."""

from collections.abc import Mapping
from pathlib import Path

from contests.claims import series

# step -> (label, color, style)
STYLES = {
    "naive": ("irregular: a kernel per pair", "#9a6fb0", "s:"),
    "pairwise": ("irregular: best sum over pairs", "#c05a2e", "^--"),
    "dense": ("regular: dense formula", "#7f7f7f", "D--"),
    "regular": ("regular: ckts", "#2e8b57", "o-"),
    "layer": ("irregular: ckts", "#1f5fa8", "o-"),
}


def draw(seconds: Mapping[str, float], peaks: Mapping[str, float], path: Path) -> None:
    """Write the figure."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharex=True)
    panels = (
        (axes[0], seconds, "CPU seconds, forward + backward"),
        (axes[1], peaks, "peak memory, MB"),
    )
    for axis, values, label in panels:
        for step, (name, color, style) in STYLES.items():
            points = series(values, step)
            if points:
                axis.loglog(*zip(*points, strict=True), style, color=color, label=name)
        axis.set(xlabel="observations", ylabel=label)
        axis.grid(alpha=0.3)
    axes[0].xaxis.set_major_locator(plt.matplotlib.ticker.LogLocator(base=4))
    axes[0].xaxis.set_major_formatter("{x:,.0f}")
    axes[0].xaxis.set_minor_locator(plt.NullLocator())
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="lower center", ncols=3, frameon=False, fontsize=9)
    figure.suptitle("One layer 30 → 30, one series, float32, one thread", fontsize=10)
    figure.tight_layout(rect=(0, 0.12, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)
