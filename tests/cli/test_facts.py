"""What a table holds, in lines of text."""

import numpy as np
import pytest

from ckts import Panel
from ckts.cli.facts import channel_lines, data_lines, table_lines, target_words
from ckts.cli.roles import Roles
from ckts.cli.tables import Table
from ckts.cli.targets import Target


@pytest.fixture
def panel():
    values = [[1.0, np.nan], [2.0, np.nan], [3.0, 4.0]]
    return Panel(values, [0.0, 1.0, 0.0], [0, 2, 3], channels=("a", "b"))


def test_sizes_roles_and_the_task_are_told(panel):
    roles = Roles(instance="id", time="t", label="died", groups="ward")
    target = Target("classification", np.array(["no", "yes"]), "2 different values")
    assert data_lines(Table(panel, target, np.array([1, 1]), roles)) == [
        "2 instances of 'id', 3 rows",
        "channels: a, b",
        "groups: 1 of 'ward'",
        "label: 'died', a classification: no (1), yes (1)",
    ]


def test_numbers_are_told_by_their_range():
    target = Target("regression", np.array([1.0, 2.0, 6.0]), "3 different numbers")
    words = "a regression (3 different numbers): 1 to 6, mean 3"
    assert target_words(target) == words


def test_of_many_classes_some_are_told():
    target = Target("classification", np.arange(25), "")
    assert target_words(target).endswith("19 (1) and 5 more")


def test_channels_are_told_by_what_is_missing(panel):
    assert channel_lines(panel.describe()) == [
        "channel  missing  instances   values",
        "a            0 %          2  numbers",
        "b           67 %          1  numbers",
    ]


def test_columns_have_one_width():
    assert table_lines(["a", "b"], [["long", "1"]]) == ["a     b", "long  1"]
