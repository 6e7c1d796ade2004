"""Earlier prefixes of series: which, of what weight, and whatever the order."""

import numpy as np
import pytest

from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.rocket.kernel_features import content_keys
from ckts.estimators.rocket.prefixes import Prefixes
from irregular import irregular_panel
from kernel_learning import standardize


def prefixes_of(panel, weight=None, n_truncated=3):
    weight = np.ones(len(panel)) if weight is None else weight
    dataset = standardize(panel, learn_statistics(panel, np.ones(len(panel))))
    keys = content_keys(dataset, 1.0)
    prefixes, rows = Prefixes.ends(keys, weight).with_truncated(
        dataset, keys, n_truncated
    )
    return prefixes, rows, dataset


def cuts_of(panel, number, n_truncated=3):
    """The truncated of one series, as numbers of its rows."""
    prefixes, rows, dataset = prefixes_of(panel, n_truncated=n_truncated)
    own = rows[prefixes.owner[len(panel) :] == number]
    return (own - dataset.indptr[number]).tolist()


@pytest.fixture(scope="module")
def panel():
    return irregular_panel()[0]


@pytest.mark.parametrize("n_truncated", [1, 3, 50])
def test_cuts_are_earlier_rows_of_their_series_in_order(panel, n_truncated):
    prefixes, rows, dataset = prefixes_of(panel, n_truncated=n_truncated)
    assert prefixes.owner[:24].tolist() == list(range(24))
    assert (np.diff(rows) > 0).all()
    owner = prefixes.owner[24:]
    assert (rows >= dataset.indptr[owner]).all()
    assert (rows < dataset.indptr[owner + 1] - 1).all()
    counts = np.bincount(owner, minlength=24)
    earlier = dataset.lengths - 1
    assert (counts <= np.minimum(n_truncated, earlier)).all()
    assert (counts >= np.minimum(1, earlier)).all()
    if n_truncated == 50:  # steps of the golden section reach every row
        assert (counts == earlier).all()


def test_cuts_share_half_of_the_weight_of_a_series(panel):
    weight = np.random.default_rng(0).uniform(0.1, 3, 24)
    prefixes, _, _ = prefixes_of(panel, weight)
    np.testing.assert_allclose(np.bincount(prefixes.owner, prefixes.weight), weight)
    np.testing.assert_allclose(prefixes.weight[:24], weight / 2)


@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_short_series_have_no_more_cuts_than_earlier_rows(panel, n_rows):
    rows = np.r_[np.arange(n_rows), np.arange(panel.indptr[1], panel.indptr[-1])]
    indptr = np.r_[0, panel.indptr[1:] - panel.indptr[1] + n_rows]
    values = np.nan_to_num(panel.values[rows])
    short = type(panel)(values, panel.times[rows], indptr)
    assert cuts_of(short, 0) == [0] * (n_rows == 2)
    prefixes, _, _ = prefixes_of(short)
    assert prefixes.weight[0] == (0.5 if n_rows == 2 else 1.0)


def test_the_order_of_series_moves_no_cut(panel):
    order = np.random.default_rng(1).permutation(24)
    dataset = standardize(panel, learn_statistics(panel, np.ones(24)))
    keys = content_keys(dataset, 1.0)
    for number in (0, 7, 23):
        shuffled, rows = Prefixes.ends(keys[order], np.ones(24)).with_truncated(
            shuffled_dataset := standardize(
                panel[order], learn_statistics(panel, np.ones(24))
            ),
            keys[order],
            3,
        )
        place = int(np.flatnonzero(order == number)[0])
        own = rows[shuffled.owner[24:] == place] - shuffled_dataset.indptr[place]
        assert own.tolist() == cuts_of(panel, number)


def test_equal_series_have_equal_cuts_that_are_twins(panel):
    repeated = panel[np.r_[0:24, 5, 5]]
    prefixes, _, _ = prefixes_of(repeated)
    ends, truncated = prefixes.twins[:26], prefixes.twins[26:]
    assert ends[5] == ends[24] == ends[25]
    assert len(np.unique(ends)) == 24
    owner = prefixes.owner[26:]
    for other in (24, 25):
        assert truncated[owner == other].tolist() == truncated[owner == 5].tolist()
        assert cuts_of(repeated, other) == cuts_of(repeated, 5)
    alone = ~np.isin(owner, [24, 25])
    assert len(np.unique(truncated[alone])) == alone.sum()
    assert not np.isin(truncated, ends).any()
