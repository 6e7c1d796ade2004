"""What each channel at each time adds to the decision of a fitted model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ckts._checks import check_choice, check_count
from ckts.estimators.attribution.decisions import decision_of
from ckts.estimators.attribution.gradients import integrate_gradients
from ckts.estimators.attribution.occlusion import occlude
from ckts.estimators.attribution.result import Attribution
from ckts.panel import Panel, as_panel, parse_times

METHODS = ("occlusion", "integrated_gradients")


def channel_time_attribution(
    estimator: Any,
    X: Any,
    *,
    method: str = "occlusion",
    target: Any = None,
    span: Any = None,
    n_spans: int = 8,
    n_steps: int = 256,
) -> Attribution:
    """Tell what each observation of a channel adds to the decision on its series.

    "occlusion" works for every classifier and regressor of panels, a pipeline, too: it
    hides what a channel says, as if nothing had been observed. A channel contributes
    what the decision loses without it. That is divided between the halves of the time,
    and these are halved, down to `n_spans` of equal length: a span counts the mean of
    what the decision loses without it, and gains by it alone where the rest of the
    channel is hidden; what it adds beyond its halves is divided by their length. Spans
    are measured in time, not in rows; the mean of two tilings, one of them shifted by
    half a span, is shared equally by the observations of a span. Where the model is a
    sum over observations, these are its summands. What channels tell together only is
    in `residual`. Hiding the first observation of a series makes it begin later.

    "integrated_gradients" is of the networks of CKCNNClassifier and CKCNNRegressor,
    without the random kernels that may be joined: contributions add up to the
    difference to a series with the same stamps and masks, whose values are the centers
    of the channels. So they do not tell what the stamps are worth.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor of panels.
    X : Panel, or anything that :func:`ckts.as_panel` accepts
        n_series series, best a few that the model has not seen. Occlusion predicts some
        50 copies of each for every channel.
    method : {"occlusion", "integrated_gradients"}, default="occlusion"
    target : object, default=None
        Of a classifier the class whose log-odds are explained, or one for each series;
        None is the class that it predicts. Of a regressor of several targets the number
        of one. For "occlusion" also a function ``f(estimator, panel)`` that returns
        numbers of shape (n_series,). Probabilities count as 1e-9 from 0 and 1 at least.
    span : number or timedelta, default=None
        Length of what is hidden; a number is in the unit of the stamps of `X`. None is
        a part of each series' own time, from its first to its last observation.
    n_spans : int, default=8
        How many parts that are.
    n_steps : int, default=256
        At most so many gradients for the integral, from 16 on; it takes fewer where
        contributions add up to 1 %.

    Returns
    -------
    Attribution
        `contributions`, a panel like `X`, `static`, `score` and `baseline`; methods
        `by_channel()` and `windows(channel)`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Warns
    -----
    ConvergenceWarning
        If integrated gradients do not add up to 5 %.

    See Also
    --------
    channel_importance : Which channels the score on many series depends on.
    CKRocketClassifier.attribute : Its score as an exact sum over time.
    AttributionDisplay : Draws them.

    References
    ----------
    Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014,
    Section 4.2. Sundararajan et al., Axiomatic Attribution for Deep Networks, 2017.

    Examples
    --------
    >>> from ckts import CKRocketClassifier
    >>> from ckts.datasets import make_telling_window
    >>> from ckts.estimators import channel_time_attribution
    >>> X, y = make_telling_window(120, random_state=0)
    >>> model = CKRocketClassifier(n_kernels=1000, random_state=0).fit(X[:100], y[:100])
    >>> found = channel_time_attribution(model, X[100:104])
    >>> found.by_channel().idxmax(axis=1).tolist()
    ['channel_0', 'channel_0', 'channel_0', 'channel_0']
    """
    check_choice("method", method, METHODS)
    check_count("n_spans", n_spans)
    check_count("n_steps", n_steps)
    panel = as_panel(X)
    if method == "integrated_gradients":
        return integrate_gradients(estimator, panel, target, n_steps)
    length = None if span is None else _read_span(span, panel)
    score, outputs, shown = decision_of(estimator, panel, target)
    return replace(occlude(panel, score, outputs, length, n_spans), target=shown)


def _read_span(span: Any, panel: Panel) -> float:
    """Return a positive length of time in the unit of the stamps of a panel."""
    scale, example = panel.time_scale, "30.0, in the unit of the stamps"
    if scale.kind != "number":
        example = "pandas.Timedelta(30, 'min')"
    error = f"`span` must be a positive length of time that fits {scale} times; got "
    error += f"{span!r}. Write e.g. `span={example}`."
    try:
        (length,), found = parse_times([span])
    except (TypeError, ValueError) as reason:
        raise type(reason)(error) from None
    fits = found.kind == "number" and scale.kind == "number"
    if found.kind == "timedelta" and scale.unit is not None:
        length, fits = length * found.factor_to(scale), True
    if not (fits and length > 0):
        raise ValueError(error)
    return float(length)
