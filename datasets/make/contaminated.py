"""Easy tasks in which a few values, time stamps or targets are absurd."""

from numbers import Integral

import numpy as np

from ckts._checks import check_choice, check_count, check_real, check_share
from ckts.datasets.make._sampling import draw_times, make_rng
from ckts.panel import Panel

LENGTHS = {"level": 15, "frequency": 25, "regression": 15}
NOISES = {"level": 1.0, "frequency": 0.5, "regression": 1.0}
DURATION = 10.0


def make_contaminated(
    n_series: int = 200,
    *,
    task: str = "level",
    contamination: str | None = None,
    amount: float = 1,
    factor: float = 1e4,
    sentinel: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make an easy task, clean or with a few absurd numbers, of the same draw.

    What one wrong number costs shows beside the clean data: the same `random_state`
    gives the same clean draw, whatever the contamination. At random times, uniform on
    [0, 10) and sorted, one channel is

    .. math::

        x(t) &= 0.7 y + \text{noise} \quad\text{(level; 15 rows, noise 1)}

        x(t) &= \sin((1.5 + 0.5 y) t + \phi) + \text{noise}
        \quad\text{(frequency; 25 rows, noise 0.5)}

        x(t) &= y + \text{noise} \quad\text{(regression; 15 rows, noise 1)},

    where :math:`y` is 0 or 1, or a standard normal number for the regression. The best
    rule for the level is right in 91 % (the mean beyond 0.35), and the mean explains
    94 % of the variance in the regression.

    Parameters
    ----------
    n_series : int, default 200
        Number of series.
    task : {"level", "frequency", "regression"}, default "level"
        Which truth. The level does not need the times, the frequency does.
    contamination : {None, "value", "time", "target"}, default None
        What is wrong: values; the last time stamp of series; or, of the regression,
        targets.
    amount : int or float, default 1
        How many values, or series, are wrong; below 1 it is the share of them, rounded
        to the nearest number. Which ones is random.
    factor : float, default 1e4
        What the wrong number is multiplied by; at least 1 for times.
    sentinel : float, optional
        What wrong values are instead, such as -999.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ..., or numbers.

    Examples
    --------
    >>> clean, y = make_contaminated(20, random_state=0)
    >>> dirty, _ = make_contaminated(
    ...     20, contamination="value", sentinel=-999, random_state=0
    ... )
    >>> dirty.values[dirty.values != clean.values]
    array([-999.])
    """
    check_count("n_series", n_series)
    check_choice("task", task, tuple(LENGTHS))
    check_choice("contamination", contamination, (None, "value", "time", "target"))
    if isinstance(amount, Integral):
        check_count("amount", amount)
    else:
        check_share("amount", amount)
    _check_contamination(task, contamination, factor, sentinel)

    rng = make_rng(random_state)
    values, times, indptr, y = _draw_clean(n_series, task, rng)
    wrong = {"value": values[:, 0], "time": times, "target": y}
    places = {"value": np.arange(len(times)), "time": indptr[1:] - 1}
    if contamination is not None:
        candidates = places.get(contamination, np.arange(n_series))
        chosen = _draw_places(candidates, amount, rng)
        old = wrong[contamination][chosen]
        wrong[contamination][chosen] = old * factor if sentinel is None else sentinel
    return Panel(values, times, indptr), y


def _draw_clean(
    n_series: int, task: str, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw values (n_rows, 1), times (n_rows,), indptr and targets (n_series,)."""
    length = LENGTHS[task], LENGTHS[task]
    series, indptr, times = draw_times(n_series, length, DURATION, rng)
    phases = rng.uniform(0, 2 * np.pi, size=n_series)
    numbers = rng.standard_normal(n_series)
    y = numbers if task == "regression" else np.arange(n_series) % 2
    clean = {
        "level": 0.7 * y[series],
        "frequency": np.sin((1.5 + 0.5 * y[series]) * times + phases[series]),
        "regression": y[series],
    }[task]
    noise = NOISES[task] * rng.standard_normal(len(times))
    return (clean + noise)[:, None], times, indptr, y


def _draw_places(
    candidates: np.ndarray, amount: float, rng: np.random.RandomState
) -> np.ndarray:
    n = amount if isinstance(amount, Integral) else round(amount * len(candidates))
    if n > len(candidates):
        raise ValueError(
            f"`amount` must be at most {len(candidates)}, all there are; got {amount}. "
            "Use a share such as 0.3."
        )
    return rng.permutation(candidates)[:n]


def _check_contamination(
    task: str, contamination: str | None, factor: float, sentinel: float | None
) -> None:
    check_real("factor", factor, minimum=1 if contamination == "time" else -np.inf)
    if contamination == "target" and task != "regression":
        raise ValueError(
            '`contamination` must be "value" or "time" where targets are classes; got '
            f'"target" with task={task!r}. Use `task="regression"`.'
        )
    if sentinel is None:
        return
    check_real("sentinel", sentinel)
    if contamination != "value":
        raise ValueError(
            '`sentinel` must go with `contamination="value"`; got '
            f"{contamination!r}. Use `factor` for times and targets."
        )
