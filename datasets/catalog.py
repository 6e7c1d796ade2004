"""What can be fetched: every data set with its files, terms and citation."""

from __future__ import annotations

from difflib import get_close_matches

from ckts.datasets._paper_sets import PAPER_SETS
from ckts.datasets._physionet_sets import PHYSIONET_SETS
from ckts.datasets._tsml import make_versions, read_records
from ckts.datasets.fetch._bunch import Dataset, RemoteFile

_UCI = "https://archive.ics.uci.edu"

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="character_trajectories",
            version="uci",
            title="CharacterTrajectories: pen-tip velocities of 20 handwritten letters",
            license="CC BY 4.0",
            citation="B. Williams (2008). Character Trajectories. UCI Machine Learning "
            "Repository, doi 10.24432/C58G7V.",
            homepage=f"{_UCI}/dataset/175/character+trajectories",
            files=(
                RemoteFile(
                    "character_trajectories.zip",
                    (f"{_UCI}/static/public/175/character+trajectories.zip",),
                    digest="sha256:5d2db017ef0d8cf0e65ed060c9e90399"
                    "f78eb9f1e3cb63e22ca8c3ef4ba67d52",
                    size=7_915_950,
                ),
            ),
        ),
        Dataset(
            name="uea_archive_2018",
            version="2018",
            title="The UEA multivariate archive as of 2018: 30 classification sets",
            license="none stated",
            citation="A. Bagnall et al. (2018). The UEA multivariate time series "
            "classification archive, 2018. arXiv:1811.00075.",
            homepage="https://timeseriesclassification.com",
            files=(
                RemoteFile(
                    "Multivariate2018_ts.zip",
                    (
                        "https://timeseriesclassification.com/aeon-toolkit/Archives/"
                        "Multivariate2018_ts.zip",
                        "https://www.timeseriesclassification.com/Downloads/Archives/"
                        "Multivariate2018_ts.zip",
                    ),
                ),
            ),
        ),
        *PAPER_SETS,
        *PHYSIONET_SETS,
    )
}


def find_dataset(name: str) -> Dataset:
    """Return a data set by its name.

    Parameters
    ----------
    name : str
        As `ckts datasets` lists it, such as "physionet2012" or "uea/PLAID".
    """
    return find_versions(name)[0]


def find_versions(name: str) -> tuple[Dataset, ...]:
    """Return a data set as every place publishes it, the first choice first.

    Parameters
    ----------
    name : str
        As for `find_dataset`.
    """
    if name in DATASETS:
        return (DATASETS[name],)
    if name in read_records():
        return make_versions(name)
    known = {known.lower(): known for known in (*DATASETS, *read_records())}
    close = [known[near] for near in get_close_matches(str(name).lower(), known)]
    choice = ", ".join(close or DATASETS)
    raise ValueError(
        f"`name` must be a data set; got {name!r}. Choose e.g. {choice}; "
        "`ckts datasets --all` lists the names."
    )
