"""What can be fetched: every data set with its files, terms and citation."""

from __future__ import annotations

from ckts.datasets._dataset import Dataset, RemoteFile

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
    )
}


def find_dataset(name: str) -> Dataset:
    """Return a data set by its name.

    Parameters
    ----------
    name : str
        As `ckts datasets` lists it, such as "physionet2012".
    """
    if name not in DATASETS:
        raise ValueError(
            f"`name` must be a data set; got {name!r}. Choose one of "
            f"{', '.join(DATASETS)}."
        )
    return DATASETS[name]
