"""Classification of irregular time series."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from ckts.estimators._base import AbstractCKCNN
from ckts.estimators._parameters import share_docstring
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
        return sum(cross_entropy(*part, reduction="none") for part in parts)


@share_docstring
@dataclass(kw_only=True, eq=False, repr=False)
class CKCNNClassifier(ClassesMixin, AbstractCKCNN):
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
