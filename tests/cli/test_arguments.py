"""Options that several commands share."""

import argparse

import pytest

from ckts.cli.arguments import add_model, add_table, positive, seed


@pytest.fixture
def parser():
    made = argparse.ArgumentParser(exit_on_error=False)
    add_table(made)
    add_model(made)
    return made


def test_lists_of_columns_may_be_given_at_once_or_one_by_one(parser):
    given = ["a.csv", "--instance", "id", "--time", "t"]
    once = parser.parse_args([*given, "--static", "age", "sex"])
    twice = parser.parse_args([*given, "--static", "age", "--static", "sex"])
    assert once.static == twice.static == ["age", "sex"]
    # a default that is extended in place would grow from parse to parse
    assert parser.parse_args(given).static == []


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
def test_counts_are_positive_integers(text):
    with pytest.raises(argparse.ArgumentTypeError, match="must be a positive integer"):
        positive(text)


@pytest.mark.parametrize("text", ["-1", "4294967296", "x"])
def test_seeds_are_those_of_scikit_learn(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"from 0 to 2\*\*32 - 1"):
        seed(text)
    assert seed("4294967295") == 2**32 - 1


def test_units_are_those_of_panels(parser):
    given = ["a.csv", "--instance", "id", "--time", "t", "--time-unit", "fortnight"]
    with pytest.raises(argparse.ArgumentError, match="invalid choice: 'fortnight'"):
        parser.parse_args(given)
