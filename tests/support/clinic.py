"""A table of visits as a clinician has it, and the options that read it."""

import numpy as np
import pandas as pd

FAST = ("--model", "rocket", "--param", "n_kernels=84")
COLUMNS = ("--instance", "patient", "--time", "date")
ROLES = (*COLUMNS, "--label", "died", "--static", "age", "--groups", "ward")


def make_visits(n_patients=40, seed=0):
    """Make visits with dates, text and gaps, and a label that bilirubin tells."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(n_patients):
        ill = patient % 4 == 0
        days = np.sort(rng.permutation(400)[: 3 + patient % 5])
        for day in days:
            date = pd.Timestamp("2001-02-03") + pd.Timedelta(int(day), "D")
            bilirubin = rng.lognormal(1.5 if ill else 0.0, 0.4)
            rows.append(
                {
                    "patient": f"p{patient:02d}",
                    "date": date.strftime("%Y-%m-%d"),
                    "bilirubin": round(bilirubin, 2),
                    "albumin": round(rng.normal(3.5, 0.4), 2),
                    "edema": rng.choice(["none", "mild", "severe"]),
                    "age": 40 + patient % 30,
                    "ward": f"w{patient % 13}",
                    "died": "yes" if ill else "no",
                }
            )
    frame = pd.DataFrame(rows)
    frame.loc[rng.random(len(frame)) < 0.3, "albumin"] = np.nan
    return frame
