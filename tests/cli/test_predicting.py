"""Which columns of another file a saved model takes."""

import numpy as np
import pandas as pd
import pytest

import ckts
from ckts.cli.predicting import known_roles, load, predict_table
from ckts.cli.roles import Roles
from clinic import COLUMNS, FAST, make_visits


@pytest.fixture
def notes():
    return []


def predict(folder, frame, notes, given=None):
    path = folder / "new.csv"
    frame.to_csv(path, index=False)
    model, roles = load(folder / "model.safetensors", given or Roles())
    return predict_table(model, path, roles, notes.append)


def test_neither_a_label_nor_new_columns_change_a_prediction(saved, folder, notes):
    new = make_visits(seed=1)
    expected = predict(folder, new, notes)
    assert notes == ["Ignored what the model did not learn from: ward, died."]
    bare = predict(folder, new.drop(columns=["ward", "died"]), notes)
    pd.testing.assert_frame_equal(bare, expected)
    more = new.assign(died=new["bilirubin"], weight=70.0)
    pd.testing.assert_frame_equal(
        predict(folder, more[more.columns[::-1]], notes), expected
    )


def test_columns_may_be_named_otherwise(saved, folder, notes):
    expected = predict(folder, saved, notes)
    renamed = saved.rename(columns={"patient": "id", "date": "day"})
    found = predict(folder, renamed, notes, Roles(instance="id", time="day"))
    assert found.columns[0] == "id"
    np.testing.assert_array_equal(found.iloc[:, 2:], expected.iloc[:, 2:])


def test_a_channel_that_is_missing_counts_as_never_observed(saved, folder, notes):
    with pytest.warns(UserWarning, match=r"lacks channels of fit, missing are \['alb"):
        found = predict(folder, saved.drop(columns="albumin"), notes)
    empty = predict(folder, saved.assign(albumin=np.nan), notes)
    pd.testing.assert_frame_equal(found, empty)


def test_a_table_of_something_else_is_refused(saved, folder, notes):
    other = saved[["patient", "date", "age"]].assign(x=1.0)
    with pytest.raises(ValueError, match=r"must name a column of .*; got 'bilirubin'"):
        predict(folder, other, notes)
    with pytest.raises(ValueError, match=r"`--static` must name a column .* got 'age'"):
        predict(folder, saved.drop(columns="age"), notes)


def test_a_model_of_the_library_needs_its_columns_named(visits, folder, notes):
    roles = {"instance": "patient", "time": "date", "values": ["albumin", "bilirubin"]}
    X = ckts.Panel.read("visits.csv", **roles)
    y = visits.drop_duplicates("patient")["age"].to_numpy(float)
    model = ckts.CKRocketRegressor(n_kernels=84, random_state=0).fit(X, y)
    model.save("model.safetensors")
    with pytest.raises(ValueError, match="`--instance` and `--time` must be named"):
        predict(folder, visits, notes)
    found = predict(folder, visits, notes, Roles(instance="patient", time="date"))
    np.testing.assert_array_equal(found["prediction"], model.predict(X))
    assert list(found) == ["patient", "prediction"]


def test_what_is_no_fitted_model_is_refused(folder):
    ckts.CKRocketClassifier().save("model.safetensors")
    with pytest.raises(ValueError, match="`MODEL` must be a fitted classifier or reg"):
        load(folder / "model.safetensors", Roles())


def test_label_and_groups_are_kept_for_scores(saved, folder, notes):
    _, roles = load(folder / "model.safetensors", Roles())
    known = known_roles(folder / "visits.csv", roles, notes.append, labeled=True)
    assert (known.label, known.groups) == ("died", "ward")
    assert notes == []


def test_a_row_per_measurement_is_predicted_alike(run, visits, folder, notes):
    kept = ["patient", "date", "died", "age"]
    long = visits.melt(kept, ["bilirubin", "albumin"]).dropna()
    long.to_csv("visits.csv", index=False)
    roles = (*COLUMNS, "--label", "died", "--variable", "variable", "--value", "value")
    output = ("-o", "model.safetensors", "--static", "age")
    status, _, error = run("fit", "visits.csv", *roles, *FAST, *output)
    assert status == 0, error
    expected = predict(folder, long, notes)
    more = pd.concat([long, long.assign(variable="weight", value=70.0)])
    pd.testing.assert_frame_equal(predict(folder, more, notes), expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Roles(channels=("albumin",)), "`--channels` must be left out with a saved mo"),
        (Roles(ignore=("albumin",)), "`--ignore` must name no column that the model l"),
    ],
)
def test_options_that_would_do_nothing_are_refused(given, message, saved, folder):
    with pytest.raises(ValueError, match=message):
        load(folder / "model.safetensors", given)


def test_all_channels_may_be_named_again(saved, folder, notes):
    names = ("edema", "bilirubin", "albumin")
    given = Roles(channels=names, ignore=("ward",))
    found = predict(folder, saved, notes, given)
    pd.testing.assert_frame_equal(found, predict(folder, saved, notes))


def test_names_of_instances_are_not_lost_under_a_prediction(saved, folder, notes):
    for name in ("prediction", "probability_yes"):
        renamed = saved.rename(columns={"patient": name})
        with pytest.raises(ValueError, match=f"must differ from .*; got '{name}'"):
            predict(folder, renamed, notes, Roles(instance=name))
