"""Which column plays which role, and what is said of a wrong one."""

from pathlib import Path

import pytest

from ckts.cli.roles import Roles, check_column

COLUMNS = ["patient", "date", "age", "bilirubin", "died"]
VISITS = Path("visits.csv")


def test_a_column_that_is_there_is_found_and_others_are_channels():
    roles = Roles(instance="patient", time="date", label="died", static=("age",))
    roles.check(COLUMNS, VISITS)
    assert roles.others(COLUMNS) == ["bilirubin"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Patient", "patient"), ("bilirubine", "bilirubin"), ("DIED", "died")],
)
def test_the_column_that_was_meant_is_named(name, meant):
    with pytest.raises(ValueError, match=rf"got '{name}'. Did you mean '{meant}'?"):
        check_column("--static", name, COLUMNS, VISITS)


def test_of_no_near_column_none_is_named():
    with pytest.raises(ValueError, match=r"got 'xyz'. The columns are patient, date"):
        check_column("--static", "xyz", COLUMNS, VISITS)


@pytest.mark.parametrize(
    "roles",
    [
        {"label": "age", "static": ("age",)},
        {"label": "age", "channels": ("age",)},
        {"label": "date"},
        {"label": "age", "ignore": ("age",)},
        {"groups": "age", "label": "age"},
    ],
)
def test_a_column_has_one_role(roles):
    with pytest.raises(ValueError, match="must name a column without another role"):
        Roles(instance="patient", time="date", **roles).check(COLUMNS, VISITS)


def test_a_group_may_be_a_static_feature():
    roles = Roles(instance="patient", time="date", groups="age", static=("age",))
    assert roles.check(COLUMNS, VISITS) is None


def test_variable_and_value_come_together():
    roles = Roles(instance="patient", time="date", variable="bilirubin")
    with pytest.raises(ValueError, match="`--value` must be given together; got 'bi"):
        roles.check(COLUMNS, VISITS)


def test_what_is_given_wins_over_what_a_model_remembers():
    before = Roles(instance="patient", time="date", static=("age",)).to_dict()
    roles = Roles(time="day").over({**before, "sha256": "of another version"})
    assert roles == Roles(instance="patient", time="day", static=("age",))
