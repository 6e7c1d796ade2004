"""JapaneseVowels: which of nine men said /ae/."""

from importlib.resources import files

import numpy as np

from ckts._checks import check_choice
from ckts.datasets._steps import panel_of_steps
from ckts.panel import Panel

N_TRAIN = 270


def load_japanese_vowels(*, split: str | None = None) -> tuple[Panel, np.ndarray]:
    """Load JapaneseVowels: 640 utterances of nine speakers, 7 to 29 frames long.

    Nine men said the vowels /ae/; each frame of the recording is described by 12
    cepstrum coefficients of a linear prediction analysis [1]_. The task is to
    recognize the speaker. It is shipped with ckts; `docs/data.md` has source, license
    (CC BY 4.0) and checksum.

    Parameters
    ----------
    split : {None, "train", "test"}
        The official split: 270 utterances (30 per speaker) to train, 370 (24 to 88 per
        speaker) to test. None gives all 640, the training set first.

    Returns
    -------
    X : Panel of shape (270,), (370,) or (640,)
        12 channels, nothing missing; the times are the numbers of the frames, 0, 1, ...
        `X.instances` are the numbers 0 to 639 of the utterances, whatever the split.
    y : ndarray of shape (n_series,)
        The speaker, "1" to "9", as in the UEA archive.

    References
    ----------
    .. [1] M. Kudo, J. Toyama and M. Shimbo (1999). Multidimensional curve
       classification using passing-through regions. Pattern Recognition Letters
       20(11-13), 1103-1111. UCI Machine Learning Repository, doi 10.24432/C5NS47.

    Examples
    --------
    >>> X_train, y_train = load_japanese_vowels(split="train")
    >>> X_train
    Panel(n_series=270, in_channels=12, lengths 7-26, 0% missing, time number)
    >>> y_train[:3]
    array(['1', '1', '1'], dtype='<U1')
    """
    check_choice("split", split, (None, "train", "test"))
    with (
        files("ckts.datasets.data").joinpath("japanese_vowels.npz").open("rb") as file,
        np.load(file) as arrays,
    ):
        # The published text has six decimals: a quotient of two integers is the
        # float64 nearest to it, that is, the one that parsing the text gives.
        values = arrays["millionths"] / 1e6
        lengths = arrays["lengths"]
        labels = arrays["labels"]
    channels = [f"coefficient_{i}" for i in range(1, values.shape[1] + 1)]
    panel = panel_of_steps(values, lengths, channels)
    part = {None: slice(None), "train": slice(N_TRAIN), "test": slice(N_TRAIN, None)}
    return panel[part[split]], labels.astype("U1")[part[split]]
