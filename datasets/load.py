"""Data sets that are shipped: PBC and JapaneseVowels."""

from importlib.resources import files

import numpy as np

from ckts._checks import check_choice, check_positive, check_real
from ckts.datasets._steps import panel_of_steps
from ckts.panel import Panel, TimeScale

# Our name of each channel -> the column of the source.
CHANNELS = {
    "ascites": "ascites",
    "hepatomegaly": "hepato",
    "spiders": "spiders",
    "edema": "edema",
    "bilirubin": "bili",
    "cholesterol": "chol",
    "albumin": "albumin",
    "alk_phos": "alk.phos",
    "ast": "ast",
    "platelets": "platelet",
    "prothrombin_time": "protime",
}
STATIC = {"age": "age", "female": "sex", "d_penicillamine": "trt"}
N_TRAIN = 270  # utterances of JapaneseVowels
CENSORED, TRANSPLANT, DEATH = 0, 1, 2


def load_pbc(
    *, landmark: float = 1095, horizon: float = 1095, transplant: str = "event"
) -> tuple[Panel, np.ndarray]:
    """Load PBC as a task: the visits up to a landmark, and what happens in a horizon.

    312 patients with primary biliary cirrhosis, a chronic disease of the liver, were
    randomized to D-penicillamine or placebo at the Mayo Clinic from 1974 to 1984 and
    came back at irregular times [1]_ [2]_. For each patient alive with the own liver at
    `landmark` days after enrollment the task is to predict, from what was known at the
    landmark, whether the patient dies or receives a transplant within the following
    `horizon` days.

    Nothing from after the landmark enters `X`: no visit, no count of visits, no
    follow-up time, no status. Patients whose follow-up ends without an event within the
    horizon are left out, since their label is unknown.

    Parameters
    ----------
    landmark : float, default 1095
        Days from enrollment to the moment of prediction; three years.
    horizon : float, default 1095
        Days after the landmark that the prediction is about; three years.
    transplant : {"event", "censored"}, default "event"
        A liver transplant within the horizon is an event like death (transplant-free
        survival), or ends the follow-up, so that the patient is left out.

    Returns
    -------
    X : Panel of shape (n_series,)
        Times in days since enrollment, the first visit at 0. 11 channels, NaN where not
        measured: ascites, hepatomegaly, spiders (0 or 1), edema (0; 0.5: untreated or
        successfully treated; 1: in spite of diuretics), bilirubin and cholesterol
        (mg/dl), albumin (g/dl), alk_phos (alkaline phosphatase, U/l), ast (aspartate
        aminotransferase, U/ml), platelets (1000/µl), prothrombin_time (s). Static
        features: age (years at enrollment), female, d_penicillamine (0 or 1).
        `X.instances` are the case numbers.
    y : ndarray of shape (n_series,)
        1 if the event happens in (landmark, landmark + horizon], else 0.

    See Also
    --------
    load_pbc_survival : All visits, with the follow-up of every patient.

    Notes
    -----
    With the defaults 217 patients remain, 51 of them (23.5 %) with an event: 39 deaths
    and 12 transplants. Of the 312, 67 died or were transplanted before the landmark,
    and the follow-up of 28 ends event-free within the horizon. Leaving these 28 out
    raises the share of events, since nobody with an event is left out: the Kaplan-Meier
    estimate over all 245 at risk is 21.4 %. Predicted probabilities are too high to
    that extent. See `docs/decisions/pbc-landmark-task.md` for other choices and
    `docs/data.md` for source and license.

    References
    ----------
    .. [1] P. A. Murtaugh et al. (1994). Primary biliary cirrhosis: prediction of
       short-term survival based on repeated patient visits. Hepatology 20, 126-134.
    .. [2] T. R. Fleming and D. P. Harrington (1991). Counting Processes and Survival
       Analysis. Wiley.

    Examples
    --------
    >>> X, y = load_pbc()
    >>> len(X), X.in_channels, X.static_names
    (217, 11, ('age', 'female', 'd_penicillamine'))
    >>> int(X.times.max()), int(y.sum())
    (1095, 51)
    """
    check_real("landmark", landmark, minimum=0)
    check_positive("horizon", horizon)
    check_choice("transplant", transplant, ("event", "censored"))
    panel, follow_up = load_pbc_survival()
    label = _label(follow_up, landmark, horizon, transplant)
    known = label >= 0
    y = label[known]
    if len(np.unique(y)) < 2:
        raise ValueError(
            "`landmark` and `horizon` must leave patients with and without event; got "
            f"{landmark} and {horizon}, which leave {np.sum(y == 1)} and "
            f"{np.sum(y == 0)}. Choose e.g. landmark=1095, horizon=1095."
        )
    return panel.keep_rows(panel.times <= landmark)[known], y


def load_pbc_survival() -> tuple[Panel, np.ndarray]:
    """Load all visits of all 312 PBC patients, with their follow-up.

    Do not predict the follow-up from all visits: a late visit shows that the patient
    lived until then. `load_pbc` makes a task without that leak.

    Returns
    -------
    X : Panel of shape (312,)
        1945 visits, 1 to 16 per patient; channels and static features as in `load_pbc`.
    y : ndarray of shape (312,), structured
        `status`: 0 censored (alive at the end of the follow-up), 1 transplant, 2 death;
        `time`: day of the event or of the end of the follow-up.

    Examples
    --------
    >>> X, y = load_pbc_survival()
    >>> len(X), len(X.times)
    (312, 1945)
    >>> y["status"][:3], y["time"][:3]
    (array([2, 0, 2]), array([ 400, 5169, 1012]))
    """
    import pandas as pd

    with files("ckts.datasets").joinpath("data/pbcseq.csv.gz").open("rb") as file:
        # exact: by default pandas may round the last bit another way
        table = pd.read_csv(file, compression="gzip", float_precision="round_trip")
    table["sex"] = table["sex"] == "f"
    patients = table[~table["id"].duplicated()]
    panel = Panel(
        table[list(CHANNELS.values())].to_numpy(float),
        table["day"].to_numpy(),
        np.append(patients.index, len(table)),
        channels=tuple(CHANNELS),
        instances=patients["id"].to_numpy(),
        static=patients[list(STATIC.values())].to_numpy(float),
        static_names=tuple(STATIC),
        time_scale=TimeScale("number", "D"),
    )
    follow_up = np.empty(len(panel), dtype=[("status", np.int64), ("time", np.int64)])
    follow_up["status"], follow_up["time"] = patients["status"], patients["futime"]
    return panel, follow_up


def _label(
    follow_up: np.ndarray, landmark: float, horizon: float, transplant: str
) -> np.ndarray:
    """Return 1 (event within the horizon), 0 (none) or -1 (gone before, or unknown)."""
    status, time = follow_up["status"], follow_up["time"]
    is_event = (status == DEATH) | ((status == TRANSPLANT) & (transplant == "event"))
    event_within = is_event & (time <= landmark + horizon)
    free_until_end = ~event_within & (time >= landmark + horizon)
    label = np.where(event_within, 1, np.where(free_until_end, 0, -1))
    label[time <= landmark] = -1
    return label


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
        files("ckts.datasets").joinpath("data/japanese_vowels.npz").open("rb") as file,
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
