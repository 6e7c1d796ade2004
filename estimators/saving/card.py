"""Model cards: what a model was fitted to, how good it is, and what it is for."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ckts._version import __version__
from ckts.estimators.saving.values import savable
from ckts.panel import Panel, readable_unit, spread_of

TEXTS = ("intended_use", "limitations", "data")
LIBRARIES = ("numpy", "scikit-learn", "torch")
FILL_IN = {
    "intended_use": "*To be filled in: who may use it, for what, and for what not.*",
    "limitations": "*To be filled in: who is not in the data, what not to decide.*",
    "data": "*To be filled in: where the data come from, and when.*",
}


@savable
@dataclass(frozen=True)
class TrainingData:
    """Facts of the series that the last call of `fit` or `partial_fit` used.

    Attributes
    ----------
    n_series, n_rows : int
        Series of positive weight, and their rows.
    lengths, durations : tuple of float
        The least, the median and the largest number of rows of a series, and time
        from its first to its last row, in the unit of the model's `time_scale_`.
    classes : dict of str to int or None
        The number of series of each class; None of numbers and of several outputs.
    targets : tuple of float or None
        The least, the median and the largest of one target that is a number.
    """

    n_series: int
    n_rows: int
    lengths: tuple[float, ...]
    durations: tuple[float, ...]
    classes: dict[str, int] | None = None
    targets: tuple[float, ...] | None = None

    @classmethod
    def of(
        cls, lengths: np.ndarray, durations: np.ndarray, y: np.ndarray, *, classes: bool
    ) -> TrainingData:
        """Count series, all of which are used, of so many rows and such durations.

        Parameters
        ----------
        lengths : ndarray of int of shape (n_series,)
        durations : ndarray of shape (n_series,)
            From the first to the last row; NaN of those without rows.
        y : ndarray of shape (n_series,) or (n_series, n_targets)
        classes : bool
            Whether the targets are classes.
        """
        single = np.ndim(y) == 1
        counts = None
        if classes and single:
            names, numbers = np.unique(y, return_counts=True)
            counts = dict(zip(map(str, names), numbers.tolist(), strict=True))
        return cls(
            n_series=len(lengths),
            n_rows=int(lengths.sum()),
            lengths=tuple(spread_of(lengths)),
            durations=tuple(spread_of(durations[~np.isnan(durations)])),
            classes=counts,
            targets=tuple(spread_of(y)) if single and not classes else None,
        )


def durations_of(panel: Panel) -> np.ndarray:
    """Return the time from the first to the last row of each series; NaN of no rows."""
    durations = np.full(len(panel), np.nan)
    filled = panel.lengths > 0
    durations[filled] = panel.elapsed[panel.indptr[1:][filled] - 1]
    return durations


def check_card(card: Any, model: Any, target: Path) -> dict[str, Any] | None:
    """Return what a card is to tell, or None if none is wanted.

    Raises
    ------
    ValueError
        If there is a file in its place, whose text may be somebody's, or the model is
        not fitted.
    TypeError
        If it is not as `save` describes.
    """
    if card is None or card is False:
        return None
    told = {} if card is True else card
    names = {"metrics", *TEXTS}
    if not isinstance(told, Mapping) or set(told) - names:
        raise TypeError(
            f"`card` must be True or a dict of some of {sorted(names)}; got {card!r}. "
            'Write for example `card={"metrics": {"AUROC": 0.84}}`.'
        )
    if not isinstance(told.get("metrics", {}), Mapping):
        raise TypeError(
            f"`card` must hold a dict of metrics; got {told['metrics']!r}. Write for "
            'example `card={"metrics": {"AUROC": 0.84}}`.'
        )
    if "time_scale_" not in vars(model):
        raise ValueError(
            f"`card` must be of a fitted model; got {type(model).__name__} without "
            "`fit`. Call `model.fit(X, y)` before."
        )
    place = card_path(target)
    if place.exists() or place == target:
        raise ValueError(
            f"`card` must be written to a new file; got {str(place)!r}, which exists. "
            "Move it, or remove it if nobody wrote in it."
        )
    return dict(told)


def card_path(target: Path) -> Path:
    """Return where the card of a model file stands: beside it."""
    return target.with_suffix(".md")


def card_text(model: Any, target: Path, told: Mapping[str, Any]) -> str:
    """Write the card of a model that was saved.

    Parameters
    ----------
    model : estimator
    target : Path
        Its file.
    told : mapping
        What :func:`check_card` returned.

    Returns
    -------
    str
        Markdown.
    """
    texts = {name: str(told.get(name) or FILL_IN[name]) for name in TEXTS}
    metrics = told.get("metrics") or {}
    none = '*None were handed in: `model.save(path, card={"metrics": {...}})`.*'
    sections = {
        "Intended use": texts["intended_use"],
        "Data": f"{texts['data']}\n\n{_table(_data_rows(model))}",
        "Metrics": _table(metrics.items()) if metrics else none,
        "Parameters": _table(_parameter_rows(model)),
        "Limitations": texts["limitations"],
        "Versions": _table(_version_rows(target)),
    }
    head = f"# {_cell(target.name)}\n\nA {type(model).__name__} of ckts."
    parts = [f"## {name}\n\n{text}" for name, text in sections.items()]
    return "\n\n".join([head, *parts]) + "\n"


def _data_rows(model: Any) -> Iterable[tuple[str, Any]]:
    facts = vars(model).get("training_data_")
    if facts is not None:
        size, unit = readable_unit(model.time_scale_, facts.durations[1])
        spans = (time / size for time in facts.durations)
        yield "series", f"{facts.n_series:,}"
        yield "rows", f"{facts.n_rows:,}; {_words(facts.lengths)} per series"
        yield "span of a series", _words(spans, unit)
    yield "times", model.time_scale_
    one_hot = model._one_hot
    names = model._channels if one_hot is None else one_hot.channels
    labels = {} if one_hot is None else one_hot.labels | one_hot.static_labels
    static = model.static_names_ if one_hot is None else one_hot.static_names
    yield "channels", f"{len(names)}: {', '.join(names)}"
    yield "static features", ", ".join(static) or "none"
    for name, known in labels.items():
        yield f"labels of {name}", ", ".join(known)
    if facts is not None and facts.classes is not None:
        counts = (f"{name}: {count:,}" for name, count in facts.classes.items())
        yield "series of each class", ", ".join(counts)
    if facts is not None and facts.targets is not None:
        yield "target", _words(facts.targets)


def _words(spread: Iterable[float], unit: str = "") -> str:
    low, middle, high = (f"{number:,.4g}" for number in spread)
    return f"{low} to {high} {unit}".strip() + f" (median {middle})"


def _parameter_rows(model: Any) -> Iterable[tuple[str, Any]]:
    """Yield what differs from a model without arguments, as a seed does."""
    usual = type(model)().get_params(deep=False)
    for name, value in model.get_params(deep=False).items():
        if repr(value) != repr(usual[name]):
            yield name, repr(value)
    yield "all others", "defaults"


def _version_rows(target: Path) -> Iterable[tuple[str, str]]:
    yield "written on", date.today().isoformat()
    yield "ckts", __version__
    yield "Python", platform.python_version()
    yield from ((name, version(name)) for name in LIBRARIES)
    yield "SHA-256 of the file", sha256(target.read_bytes()).hexdigest()


def _table(rows: Iterable[tuple[str, Any]]) -> str:
    lines = [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows]
    return "\n".join(["| | |", "|---|---|", *lines])


def _cell(value: Any) -> str:
    """Write one cell: names of channels may hold what Markdown or HTML would read."""
    text = f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
    for sign in "\\|<*_`[":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
