"""Classification of irregular time series."""

from dataclasses import dataclass

import torch

from ckts.estimators._base import AbstractCKCNN
from ckts.estimators._parameters import share_docstring
from ckts.estimators.preprocessing.targets import ClassesMixin
from ckts.estimators.rocket.models import CKRocketClassifier


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
        return torch.nn.CrossEntropyLoss
