"""Draw random kernels, and what a model looked at, for docs/guide/random-kernels.md.

    python docs/guide/random_kernels.py [FOLDER]

writes the pictures of the page, by default to docs/guide/random_kernels/.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split

from ckts import CKRocketClassifier, Panel
from ckts.datasets import load_pbc, load_pbc_survival
from ckts.rocket import (
    PATTERNS,
    AbstractKernelGroup,
    BalancedDraws,
    CenteredKernelGroup,
    Signal,
    draw_kernels,
)

HERE = Path(__file__).resolve().parent
YEAR = 365.25
RAISES, LOWERS, QUIET = "#b2182b", "#2166ac", "0.75"
PATIENT = 41  # of the first picture: sixteen visits, and bilirubin that rises
VISITS = ["number of rows", "span", "mean gap", "longest gap"]


# --- Kernels at real distances --------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A kernel of the picture, and its response to the series of it.

    Parameters
    ----------
    group : AbstractKernelGroup
    kernel : int
        Number of its pattern.
    bias : float
    times, responses : ndarray of shape (n_times,)
    """

    group: AbstractKernelGroup
    kernel: int
    bias: float
    times: np.ndarray
    responses: np.ndarray

    @property
    def share(self) -> float:
        """The feature: the share of the time above the bias."""
        return float((self.responses > self.bias).mean())


def load_bilirubin() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Load years since enrollment and log bilirubin of patients with eight visits."""
    panel, _ = load_pbc_survival()
    column = panel.channels.index("bilirubin")
    return {
        i: (panel[i].times / YEAR, np.log2(panel[i].values[:, column]))
        for i in np.flatnonzero(panel.lengths >= 8).tolist()
    }


def show_kernels(patients: dict[int, tuple[np.ndarray, np.ndarray]]) -> Iterator[Shown]:
    """Respond to one of the patients, with biases learned from all of them."""
    level = np.mean(np.concatenate([values for _, values in patients.values()]))
    signals = {
        number: Signal.through(
            torch.tensor(times)[None], torch.tensor(values - level)[None, :, None]
        )
        for number, (times, values) in patients.items()
    }
    own, rng = signals[PATIENT], np.random.RandomState(0)
    drawn = draw_kernels(
        0.25, 14.0, 2520, BalancedDraws(1, rng), rng, CenteredKernelGroup
    )
    groups = [group for group, _ in drawn]
    shown = {0: [3, 4, 5], 2: [6, 7, 8], 4: [3, 4, 5]}  # group: steps that are 2
    for group, raised in ((groups[number], steps) for number, steps in shown.items()):
        kernel = int((PATTERNS[:, raised] == 2).all(1).argmax())
        found = torch.cat([group.responses(one)[0][0] for one in signals.values()])
        biases = group.with_biases(found, 5, rng).biases[:, kernel].sort().values
        times = group.windows(own.span)[:, 4:6].mean(1).numpy()
        responses = group.responses(own)[0][0, :, kernel].numpy()
        yield Shown(group, kernel, float(biases[3]), times, responses)


def draw_responses() -> Any:
    """Draw the visits of a patient, and three kernels with their responses."""
    import matplotlib.pyplot as plt

    patients = load_bilirubin()
    times, values = patients[PATIENT]
    figure, axes = plt.subplots(4, 1, figsize=(8, 7), sharex=True, layout="constrained")
    axes[0].plot(times, 2**values, "o-", color="black", markersize=4, linewidth=1)
    axes[0].set_yscale("log", base=2)
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].set(xlim=(-1.5, 15.5), ylabel="bilirubin\n[mg/dl]")
    axes[0].set_title("The visits of a patient, and the straight lines between them")
    for axis, one in zip(axes[1:], show_kernels(patients), strict=True):
        draw_response(axis, one)
    axes[-1].set_xlabel("years since enrollment")
    return figure


def draw_response(axis: Any, one: Shown) -> None:
    """Draw a response, the time above the bias, and the kernel where it peaks."""
    above = one.responses > one.bias
    axis.plot(one.times, one.responses, color="black", linewidth=1)
    axis.fill_between(
        one.times, one.bias, one.responses, where=above, color=RAISES, alpha=0.5
    )
    axis.axhline(one.bias, color=RAISES, linewidth=1, linestyle="--")
    d, peak = one.group.dilation, one.times[one.responses.argmax()]
    ends = peak + (np.arange(10) - 4.5) * d
    behind = axis.twinx()
    behind.stairs(PATTERNS[one.kernel], ends, baseline=0, fill=True, color=QUIET)
    behind.set(ylim=(-4, 4), yticks=[])
    behind.set_zorder(0)
    axis.set_zorder(1)
    axis.patch.set_visible(False)
    axis.set_ylabel("response")
    axis.set_title(
        f"Nine steps of {d * 12:.0f} months (gray): above the bias for "
        f"{one.share:.0%} of the time"
    )


# --- What a model looked at -----------------------------------------------------------


@dataclass(frozen=True)
class Explained:
    """A patient whom a model has not seen, and what it says of them.

    Parameters
    ----------
    patient : Panel of one series
    risk : float
        Predicted probability of death or transplantation within three years.
    table : DataFrame
        Of `attribute`, for the class of those who had the event.
    """

    patient: Panel
    risk: float
    table: pd.DataFrame

    def by_time(self) -> pd.DataFrame:
        """Sum up what kernels add by channel and start of the interval."""
        kernels = self.table[self.table["block"] == "kernels"]
        found = kernels.groupby(["channel", "start"])["value"].sum().unstack()
        return found.reindex(self.patient.channels)

    def by_step(self) -> pd.Series:
        """Sum up what kernels add by the length of their steps."""
        kernels = self.table[self.table["block"] == "kernels"]
        found = kernels.groupby(["clock", "dilation"])["value"].sum()
        found.index = [
            f"{step * 12 / YEAR:.1f} months"
            if clock == "absolute"
            else f"{step:.1%} of the record"
            for clock, step in found.index
        ]
        return found

    def summaries(self) -> pd.Series:
        """Sum up what summaries add by channel, static feature, or about the visits."""
        rows = self.table[self.table["block"] == "summaries"]
        about = rows["channel"].fillna(rows["summary"]).replace(VISITS, "visits")
        return rows["value"].groupby(about).sum()


def explain_patient() -> Explained:
    """Fit on 70 % of the PBC patients; explain the highest risk that came true."""
    X, y = load_pbc()
    train, test = train_test_split(
        np.arange(len(X)), test_size=0.3, stratify=y, random_state=0
    )
    model = CKRocketClassifier(random_state=0).fit(X[train], y[train])
    risks = model.predict_proba(X[test])[:, 1]
    found = int(np.argmax(np.where(y[test] == 1, risks, 0)))
    patient = X[test][[found]]
    table = model.attribute(patient, n_intervals=24)
    return Explained(patient, float(risks[found]), table[table["output"] == 1])


def draw_attributions(explained: Explained) -> Any:
    """Draw channel by time, summaries by channel, and lengths of steps."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2,
        2,
        figsize=(10, 6.5),
        width_ratios=[2.2, 1],
        height_ratios=[3, 1],
        layout="constrained",
    )
    mesh = draw_map(axes[0, 0], explained)
    figure.colorbar(
        mesh, ax=axes[0, 0], location="left", label="lowers / raises the score"
    )
    found, channels = explained.summaries(), list(explained.patient.channels)
    draw_bars(axes[0, 1], found[channels], "Their whole record")
    draw_bars(axes[1, 0], explained.by_step(), "Shapes, by the length of a step")
    draw_bars(axes[1, 1], found.drop(channels), "Other facts")
    axes[1, 1].sharex(axes[0, 1])
    return figure


def draw_map(axis: Any, explained: Explained) -> Any:
    """Draw what kernels add as a map of channel by time, with what was measured."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2, foreground="white")]
    values, patient = explained.by_time(), explained.patient
    ends = np.r_[values.columns, patient.times[-1]] / YEAR
    most = np.abs(values.to_numpy()).max()
    mesh = axis.pcolormesh(
        ends, np.arange(len(values) + 1), values, cmap="RdBu_r", vmin=-most, vmax=most
    )
    sides = ["left", *["center"] * (len(patient.times) - 2), "right"]
    for row, channel in np.argwhere(~np.isnan(patient.values)):
        axis.text(
            patient.times[row] / YEAR,
            channel + 0.5,
            f"{patient.values[row, channel]:.4g}",
            fontsize=7,
            ha=sides[row],
            va="center",
            path_effects=halo,
        )
    axis.set_yticks(np.arange(len(values)) + 0.5, values.index)
    axis.tick_params(left=False)  # a tick beside a figure looks like a minus
    axis.set_xlim(ends[0] - 0.03, ends[-1] + 0.03)
    axis.invert_yaxis()
    axis.set_xlabel("years since enrollment; figures: what the visits measured")
    axis.set_title("Shapes over time")
    return mesh


def draw_bars(axis: Any, values: pd.Series, title: str) -> None:
    """Draw a horizontal bar for each value."""
    colors = np.where(values > 0, RAISES, LOWERS)
    axis.barh(np.arange(len(values)), values, color=colors)
    axis.set_yticks(np.arange(len(values)), values.index)
    axis.set_ylim(len(values) - 0.5, -0.5)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_title(title)


def draw_all(folder: Path) -> Iterator[Path]:
    """Write the pictures of the page; yield their paths."""
    import matplotlib.pyplot as plt

    figures = {
        "responses": draw_responses(),
        "attributions": draw_attributions(explain_patient()),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=85, metadata={"Software": None})
        plt.close(figure)
        yield path


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "random_kernels"
    for path in draw_all(out):
        print(path, path.stat().st_size)
