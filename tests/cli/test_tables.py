"""From a file to a panel and its labels, as `Panel.read` has it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ckts import Panel
from ckts.cli.messages import in_words
from ckts.cli.roles import Roles
from ckts.cli.tables import read

ROLES = Roles(
    instance="patient", time="date", label="died", static=("age",), groups="ward"
)
CHANNELS = ("bilirubin", "albumin", "edema")


@pytest.fixture
def notes():
    return []


def write(folder, frame, name="visits.csv", **options):
    path = folder / name
    frame.to_csv(path, index=False, **options)
    return path


def test_the_panel_is_that_of_the_library(visits, folder, notes):
    table = read(folder / "visits.csv", ROLES, notes.append)
    expected = Panel.read(
        folder / "visits.csv",
        instance="patient",
        time="date",
        values=list(CHANNELS),
        static=["age"],
    )
    assert table.panel.equals(expected)
    first = visits.drop_duplicates("patient")
    assert table.panel.instances.tolist() == first["patient"].tolist()
    assert table.target.y.tolist() == first["died"].tolist()
    assert table.groups.tolist() == first["ward"].tolist()
    assert table.roles.channels == CHANNELS
    assert notes == []


def test_neither_label_nor_groups_are_ever_channels(visits, folder, notes):
    named = Roles(**{**vars(ROLES), "channels": ("bilirubin", "died")})
    with pytest.raises(ValueError, match="got 'died', which `--label` names, too"):
        read(folder / "visits.csv", named, notes.append)
    panel = read(folder / "visits.csv", ROLES, notes.append).panel
    assert {"died", "ward"} & {*panel.channels, *panel.static_names} == set()


def test_rows_in_any_order_keep_each_label_with_its_instance(visits, folder, notes):
    shuffled = visits.sample(frac=1, random_state=0)
    table = read(write(folder, shuffled), ROLES, notes.append)
    labels = dict(zip(table.panel.instances, table.target.y, strict=True))
    assert labels == dict(zip(visits["patient"], visits["died"], strict=True))


def test_a_second_outcome_is_refused_until_it_has_a_role(visits, folder, notes):
    frame = visits.assign(died_later=np.where(visits["died"] == "yes", 1, 0))
    path = write(folder, frame)
    with pytest.raises(ValueError, match=r"got died_later\. Leave out outcomes"):
        read(path, ROLES, notes.append)
    ignoring = Roles(**{**vars(ROLES), "ignore": ("died_later",)})
    assert read(path, ignoring, notes.append).panel.channels == CHANNELS
    naming = Roles(**{**vars(ROLES), "channels": CHANNELS})
    assert read(path, naming, notes.append).panel.channels == CHANNELS


def test_instances_without_a_label_are_dropped_on_request(visits, folder, notes):
    unknown = visits["patient"].isin(["p01", "p03"])
    path = write(folder, visits.assign(died=visits["died"].mask(unknown)))
    with pytest.raises(ValueError, match=r"got none in 'died' of 'p01', 'p03'\."):
        read(path, ROLES, notes.append)
    table = read(path, ROLES, notes.append, drop_unlabeled=True)
    assert len(table.panel) == len(table.target.y) == len(table.groups) == 38
    assert "p01" not in table.panel.instances
    assert notes == ["Left out 2 instances without a label."]


def test_a_group_must_be_known(visits, folder, notes):
    unknown = visits["patient"] == "p05"
    path = write(folder, visits.assign(ward=visits["ward"].mask(unknown)))
    with pytest.raises(ValueError, match=r"`--groups` must be known.*'ward' of 'p05'"):
        read(path, ROLES, notes.append)


def test_text_that_means_missing_leaves_numbers(visits, folder, notes):
    marked = visits.astype({"albumin": object})
    marked["albumin"] = marked["albumin"].where(marked["albumin"].notna(), "n.d.")
    path = write(folder, marked)
    with pytest.raises(TypeError, match=r"got 'n\.d\.' in column 'albumin'") as caught:
        read(path, ROLES, notes.append)
    assert "say by `--missing TEXT` which text" in in_words(caught.value)
    roles = Roles(**{**vars(ROLES), "missing": ("n.d.",)})
    plain = read(write(folder, visits, "plain.csv"), ROLES, notes.append)
    assert read(path, roles, notes.append).panel.equals(plain.panel)


def test_semicolons_are_told(visits, folder, notes):
    plain = read(folder / "visits.csv", ROLES, notes.append).panel
    path = write(folder, visits, "german.csv", sep=";", decimal=",")
    assert read(path, ROLES, notes.append).panel.equals(plain)
    assert notes == ["german.csv is separated by ';', with decimal commas."]


@pytest.mark.parametrize("name", ["visits.csv.gz", "visits.tsv", "visits.parquet"])
def test_packed_files_and_parquet_are_the_same(name, visits, folder, notes):
    plain = read(folder / "visits.csv", ROLES, notes.append).panel
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
        visits.to_parquet(folder / name)
    else:
        write(folder, visits, name, sep="\t" if ".tsv" in name else ",")
    assert read(folder / name, ROLES, notes.append).panel.equals(plain)


def test_a_row_per_measurement_makes_the_same_panel(visits, folder, notes):
    kept = ["patient", "date", "died", "age"]
    long = visits.melt(kept, ["bilirubin", "albumin"]).dropna()
    roles = Roles(
        **{**vars(ROLES), "groups": None, "variable": "variable", "value": "value"}
    )
    table = read(write(folder, long), roles, notes.append)
    wide = Roles(**{**vars(ROLES), "channels": ("albumin", "bilirubin")})
    plain = read(write(folder, visits, "plain.csv"), wide, notes.append)
    assert table.panel.channels == ("albumin", "bilirubin")
    assert table.panel.equals(plain.panel)
    assert table.target.y.tolist() == plain.target.y.tolist()


def test_labels_of_numbers_can_be_read_as_text(folder, notes):
    frame = pd.DataFrame(
        {"patient": [1, 1, 2, 2], "date": [0, 1, 0, 1], "x": [1.0, 2, 3, 4]}
    )
    path = write(folder, frame.assign(died=["None", "None", "1", "1"]))
    roles = Roles(instance="patient", time="date", label="died")
    with pytest.raises(ValueError, match=re.escape("add `--categorical died`")):
        read(path, roles, notes.append)
    roles = Roles(**{**vars(roles), "categorical": ("died",)})
    assert read(path, roles, notes.append).target.y.tolist() == ["None", "1"]


@pytest.mark.parametrize("text", ["-999", "-999.0", "n.d."])
def test_a_number_that_means_missing_is_missing(text, folder, notes):
    path = folder / "codes.csv"
    path.write_text(f"who,hour,x,y\na,0,1,2.5\na,1,-999,{text}\nb,0,3,-999.0\n")
    roles = Roles(instance="who", time="hour", missing=("-999", "n.d."))
    panel = read(path, roles, notes.append).panel
    expected = [[1, 2.5], [np.nan, np.nan], [3, np.nan]]
    np.testing.assert_array_equal(panel.values, expected)


def test_labels_stay_as_they_are_written_where_some_text_means_missing(folder, notes):
    path = folder / "codes.csv"
    path.write_text("who,hour,drug\na,0,01\na,1,1\na,2,.\nb,0,2\n")
    roles = Roles(instance="who", time="hour", missing=(".",), categorical=("drug",))
    panel = read(path, roles, notes.append).panel
    assert panel.categories == {"drug": ("01", "1", "2")}
    np.testing.assert_array_equal(panel.values.ravel(), [0, 1, np.nan, 2])


@pytest.mark.parametrize("others", [["weight"], ["weight", "height"]])
def test_no_instance_is_lost_that_has_none_of_the_variables(others, folder, notes):
    rows = [("a", 0, "x", 1.0), ("b", 3, "x", 2.0)]
    rows += [("c", hour, one, 5.0) for hour in (1, 1, 2) for one in others]
    frame = pd.DataFrame(rows, columns=["who", "hour", "what", "found"])
    path = write(folder, frame, "long.csv")
    roles = Roles(
        instance="who", time="hour", variable="what", value="found", channels=("x",)
    )
    panel = read(path, roles, notes.append).panel
    assert panel.instances.tolist() == ["a", "b", "c"]
    assert panel.channels == ("x",)
    assert panel.times[panel.series_of_rows == 2].tolist() == [1, 2]
    assert np.isnan(panel.values[2:]).all()


def test_dates_of_eight_digits_are_no_numbers(folder, notes):
    path = folder / "digits.csv"
    path.write_text("who,day,x\na,20240131,1\na,20240201,2\nb,20231231,3\n")
    roles = Roles(instance="who", time="day")
    with pytest.raises(ValueError, match=r"`--time` must say .* got 20240131 in 'day'"):
        read(path, roles, notes.append)
    dated = replace(roles, date_format="%Y%m%d")
    times = read(path, dated, notes.append).panel.elapsed
    assert np.diff(times[:2]) == pd.Timedelta(1, "D").value
    counted = replace(roles, time_unit="s")
    assert np.diff(read(path, counted, notes.append).panel.times[:2]) == 70
    path.write_text("who,day,x\na,20240132,1\na,20240201,2\nb,20231231,3\n")
    assert len(read(path, roles, notes.append).panel) == 2
