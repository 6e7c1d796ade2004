"""What a fitted model learned, in words: printed by `verbose=2`, shown in notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ckts._html import page, table
from ckts.estimators.preprocessing.batches import PanelStatistics
from ckts.estimators.preprocessing.statistics import CenterScale
from ckts.estimators.training.net import PanelNet
from ckts.panel import TimeScale, percent, readable_unit

# A name, and what is to be said of it.
Fact = tuple[str, str]
MOST_NAMES = 6


def learned_units(
    channels: Sequence[str],
    static_names: Sequence[str],
    statistics: PanelStatistics,
    time_scale: TimeScale,
) -> Iterator[Fact]:
    """Yield what was learned of channels, static features and times."""
    yield "channels", _scales(channels, statistics.values)
    if static_names:
        yield "static", _scales(static_names, statistics.static)
    time = statistics.time
    if not time.known:
        yield "clock", "none: no series has two different stamps"
        return
    size, unit = readable_unit(time_scale, time.row_time_step)

    def words(length: float) -> str:
        return f"{length / size:.4g} {unit}".strip()

    yield (
        "clock",
        (
            f"a row every {words(time.row_time_step)}, resolved to "
            f"{words(time.row_resolution)}, horizon {words(time.horizon)}"
        ),
    )
    if time.bursts is not None:
        yield (
            "bursts",
            (
                f"a row every {words(time.bursts.time_step)}, for up to "
                f"{words(time.bursts.horizon)}"
            ),
        )


def _scales(names: Sequence[str], found: CenterScale) -> str:
    """Write names with center and scale, at most a few of them."""
    each = zip(names, found.center, found.scale, found.known, strict=True)
    shown = [
        f"{name} {center:.4g} ± {scale:.4g}" if known else f"{name} (no value)"
        for name, center, scale, known in list(each)[:MOST_NAMES]
    ]
    more = len(names) - MOST_NAMES
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def learned_classes(
    classes: Sequence[Any], codes: np.ndarray, weight: np.ndarray
) -> Fact:
    """Tell the share that each class has of the weights of all series."""
    shares = np.bincount(codes, weight, len(classes)) / weight.sum()
    shown = [f"{one} {percent(s)}" for one, s in zip(classes, shares, strict=True)]
    more = len(shown) - MOST_NAMES
    rest = f" and {more:,} more" if more > 0 else ""
    return "weights", ", ".join(shown[:MOST_NAMES]) + rest


def learned_networks(nets: Sequence[PanelNet]) -> Iterator[Fact]:
    """Yield how large trained networks are, and how they were trained."""
    net = nets[0]
    size = sum(one.numel() for one in net.module_.parameters())
    several = f"{len(nets)} times " if len(nets) > 1 else ""
    name = type(net.module_).__name__
    yield "network", f"{several}{name}, {size:,} numbers, on {net.device}"
    grid = net.get_params_for("module").get("grid_step")
    if grid is not None:
        yield "grid", f"a point every {grid:.4g} in the unit of the stamps"
    steps = sum(one.n_steps_ for one in nets)
    yield "training", f"{steps:,} steps in batches of {net.batch_size:,}, lr {net.lr:g}"


def in_words(values: Mapping[str, Any]) -> str:
    """Write parameters and their values.

    Examples
    --------
    >>> in_words({"weight_decay": 0.123456, "scales": "both"})
    'weight_decay 0.1235, scales both'
    """
    shown = {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in values.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def in_lines(title: str, facts: Iterable[Fact]) -> str:
    """Write facts as lines of text."""
    return "\n".join([title, *(f"  {name:<9}{words}" for name, words in facts)])


def in_html(facts: Iterable[Fact]) -> str:
    """Write facts as a small page; nothing if there are none."""
    rows = [(escape(name), escape(words)) for name, words in facts]
    return page("What fit learned", table(rows)) if rows else ""
