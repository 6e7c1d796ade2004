import numpy as np
import pytest

from ckts.datasets import fetch_physionet2012
from http_server import tar_of

HEADING = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n"


def record(number, *rows):
    """Write a record as the challenge does: six lines of description, then the rows."""
    known = {"RecordID": number, "Age": 50, "Gender": 1, "Height": -1, "ICUType": 3}
    lines = [f"00:00,{name},{value}" for name, value in {**known, "Weight": 80}.items()]
    return "\n".join(["Time,Parameter,Value", *lines, *rows]) + "\n"


@pytest.fixture
def mirror(publish):
    """The real layout, with two records in each set; the archives are not sorted."""
    files = {}
    for number, letter in enumerate("abc"):
        first, second = 100 * number + 1, 100 * number + 2
        files[f"set-{letter}.tar.gz"] = tar_of(
            {
                f"set-{letter}/{second}.txt": record(second),
                f"set-{letter}/{first}.txt": record(
                    first, "00:07,HR,60", "00:07,,5", f"47:59,HR,{number}"
                ),
            }
        )
        deaths = f"{first},1,2,3,-1,0\n{second},4,5,6,7,1\n"
        files[f"Outcomes-{letter}.txt"] = (HEADING + deaths).encode()
    return publish("physionet2012", files)


def test_all_sets_are_read_in_order(mirror):
    bunch = fetch_physionet2012()
    X = bunch.data
    assert X.instances.tolist() == [1, 2, 101, 102, 201, 202]
    assert bunch.subset.tolist() == ["a", "a", "b", "b", "c", "c"]
    assert bunch.target.tolist() == [0, 1] * 3
    assert bunch.outcomes.index.tolist() == X.instances.tolist()
    assert bunch.outcomes["Survival"].tolist() == [-1, 7] * 3
    assert X[2].times.tolist() == [7, 47 * 60 + 59]
    assert X.values[:, X.channels.index("HR")].tolist() == [60, 0, 60, 1, 60, 2]
    assert set(bunch.channel_units) == set(X.channels)
    assert set(bunch.static_units) == set(X.static_names)


def test_records_without_measurements_are_kept_and_said(mirror):
    bunch = fetch_physionet2012()
    assert bunch.empty_records.tolist() == [2, 102, 202]
    text = " ".join(bunch.DESCR.split())
    assert "6 stays in intensive care, sets a, b, c" in text
    assert "3 died" in text or "(3 did)" in text
    assert "3 records without any measurement, valid and kept: 2, 102, 202." in text
    assert "ODC-By" in bunch.license
    assert "Silva" in bunch.citation


def test_one_set_asks_for_its_files_only(mirror, server):
    X, y = fetch_physionet2012(subset="b", return_X_y=True)
    assert X.instances.tolist() == [101, 102]
    assert y.tolist() == [0, 1]
    assert sorted(set(server.paths())) == ["Outcomes-b.txt", "set-b.tar.gz"]
    again, _ = fetch_physionet2012(
        subset=("b",), download_if_missing=False, return_X_y=True
    )
    assert again.equals(X)
    with pytest.raises(FileNotFoundError):
        fetch_physionet2012(subset="a", download_if_missing=False)


def test_the_order_of_the_sets_is_that_of_the_argument(mirror):
    bunch = fetch_physionet2012(subset=("c", "a"))
    assert bunch.subset.tolist() == ["c", "c", "a", "a"]
    assert bunch.data.instances.tolist() == [201, 202, 1, 2]


@pytest.mark.parametrize(
    ("subset", "message"),
    [
        ("d", "`subset` must be one of 'a', 'b', 'c'; got 'd'"),
        (("a", "x"), "`subset` must be one of 'a', 'b', 'c'; got 'x'"),
        ((), r"`subset` must name each choice once and at least one; got \(\)"),
        (("a", "a"), "`subset` must name each choice once"),
    ],
)
def test_sets_that_do_not_exist_are_named(subset, message):
    with pytest.raises(ValueError, match=message):
        fetch_physionet2012(subset=subset)


@pytest.mark.parametrize("subset", [3, None])
def test_what_is_no_sequence_is_named(subset):
    with pytest.raises(TypeError, match="`subset` must be a string or a sequence of"):
        fetch_physionet2012(subset=subset)


def test_an_empty_set_is_described(publish):
    publish(
        "physionet2012",
        {
            "set-a.tar.gz": tar_of({"set-a/5.txt": record(5)}),
            "Outcomes-a.txt": (HEADING + "5,1,2,3,-1,0\n").encode(),
        },
    )
    bunch = fetch_physionet2012(subset="a")
    assert "1 record without any measurement" in bunch.DESCR
    assert np.isnan(bunch.data.static[0, 2])
