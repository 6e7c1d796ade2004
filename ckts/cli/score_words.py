"""Scores in words and tables: what a person reads of a comparison."""

from __future__ import annotations

from ckts.cli.comparison import Comparison
from ckts.cli.facts import table_lines
from ckts.cli.scores import Metric

CLEAR = 2  # standard errors


def score_lines(comparison: Comparison) -> list[str]:
    """Make a table of the scores of all models."""
    rows = []
    for model in comparison.scores:
        found = [comparison.mean(model, one.name) for one in comparison.metrics]
        rows.append([model, *(plus_minus(*one) for one in found)])
    return table_lines(["model", *(one.name for one in comparison.metrics)], rows)


def difference_lines(comparison: Comparison) -> list[str]:
    """Say of each rival whether ours differs by more than two standard errors."""
    first = comparison.metrics[0].name
    return [
        f"{comparison.ours} against {rival}: {first} "
        f"{signed(*comparison.difference(rival))}: {verdict(comparison, rival)}"
        for rival in list(comparison.scores)[1:]
    ]


def verdict(comparison: Comparison, rival: str) -> str:
    """Say whether ours is better or worse, or whether the folds cannot tell."""
    mean, error = comparison.difference(rival)
    if abs(mean) < CLEAR * error or mean == 0:
        return "no clear difference"
    return "better" if mean > 0 else "worse"


def plus_minus(mean: float, error: float) -> str:
    """Write a score with its standard error.

    Examples
    --------
    >>> plus_minus(0.84312, 0.0213)
    '0.843 +- 0.021'
    """
    digits = 3 if abs(mean) < 100 else 1
    return f"{mean:.{digits}f} +- {error:.{digits}f}"


def signed(mean: float, error: float) -> str:
    """Write a difference with its standard error."""
    return f"{'+' if mean >= 0 else ''}{plus_minus(mean, error)}"


def metric_words(metric: Metric) -> str:
    """Say what a score means."""
    return f"{metric.name}: {metric.says}"
