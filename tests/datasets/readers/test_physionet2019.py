import csv
import io
import tarfile
from itertools import islice

import numpy as np
import pytest

from ckts.datasets import read_physionet2019
from ckts.datasets.fetch.physionet2019 import apply_protocol
from ckts.datasets.readers.physionet2019 import CHANNELS, STATIC
from ckts.panel._times import TimeScale
from http_server import zip_of

COLUMNS = (*CHANNELS, *STATIC, "ICULOS", "SepsisLabel")
HEADING = "|".join(COLUMNS) + "\n"


def hour(iculos, label=0, **values):
    """Write a line; what is not given was not measured."""
    cells = {**dict.fromkeys(COLUMNS, "NaN"), "ICULOS": iculos, "SepsisLabel": label}
    return "|".join(str(cell) for cell in {**cells, **values}.values()) + "\n"


class TestSetB:
    def test_it_has_the_size_of_the_raw_files(self, sepsis):
        X, y = sepsis
        assert (len(X), X.in_channels, X.static.shape) == (10_000, 34, (10_000, 5))
        assert X.values.shape == (378_417, 34)
        assert y.shape == (378_417,)
        assert X.time_scale == TimeScale("number", "h")

    def test_files_are_sorted(self, sepsis):
        X, _ = sepsis
        assert X.instances.tolist() == sorted(X.instances)
        assert (X.instances[0], X.instances[-1]) == ("p100001", "p110000")

    def test_septic_stays_are_counted_one_by_one(self, sepsis):
        X, y = sepsis
        parts = np.split(y, X.indptr[1:-1])
        clocks = np.split(X.times, X.indptr[1:-1])
        assert sum(part.any() for part in parts) == 550
        within = zip(parts, clocks, strict=True)
        assert sum(part[clock <= 72].any() for part, clock in within) == 408

    @pytest.mark.parametrize(
        ("protocol", "n_septic"), [("label_within_72h", 408), ("label_whole_stay", 550)]
    )
    def test_the_protocols_of_the_paper(self, sepsis, protocol, n_septic):
        X, y, septic, kept = apply_protocol(*sepsis, protocol)
        assert len(X) == len(y) == kept.sum() == 10_000  # all are longer than 2 hours
        assert y.sum() == septic.sum() == n_septic
        assert X.times.max() == 72

    def test_records_equal_what_the_csv_module_reads(self, sepsis, shared):
        X, y = sepsis
        archive = shared("physionet2019", "training_setB_first10000.tar.xz")
        with tarfile.open(archive) as members:
            for i, member in enumerate(islice(members, 30)):
                text = members.extractfile(member).read().decode()
                rows = list(csv.reader(io.StringIO(text), delimiter="|"))[1:]
                cells = np.array(rows, dtype=float)
                rows = slice(*X.indptr[i : i + 2])
                assert X.instances[i] == member.name.removesuffix(".psv")
                np.testing.assert_array_equal(X.values[rows], cells[:, :34])
                np.testing.assert_array_equal(X.static[i], cells[0, 34:39])
                np.testing.assert_array_equal(X.times[rows], cells[:, 39])
                np.testing.assert_array_equal(y[rows], cells[:, 40])


def test_hours_static_features_and_labels(tmp_path):
    path = tmp_path / "training_setA.zip"
    records = {
        "training/p2.psv": HEADING + hour(3, HR=80.5, Age=61, Unit1=1) + hour(4, 1),
        "training/p1.psv": (HEADING + hour(1, Temp=-0.5)).replace("\n", "\r\n"),
        "training/p3.psv": HEADING,
    }
    path.write_bytes(zip_of(records))
    X, y = read_physionet2019(path)
    assert X.instances.tolist() == ["p1", "p2", "p3"]
    assert X.times.tolist() == [1, 3, 4]
    assert X.lengths.tolist() == [1, 2, 0]
    assert y.tolist() == [0, 0, 1]
    assert np.nansum(X.values) == 80
    nan = np.nan
    np.testing.assert_array_equal(X.static[1], [61, nan, 1, nan, nan])
    assert np.isnan(X.static[2]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"have the heading 'HR\|.*; got '' in the open file, line 1"),
        (HEADING[3:], "have the heading .*; got 'O2Sat.*, line 1"),
        (HEADING + hour(1) + "NaN|NaN", "have 41 cells in every line; got 2 .* line 3"),
        (HEADING + hour(1)[4:] + "NaN|" + hour(2), "41 cells in .*; got 40 .* line 2"),
        (HEADING + hour(1) + hour(2, HR="x"), "got 'x' in column HR in .*, line 3"),
        (HEADING + hour(1, HR="inf"), "got 'inf' in column HR in .*, line 2"),
        (HEADING + hour(1, HR=""), "got '' in column HR in .*, line 2"),
        (
            HEADING + hour(1, 2),
            "SepsisLabel 0 or 1; got '2' in .*, line 2",
        ),
        (HEADING + hour(1, "NaN"), "have SepsisLabel 0 or 1; got 'NaN' .*, line 2"),
        (HEADING + hour(1.5), "have whole hours that increase .*; got 1.5 .*, line 2"),
        (
            HEADING + hour("NaN"),
            "have whole hours that increase .*; got nan .*, line 2",
        ),
        (HEADING + hour(2) + hour(2), "whole hours that increase .*; got 2 .*, line 3"),
    ],
)
def test_what_is_wrong_is_shown_with_its_line(text, message):
    with pytest.raises(ValueError, match=f"`source` must .*{message}"):
        read_physionet2019(io.StringIO(text))
