"""Classification of irregular time series."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from sklearn.utils.metaestimators import available_if
from torch.nn.functional import cross_entropy

from ckts.estimators._parameters import share_docstring
from ckts.estimators._passes import AbstractPasses, trains_alone
from ckts.estimators.preprocessing.targets import ClassesMixin
from ckts.estimators.rocket.models import CKRocketClassifier


class JointCrossEntropy(torch.nn.Module):
    """The sum of the cross-entropies of several outputs.

    That is the log-loss of all of them at once, as scikit-learn's MLPClassifier has it.
    A label that a series has or has not is an output of two classes, and not one number
    with a logistic loss: so every output is as it would be alone.

    Parameters
    ----------
    sizes : sequence of int
        The number of classes of each output.
    reduction : {"none"}
    """

    def __init__(self, sizes: Sequence[int], reduction: str = "none") -> None:
        super().__init__()
        self.sizes = list(sizes)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the losses of shape (batch,).

        Parameters
        ----------
        input : Tensor of shape (batch, n_scores)
            The scores of the classes of one output after the other.
        target : Tensor of int64 of shape (batch, n_outputs)
        """
        parts = zip(input.split(self.sizes, dim=1), target.T, strict=True)
        losses = [cross_entropy(*part, reduction="none") for part in parts]
        return torch.stack(losses).sum(0)


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKCNNClassifier(ClassesMixin, AbstractPasses):
    """Classify irregular time series by their values *and* their time stamps.

    A network of continuous-kernel convolutions with inverse-density weights. Missing
    values, unequal lengths, channels measured at different times and static features
    need no preparation; time stamps may be numbers, datetimes, timedeltas or periods.

    See Also
    --------
    CKCNNRegressor : The same for numbers.
    ckts.as_panel : The formats that `X` may have.

    References
    ----------
    Romero et al., CKConv: Continuous Kernel Convolution For Sequential Data, 2021:
    Eq. 4 and 8, Appendices A.1 and A.2.

    Examples
    --------
    >>> from ckts import CKCNNClassifier
    >>> from ckts.datasets import make_speed
    >>> X, y = make_speed(60, random_state=0)
    >>> model = CKCNNClassifier(max_epochs=10, random_state=0).fit(X[:40], y[:40])
    >>> model.predict(X[40:44]).shape
    (4,)
    """

    _rocket_class = CKRocketClassifier

    def _loss(self):
        if self._labels.kind == "single":
            return torch.nn.CrossEntropyLoss
        return partial(JointCrossEntropy, sizes=self._labels.sizes)

    @available_if(trains_alone)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one pass over some series, and go on in the next call.

        With ``rocket=False`` only: the ridge regression needs all series. The first
        call, or a `fit` before, learns the statistics and classes that later calls
        keep. The learning rate is `lr`, constant: where predictions jump from call to
        call, set a smaller one. Neither `max_epochs`, `lr_schedule` nor `checkpoint` is
        used.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series: in the first call enough to learn units, later
            with the same channels.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Class labels; not all classes need be there.
        classes : array-like of shape (n_classes,), or list of such, optional
            All classes that any call will have; required in the first one, but for a
            matrix of 0 and 1. A list with those of each column of `y`, if it has some.
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice; only ratios within a call count.

        Returns
        -------
        CKCNNClassifier
            The model itself. A call that fails leaves it as it was.
        """
        return self._partial_fit(X, y, sample_weight, classes=classes)
