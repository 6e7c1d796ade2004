"""Fetchers return the data with their terms, or the data alone."""

import numpy as np

from ckts.datasets.catalog import find_dataset
from ckts.datasets.fetch._bunch import make_bunch


def test_a_bunch_has_the_data_the_terms_and_more_fields():
    dataset, y = find_dataset("mnist"), np.zeros(3)
    bunch = make_bunch(dataset, "X", y, "\nThree digits.\n", names=["a"])
    assert (bunch.data, bunch.names) == ("X", ["a"])
    assert bunch.target is y
    assert (bunch.version, bunch.license) == ("1", "none stated")
    for told in (dataset.title, "\n\nThree digits.\n\n", bunch.citation, "Homepage: h"):
        assert told in bunch.DESCR


def test_the_data_alone_are_a_pair():
    assert make_bunch(find_dataset("mnist"), 1, 2, "", return_X_y=True) == (1, 2)
