"""The sets of the UEA, UCR and TSER archives, by name."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from ckts.datasets._zenodo import file_of_record
from ckts.datasets.fetch._bunch import Dataset, RemoteFile

WEBSITE = "https://timeseriesclassification.com"
CLASSIFICATION, REGRESSION = "uea", "tser"  # the folders of the cache

_CITATIONS = {
    "uea": "A. Bagnall et al. (2018). The UEA multivariate time series classification "
    "archive, 2018. arXiv:1811.00075.",
    "ucr": "H. A. Dau et al. (2019). The UCR time series archive. IEEE/CAA Journal of "
    "Automatica Sinica 6(6), 1293-1305.",
    "tsml": "The authors named at the homepage, and A. Bagnall et al., "
    "timeseriesclassification.com.",
    "tser": "C. W. Tan, C. Bergmeir, F. Petitjean and G. I. Webb (2021). Time series "
    "extrinsic regression. Data Mining and Knowledge Discovery 35, 1032-1060. "
    "D. Guijo-Rubio et al. (2024). Unsupervised feature based algorithms for time "
    "series extrinsic regression. Data Mining and Knowledge Discovery 38, 2141-2185.",
}
_LICENSE = "none stated by the archive; see the homepage and the record at Zenodo"


@cache
def read_records() -> dict[str, tuple[str, int]]:
    """Return name in the cache, such as "uea/PLAID" -> archive and record at Zenodo."""
    table = files("ckts.datasets.data").joinpath("tsml_records.csv")
    records = {}
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kind = REGRESSION if row["archive"] == "tser" else CLASSIFICATION
            records[f"{kind}/{row['name']}"] = row["archive"], int(row["record"])
    return records


def make_versions(name: str) -> tuple[Dataset, ...]:
    """Return the places where a set is published, each with its own files.

    The text may differ between them, so each has its own folder in the cache. Zenodo
    comes first: it publishes digests, and a record never changes.
    """
    archive, record = read_records()[name]
    kind, _, short = name.partition("/")
    texts = [file_of_record(record, f"{short}_{part}.ts") for part in ("TRAIN", "TEST")]
    zenodo = Dataset(
        name=name,
        version=f"zenodo-{record}",
        title=f"{short} of the {archive.upper()} archive",
        license=_LICENSE,
        citation=_CITATIONS[archive],
        homepage=f"{WEBSITE}/description.php?Dataset={quote(short)}",
        files=tuple(texts),
    )
    if kind == REGRESSION:  # the website has the classification sets only
        return (zenodo,)
    url = f"{WEBSITE}/aeon-toolkit/{quote(short)}.zip"
    zipped = (RemoteFile(f"{short}.zip", (url,)),)
    return zenodo, replace(zenodo, version="website", files=zipped)
