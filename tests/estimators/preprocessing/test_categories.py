"""Indicators of labels: against a table that a loop fills."""

import numpy as np
import pytest

from ckts import Panel
from ckts.estimators.preprocessing.categories import MOST_LABELS, OneHot, as_numbers
from storages import in_both_storages

NAN = np.nan
LABELS = ("a", "b", "c")


def make(codes, labels=LABELS, static=(1.0,), static_labels=("f", "m"), **options):
    """One series of a channel of labels and one of numbers."""
    return Panel(
        np.column_stack([codes, np.arange(len(codes)) * 10.0]),
        np.arange(len(codes)),
        [0, len(codes)],
        channels=["drug", "x"],
        categories=None if labels is None else {"drug": labels},
        static=np.array([static]),
        static_names=["sex", "age"][: len(static)],
        static_categories=None if static_labels is None else {"sex": static_labels},
        **options,
    )


def in_a_loop(panel, known):
    """Indicators of the labels of the channel, row by row."""
    labels, table = panel.categories["drug"], []
    for code, number in panel.values:
        label = None if np.isnan(code) else labels[int(code)]
        row = [float(label == one) if label in known else NAN for one in known]
        table.append([*row, number])
    return table


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("labels", [("a", "b", "c"), ("c", "z", "a"), ("q", "r", "b")])
@pytest.mark.filterwarnings("ignore:`X` holds labels")
def test_indicators_are_those_of_a_loop(kind, labels):
    fitted = make([2, NAN, 0, 0])
    one_hot = OneHot.learn(in_both_storages(fitted)[kind])
    assert one_hot.channel_names == ("drug=a", "drug=c", "x")
    panel = make([0, 1, NAN, 2, 2], labels)
    found = one_hot.encode(in_both_storages(panel)[kind])
    np.testing.assert_array_equal(found.values, in_a_loop(panel, ("a", "c")))
    assert found.categories == {}
    assert one_hot.has_made(found)
    assert not one_hot.has_made(panel)


def test_static_labels_have_indicators_and_unknown_ones_none():
    both = Panel.concat([make([0.0], static=(code, 7)) for code in (0, 1, NAN)])
    one_hot = OneHot.learn(both)
    assert one_hot.feature_names == ("sex=f", "sex=m", "age")
    expected = [[1, 0, 7], [0, 1, 7], [NAN, NAN, 7]]
    np.testing.assert_array_equal(one_hot.encode(both).static, expected)
    other = make([0.0], static=(0, 8), static_labels=("x",))
    with pytest.warns(UserWarning, match="not seen: 'x' in static feature 'sex'. In a"):
        found = one_hot.encode(other)
    assert found.static.tolist() == [[0, 0, 8]]


def test_only_labels_that_occur_are_learned_and_warned_of():
    one_hot = OneHot.learn(make([2.0]))
    assert one_hot.labels == {"drug": ("c",)}
    one_hot.encode(make([NAN, 2]))
    with pytest.warns(
        UserWarning, match="'a' in channel 'drug', 'b' in channel 'drug'"
    ):
        found = one_hot.encode(make([0, 1, 2]))
    np.testing.assert_array_equal(found.values[:, 0], [NAN, NAN, 1])
    one_hot.encode(make([0.0]), silent=True)


def test_a_warning_of_many_labels_is_short():
    labels = tuple("abcdefgh")
    one_hot = OneHot.learn(make([0.0], labels))
    with pytest.warns(UserWarning, match="'f' in channel 'drug' and others"):
        one_hot.encode(make(range(8), labels))


def test_a_column_of_labels_without_any_stays_one():
    one_hot = OneHot.learn(make([NAN, NAN]))
    assert one_hot.channel_names == ("drug", "x")
    with pytest.warns(UserWarning, match="labels that fit has not seen: 'b'"):
        found = one_hot.encode(make([1.0]))
    np.testing.assert_array_equal(found.values, [[NAN, 0]])


def test_columns_without_a_value_may_be_of_either_kind():
    one_hot = OneHot.learn(make([0, 1]))
    found = one_hot.encode(make([NAN], None, (NAN,), None))
    np.testing.assert_array_equal(found.values, [[NAN, NAN, 0]])
    np.testing.assert_array_equal(found.static, [[NAN]])  # "m" alone in fit


def test_labels_in_the_place_of_numbers_raise_and_the_reverse():
    labels = make([0, 1])
    numbers = make([0, 1], None)
    with pytest.raises(ValueError, match=r"hold labels in channel 'drug', as in fit"):
        OneHot.learn(labels).encode(numbers)
    with pytest.raises(ValueError, match=r"numbers in channel 'drug'.*such as 'a'"):
        OneHot.learn(numbers).encode(labels)
    bare = make([0, 1], static_labels=None)
    with pytest.raises(ValueError, match=r"labels in static feature 'sex'.*catego"):
        OneHot.learn(labels).encode(bare)
    with pytest.raises(ValueError, match=r"numbers in static feature 'sex'.*to_num"):
        OneHot.learn(bare).encode(labels)


@pytest.mark.parametrize("labels", [LABELS, None])
def test_columns_that_were_empty_in_fit_take_labels_and_numbers(labels):
    one_hot = OneHot.learn(make([NAN, NAN], labels, (NAN,), None))
    assert one_hot.labels == {"drug": ()}
    assert one_hot.static_labels == {"sex": ()}
    assert one_hot.channel_names == ("drug", "x")
    with pytest.warns(UserWarning, match="'b' in channel 'drug', 'f' in static featur"):
        found = one_hot.encode(make([1.0], static=(0.0,)))
    np.testing.assert_array_equal(found.values, [[NAN, 0]])
    np.testing.assert_array_equal(found.static, [[NAN]])
    found = one_hot.encode(make([7.0], None, (8.0,), None))
    assert (found.values.tolist(), found.static.tolist()) == ([[7, 0]], [[8]])


def test_too_many_labels_raise():
    labels = tuple(map(str, range(1500)))
    most = OneHot.learn(make(np.arange(MOST_LABELS), labels))
    assert len(most.channel_names) == MOST_LABELS + 1
    with pytest.raises(
        ValueError, match=r"at most 100 labels.*1,500 in channel 'drug'"
    ):
        OneHot.learn(make(np.arange(1500), labels))
    static = [make([0.0], static=(i,), static_labels=labels) for i in range(101)]
    with pytest.raises(ValueError, match=r"got 101 in static feature 'sex'\. Join the"):
        OneHot.learn(Panel.concat(static))


def test_names_that_are_taken_raise():
    panel = make([0, 1]).with_values([[0, 1.0]] * 2, ["drug", "drug=a"])
    panel = panel.with_values(panel.values, None, {"drug": ("a",)})
    with pytest.raises(ValueError, match=r"`channels` must be unique; got \['drug=a'"):
        as_numbers(panel)


def test_panels_of_numbers_stay_as_they_are():
    panel = make([0.5], None, static_labels=None)
    assert as_numbers(panel) is panel
    assert OneHot.learn(panel).encode(panel) is panel
