"""Regression on irregular time series."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from sklearn.utils.metaestimators import available_if

from ckts._checks import check_choice, check_number
from ckts.estimators._parameters import share_docstring
from ckts.estimators._passes import AbstractPasses, trains_alone
from ckts.estimators._rules import Rule
from ckts.estimators.preprocessing.targets import NumbersMixin
from ckts.estimators.rocket.models import CKRocketRegressor


class BoundedSquaredError(torch.nn.HuberLoss):
    """Twice the Huber loss: the squared error, with a constant gradient beyond `delta`.

    Within `delta` it is the squared error itself. Half of it, as torch has it, halves
    the gradients, of which fewer are clipped then: R2 .942 instead of .950 on
    `make_irregular_regression`, 3 seeds.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the losses."""
        return 2 * super().forward(input, target)


class QuantileLoss(torch.nn.Module):
    """The pinball loss, whose least mean is that of a quantile.

    Parameters
    ----------
    alpha : float
        Which quantile.
    reduction : {"none"}
    """

    def __init__(self, alpha: float, reduction: str = "none") -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the losses, twice the usual: at 0.5 that is the absolute error."""
        missing = target - input
        return 2 * torch.maximum(self.alpha * missing, (self.alpha - 1) * missing)


@dataclass(frozen=True)
class Loss:
    """What is minimized, and what that implies.

    Attributes
    ----------
    criterion : callable
        Makes the module; that of "quantile" takes `alpha`.
    robust : bool
        Whether center and scale of the targets leave out what is absurd.
    of_means : bool
        Whether means have the least loss, so that a ridge regression can be joined.
    """

    criterion: Callable[..., torch.nn.Module]
    robust: bool = True
    of_means: bool = True


# Residuals within `delta`, in standard deviations of the targets, are squared as usual;
# beyond, their gradient is constant. R2 on log-normal targets, 3 seeds: .655 squared,
# .653 with 2, .633 with 1, which tends to the median.
LOSSES = {
    "huber": Loss(partial(BoundedSquaredError, delta=2.0)),
    "squared_error": Loss(torch.nn.MSELoss, robust=False),
    "absolute_error": Loss(torch.nn.L1Loss, of_means=False),
    "quantile": Loss(QuantileLoss, of_means=False),
}


def _check_quantile(name: str, value: float) -> None:
    check_number(name, value)
    if not 0 < value < 1:
        raise ValueError(
            f"`{name}` must be between 0 and 1, exclusive; got {value!r}. Take e.g. "
            "0.9 for what nine of ten targets do not exceed."
        )


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKCNNRegressor(NumbersMixin, AbstractPasses):
    """Predict numbers from irregular time series and their time stamps.

    The network of :class:`CKCNNClassifier`, trained on standardized targets. By default
    a few absurd targets change next to nothing.

    Parameters
    ----------
    loss : {"huber", "squared_error", "absolute_error", "quantile"}
        "huber" is the squared error up to two standard deviations of the targets and
        linear beyond, so that no target can pull without bound; center and scale of the
        targets leave out what is absurdly far from the middle. "squared_error" counts
        every target in full: it predicts the mean where few targets are much larger
        than the rest, and one wrong target can spoil it. CKRocket, if joined, bounds
        targets in any case; take ``rocket=False`` where that matters.
        "absolute_error" predicts the median, "quantile" that of `quantile`: both by a
        network alone, since the ridge regression of CKRocket predicts means.
    quantile : float
        Which quantile ``loss="quantile"`` predicts, in (0, 1). Models of 0.1 and 0.9
        give an interval that holds about 80 % of targets like those of `fit`, if the
        networks do not overfit: check it on other series.

    Attributes
    ----------
    target_mean_, target_scale_ : ndarray of shape (n_targets,)
        Weighted mean and standard deviation of the training targets; with
        ``loss="huber"`` targets more than 10 interquartile ranges from the median are
        moved there before, unless they are more than 5 % of all. Predictions are
        ``output * target_scale_ + target_mean_``. A constant target has the scale 1
        and is predicted exactly.

    See Also
    --------
    CKCNNClassifier : The same for classes.
    ckts.as_panel : The formats that `X` may have.

    Examples
    --------
    >>> from ckts import CKCNNRegressor
    >>> series = [([0.0, 0.4, 1.5], [1.0, 2.0, 3.0]), ([0.0, 2.0], [5.0, 4.0])] * 4
    >>> model = CKCNNRegressor(max_epochs=2, random_state=0)
    >>> model.fit(series, [1.0, 2.0] * 4).predict(series).shape
    (8,)
    """

    dropout: float = 0.0
    observation_dropout: float = 0.1
    loss: str = "huber"
    quantile: float = 0.5

    _rules: ClassVar[dict[str, Rule]] = {
        **AbstractPasses._rules,
        "loss": partial(check_choice, choices=tuple(LOSSES)),
        "quantile": _check_quantile,
    }

    _rocket_class = CKRocketRegressor

    def _chosen(self) -> Loss:
        return LOSSES[self.loss]

    def _robust_targets(self):
        return self._chosen().robust

    def _joins(self):
        return super()._joins() and self._chosen().of_means

    def _loss(self):
        criterion = self._chosen().criterion
        if criterion is QuantileLoss:
            return partial(criterion, alpha=self.quantile)
        return criterion

    @available_if(trains_alone)
    def partial_fit(self, X, y, sample_weight=None):
        """Train one pass over some series, and go on in the next call.

        With ``rocket=False`` only: the ridge regression needs all series. The first
        call, or a `fit` before, learns the statistics and the unit of the targets that
        later calls keep. The learning rate is `lr`, constant: where predictions jump
        from call to call, set a smaller one. Neither `max_epochs`, `lr_schedule` nor
        `checkpoint` is used.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series: in the first call enough to learn units, later
            with the same channels.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Numbers, finite.
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice; only ratios within a call count.

        Returns
        -------
        CKCNNRegressor
            The model itself. A call that fails leaves it as it was.
        """
        return self._partial_fit(X, y, sample_weight)
