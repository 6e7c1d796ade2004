"""Classification of irregular time series."""

import numpy as np
import torch
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ckts.estimators._base import AbstractCKCNN
from ckts.estimators._input import check_target


class CKCNNClassifier(ClassifierMixin, AbstractCKCNN):
    """Classify irregular time series by their values *and* their time stamps.

    A network of continuous-kernel convolutions with inverse-density weights. Missing
    values, unequal lengths, channels measured at different times and static features
    need no preparation; time stamps may be numbers, datetimes, timedeltas or periods.

    Parameters
    ----------
    max_epochs : int, default=20
        Passes over the training series. The learning rate follows one cycle over all
        of them, so fewer epochs are a shorter training, not an interrupted one.
    lr : float, default=0.005
        Peak learning rate of AdamW.
    batch_size : int or "auto", default="auto"
        Series per step, of similar lengths. "auto" takes a power of two from 8 to 64
        that makes about 40 steps an epoch.
    weight_decay : float, default=0.5
        Weight decay of AdamW.
    hidden_channels : int, default=32
        Channels of the network.
    n_blocks : int, default=2
        Gated convolution blocks.
    dropout : float, default=0.2
        Dropout in the blocks and in the head, in [0, 1).
    observation_dropout : float, default=0.5
        In training, a random share of the rows of each series is hidden, uniform
        between 0 and this, in [0, 1).
    kernel : str, default="bands"
        "bands" needs no tuning; "siren" is the paper's; "fourier", "relu",
        "leaky_relu" and "swish" are for comparison. See ``ckts.kernels``.
    kernel_params : dict, optional
        Further parameters of the kernel, such as ``{"omega_0": 21.45}``.
    causal : bool, default=False
        Whether the features at a time may depend on nothing later.
    quadrature : {"gap", "linear", "none"}, default="gap"
        Inverse-density weights of the observations; "linear" integrates the signal
        between them, more accurately and more slowly; "none" if each is an event that
        counts in itself.
    landmark : number or timedelta, optional
        Use only what was observed up to this long after the first observation of each
        series, in `fit` and in `predict`; a number is in the unit of the stamps of
        `fit`. Neither the span nor the count nor the end of a longer record is used
        then. Where records end at the event that is to be predicted, leave out those
        that ended before; see the guide, "Length leakage".
    device : str, default="auto"
        "cpu", "cuda", "cuda:1", ...; "auto" takes the GPU if there is one.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the network. Time stamps are float64 in any case.
    class_weight : "balanced", dict or None, default=None
        Weights of the classes, multiplied with `sample_weight`; "balanced" gives every
        class the same sum of both.
    early_stopping : bool, default=False
        Whether to split off validation series, stop when their loss or score has not
        improved for `n_iter_no_change` epochs, and keep the best epoch.
    validation_fraction : float, default=0.1
        Share of the series split off for early stopping, in (0, 1); of the groups
        where `fit` is given any.
    n_iter_no_change : int, default=10
        Patience of early stopping in epochs.
    scoring : str or callable, optional
        What early stopping watches instead of the loss: a scorer of scikit-learn or its
        name, such as "roc_auc"; greater is better. It is given `sample_weight`
        where that is uneven, without the weights of classes.
    callbacks : list of skorch callbacks, optional
        They join skorch's own; see the skorch documentation. While one of yours runs,
        torch's global generator continues from `random_state`, and those of other
        threads wait.
    verbose : int, default=0
        1 shows a progress bar.
    random_state : int, RandomState or None, default=None
        Seed of initialization, batches and dropout. With an int a model is the same in
        every thread and process, and the global generators of torch and numpy are left
        as they were; None draws from numpy's, as everywhere in scikit-learn.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels of series of positive `sample_weight`.
    n_features_in_ : int
        Channels; for 2-D tables, which are one channel, the number of steps.
    feature_names_in_ : ndarray of str
        Names of the channels, if they have any.
    time_scale_ : TimeScale
        Kind and unit of the time stamps. `predict` converts what is convertible.
    time_step_ : ndarray of shape (in_channels,)
        Typical gap of each channel, in the unit of `time_scale_`: the gap of weight 1.
        1 where no series has two different time stamps.
    resolution_ : float
        Shortest time that the kernels resolve, same unit.
    horizon_ : float
        Longest time span of a training series, same unit, of which a gap counts up to
        ten times a typical long gap. Longer lags fade out.
    statistics_ : PanelStatistics
        All that was learned before training: units of time, bursts, center and scale
        of channels and static features. See the guide, "What fit learns".
    history_ : list of dict
        "epoch", "train_loss", "dur" and perhaps "valid_loss" and "valid_score" of every
        finished epoch. Losses are ``sum(w l) / sum(w)`` over the series.
    net_ : skorch NeuralNet
        The trained net; its module is ``net_.module_``.
    device_ : str
        Where it was trained.
    n_iter_ : int
        Number of finished epochs.

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

    def __init__(
        self,
        *,
        max_epochs=20,
        lr=5e-3,
        batch_size="auto",
        weight_decay=0.5,
        hidden_channels=32,
        n_blocks=2,
        dropout=0.2,
        observation_dropout=0.5,
        kernel="bands",
        kernel_params=None,
        causal=False,
        quadrature="gap",
        landmark=None,
        device="auto",
        dtype="float32",
        class_weight=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        scoring=None,
        callbacks=None,
        verbose=0,
        random_state=None,
    ):
        super().__init__(
            max_epochs=max_epochs,
            lr=lr,
            batch_size=batch_size,
            weight_decay=weight_decay,
            hidden_channels=hidden_channels,
            n_blocks=n_blocks,
            dropout=dropout,
            observation_dropout=observation_dropout,
            kernel=kernel,
            kernel_params=kernel_params,
            causal=causal,
            quadrature=quadrature,
            landmark=landmark,
            device=device,
            dtype=dtype,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            scoring=scoring,
            callbacks=callbacks,
            verbose=verbose,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X, y, sample_weight=None, groups=None):
        """Train on labeled series.

        Ctrl-C ends the training with KeyboardInterrupt and a warning that says how far
        it came; what was learned up to then can be used. A fit that fails leaves the
        model as it was, so that it answers as before.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps.
        y : array-like of shape (n_series,)
            Class labels.
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice, 0 like none; only ratios count.
            What is learned before the training and the gradient of an epoch are the
            same as with the series twice. The trained model is exactly the same where
            all series are in one batch, without dropout, `observation_dropout` and
            early stopping, which draw for each series. Elsewhere the batches are
            others, and ``batch_size="auto"``, and with it the number of steps, goes
            with the number of series whatever their weights.
        groups : array-like of shape (n_series,), optional
            What early stopping must not tear apart, such as the patient of each record.

        Returns
        -------
        CKCNNClassifier
            Itself.

        Raises
        ------
        ValueError, TypeError
            If an argument or a parameter is not as described; the message says how to
            put it right.
        """
        return self._fit(X, y, sample_weight, groups)

    def _check_y(self, y, n_series):
        y = column_or_1d(check_target(self, y, n_series), warn=True)
        check_classification_targets(y)
        return y

    def _weigh(self, weight, y):
        self.classes_ = np.unique(y[weight > 0])
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            weight = _balance(weight, y)
        else:
            weight = weight * compute_sample_weight(self.class_weight, y)
        if weight.min() < 0 or not 0 < weight.max() < np.inf:
            raise ValueError(
                "`class_weight` must be finite, not negative, and positive for a class "
                f"of a positive `sample_weight`; got {self.class_weight!r}. Leave a "
                "class out to give it the weight 1."
            )
        return weight / weight.max()

    def _encode(self, y, weight):
        return np.searchsorted(self.classes_, y).astype(np.int64), len(self.classes_)

    def _loss(self):
        return torch.nn.CrossEntropyLoss, {}

    def _strata(self, target):
        return target

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            Columns in the order of `classes_`.
        """
        return softmax(self._predict_raw(X), axis=1)

    def predict(self, X):
        """Predict the class of each series.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series,)
        """
        raw = self._predict_raw(X)
        return self.classes_[raw.argmax(axis=1)]


def _balance(weight: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give every class the same sum of weights, whatever that is.

    scikit-learn counts the series of a class, also those of weight 0.
    """
    _, numbers = np.unique(y, return_inverse=True)
    totals = np.bincount(numbers, weight)[numbers]
    return np.divide(weight, totals, out=np.zeros_like(weight), where=totals > 0)
