"""Draw and measure the sampling pattern of data sets, for docs/guide/sampling.md.

    python docs/guide/sampling.py [FOLDER]

writes the pictures of the page, by default to docs/guide/sampling/, and prints what
`Panel.describe` says of each data set. Data that are not part of ckts are read from
`../shared`, or the folder that CKTS_SHARED names, and left out where they are absent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ckts import Panel
from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    load_pbc_survival,
    make_irregular_sinusoids,
    make_speed,
    read_physionet2012,
    read_physionet2019,
    read_ts,
    subsample,
)
from ckts.plotting import SamplingDisplay

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("CKTS_SHARED", HERE.parents[2] / "shared")) / "data"


@dataclass(frozen=True)
class Entry:
    """A data set of the page.

    Parameters
    ----------
    name : str
        Of the picture's file.
    load : callable
        -> Panel.
    source : str
        What must be in the shared folder; empty for data of ckts itself.
    words : dict
        Of `SamplingDisplay.plot`; empty where there is no picture, because nobody
        states that the data may be passed on.
    """

    name: str
    load: Callable[[], Panel]
    source: str = ""
    words: dict[str, Any] = field(default_factory=dict)

    def is_there(self) -> bool:
        """Whether the data can be loaded here."""
        return not self.source or (SHARED / self.source).exists()


def load_letters() -> Panel:
    """Load CharacterTrajectories, all 2858 letters."""
    with np.load(SHARED / "character_trajectories/ct_trimmed_float32.npz") as arrays:
        values, lengths = arrays["values"], arrays["lengths"]
    times = np.concatenate([np.arange(length) for length in lengths])
    names = ["x velocity", "y velocity", "pen force"]
    return Panel(values, times, np.cumsum([0, *lengths]), channels=names)


def _load_sinusoids() -> Panel:
    return make_irregular_sinusoids(n_channels=3, missing=0.3, random_state=0)[0]


def _read(reader: Callable[[Any], tuple[Panel, Any]], name: str) -> Entry:
    stem = Path(name).name.partition(".")[0]
    return Entry(stem, lambda: reader(SHARED / name)[0], name)


def _uea(name: str) -> Entry:
    return Entry(name, lambda: read_ts(SHARED / "uea_ts" / name)[0], f"uea_ts/{name}")


ENTRIES = (
    Entry(
        "pbc",
        lambda: load_pbc_survival()[0],
        words={
            "title": "PBC: visits of patients with a chronic liver disease",
            "series_label": "patients",
            "time_factor": 1 / 365.25,
            "time_label": "years since enrollment",
        },
    ),
    Entry(
        "japanese_vowels",
        lambda: load_japanese_vowels()[0],
        words={
            "title": "JapaneseVowels: nine speakers say one vowel",
            "series_label": "recordings",
            "time_label": "frame",
        },
    ),
    Entry(
        "sinusoids",
        _load_sinusoids,
        words={"title": "Irregular sinusoids, 30 % of the values hidden at random"},
    ),
    Entry(
        "speed",
        lambda: make_speed(random_state=0)[0][:12],
        words={"title": "Speed: the same values on clocks of two speeds"},
    ),
    Entry(
        "physionet2012",
        lambda: read_physionet2012(SHARED / "physionet2012/set-a.tar.xz")[0],
        "physionet2012/set-a.tar.xz",
        {
            "title": "PhysioNet 2012: the first two days in intensive care",
            "series_label": "patients",
            "time_factor": 1 / 60,
            "time_label": "hours since admission",
        },
    ),
    Entry(
        "physionet2019",
        lambda: read_physionet2019(
            SHARED / "physionet2019/training_setB_first10000.tar.xz"
        )[0],
        "physionet2019/training_setB_first10000.tar.xz",
        {
            "title": "PhysioNet 2019: hourly records of stays in intensive care",
            "series_label": "patients",
            "time_label": "hours since admission",
        },
    ),
    Entry(
        "character_trajectories",
        load_letters,
        "character_trajectories/ct_trimmed_float32.npz",
        {
            "title": "CharacterTrajectories: a pen writes letters",
            "series_label": "letters",
            "time_label": "step of 5 ms",
        },
    ),
    *map(_uea, ["PLAID", "GesturePebbleZ1", "MelbournePedestrian", "DodgerLoopDay"]),
)


def draw_protocols(panel: Panel) -> Any:
    """Draw what the protocols of the CKConv paper leave of a panel."""
    import matplotlib.pyplot as plt

    half = {"rate": 0.5, "random_state": 0}
    thinned = {
        "as recorded": panel,
        "half of the rows, at random": drop_observations(panel, **half),
        "half of each channel, at random": drop_observations(
            panel, how="per_channel", **half
        ),
        "half of the rows, in one block": drop_observations(
            panel, pattern="blocks", **half
        ),
        "half of the rows, in three blocks": drop_observations(
            panel, pattern="blocks", n_blocks=3, **half
        ),
        "every 4th row": subsample(panel, 4),
    }
    figure, axes = plt.subplots(2, 3, figsize=(9, 4), sharex=True, layout="constrained")
    for axis, (title, left) in zip(axes.flat, thinned.items(), strict=True):
        SamplingDisplay.from_panel(
            left, ax=axis, title=title, time_label="frame" if axis in axes[1] else " "
        )
    return figure


def draw_all(folder: Path) -> Iterator[Path]:
    """Write the pictures of all data sets that are there; yield their paths."""
    import matplotlib.pyplot as plt

    figures = {
        entry.name: SamplingDisplay.from_panel(entry.load(), **entry.words).figure_
        for entry in ENTRIES
        if entry.words and entry.is_there()
    }
    vowels = load_japanese_vowels()[0][[0, 120, 240, 360, 480, 600]]
    figures["protocols"] = draw_protocols(vowels)
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=90, metadata={"Software": None})
        plt.close(figure)
        yield path


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "sampling"
    for path in draw_all(out):
        print(path, path.stat().st_size)
    for entry in ENTRIES:
        if entry.is_there():
            print(f"\n{entry.name}\n{entry.load().describe()}")
