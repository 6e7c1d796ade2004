"""What functions take decides what they are given."""

import pytest

from ckts.estimators.training.signatures import accepted, draws_from_generator


class Own:
    def __init__(self, in_channels, *, generator):
        pass


@pytest.mark.parametrize(
    ("function", "taken", "draws"),
    [
        (lambda lr: None, ["lr"], False),
        (lambda *, momentum=0: None, [], False),
        (lambda lr, **others: None, ["lr", "in_channels"], False),
        (Own, ["in_channels"], True),
    ],
)
def test_functions_and_constructors_tell_what_they_take(function, taken, draws):
    assert accepted(function, ["lr", "in_channels"]) == taken
    assert draws_from_generator(function) == draws
