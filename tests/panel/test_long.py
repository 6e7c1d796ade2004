from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel import Panel
from ckts.panel._times import TimeScale

VISITS = pd.DataFrame(
    {
        "patient": ["bob", "ann", "bob", "ann", "cem"],
        "day": [7, 192, 0, 0, 3],
        "bilirubin": [1.4, 21.3, 1.1, 14.5, np.nan],
        "edema": [False, True, False, True, False],
        "age": [56.4, 58.8, np.nan, 58.8, 70.1],
    }
)
NAMES = {"instance": "patient", "time": "day"}
MEASUREMENTS = pd.DataFrame(
    {
        "patient": ["bob", "bob", "ann", "bob", "ann"],
        "hour": [5.0, 5.0, 1.5, 0.5, 0.25],
        "what": ["pulse", "bp", "bp", "bp", "pulse"],
        "result": [71, 120, 135, 118, 64],
    }
)
ROLES = {"instance": "patient", "time": "hour", "channel": "what", "value": "result"}


def read(**changes) -> Panel:
    return Panel.from_long(changes.pop("frame", VISITS), **{**NAMES, **changes})


def test_every_other_column_is_a_channel():
    panel = read()
    assert panel.channels == ("bilirubin", "edema", "age")
    assert panel.instances.tolist() == ["bob", "ann", "cem"]
    assert panel.times.tolist() == [0, 7, 0, 192, 3]
    assert panel.values[:2].tolist()[1] == [1.4, 0.0, 56.4]
    assert np.isnan(panel.values[4, 0])


def test_columns_can_be_chosen():
    assert read(values=["edema"]).channels == ("edema",)
    assert read(values="edema").channels == ("edema",)


def test_instance_and_time_may_be_in_the_index():
    indexed = VISITS.set_index(["patient", "day"])
    assert read(frame=indexed).equals(read())


def test_static_columns_are_constant():
    panel = read(static=["age"])
    assert panel.channels == ("bilirubin", "edema")
    assert panel.static_names == ("age",)
    assert panel.static[:, 0].tolist() == [56.4, 58.8, 70.1]
    unknown = VISITS.assign(age=np.nan)
    assert np.isnan(read(frame=unknown, static="age").static).all()


def test_static_frames_are_aligned_and_add_series_without_rows():
    static = pd.DataFrame(
        {"sex": [0, 1, 1, 0]}, index=["dora", "cem", "bob", "ann"], dtype="Int64"
    )
    panel = read(static=static)
    assert panel.instances.tolist() == ["bob", "ann", "cem", "dora"]
    assert panel.lengths.tolist() == [2, 2, 1, 0]
    assert panel.static[:, 0].tolist() == [1, 0, 1, 0]
    assert read(static=static["sex"]).equals(panel)


def test_categories_without_rows_are_series_without_observation():
    ids = pd.Categorical(VISITS["patient"], ["zoe", "ann", "bob", "cem"])
    panel = read(frame=VISITS.assign(patient=ids))
    assert panel.instances.tolist() == ["bob", "ann", "cem", "zoe"]
    assert panel.lengths.tolist() == [2, 2, 1, 0]


def test_ordered_categories_keep_their_order():
    ids = pd.Categorical(VISITS["patient"], ["zoe", "cem", "ann", "bob"], ordered=True)
    panel = read(frame=VISITS.assign(patient=ids))
    assert panel.instances.tolist() == ["zoe", "cem", "ann", "bob"]
    assert panel.lengths.tolist() == [0, 1, 2, 2]
    assert panel[3].times.tolist() == [0, 7]


def test_measurements_of_one_time_share_a_row():
    panel = Panel.from_long(MEASUREMENTS, **ROLES, time_unit="h")
    assert panel.channels == ("bp", "pulse")
    assert panel.instances.tolist() == ["bob", "ann"]
    assert panel.time_scale == TimeScale("number", "h")
    assert panel.times.tolist() == [0.5, 5.0, 0.25, 1.5]
    expected = [[118, np.nan], [120, 71], [np.nan, 64], [135, np.nan]]
    np.testing.assert_array_equal(panel.values, expected)


def test_categories_name_the_channels():
    what = pd.Categorical(MEASUREMENTS["what"], ["pulse", "bp", "weight"])
    panel = Panel.from_long(MEASUREMENTS.assign(what=what), **ROLES)
    assert panel.channels == ("pulse", "bp", "weight")
    assert np.isnan(panel.values[:, 2]).all()


def test_measurements_repeated_are_merged_or_kept():
    again = MEASUREMENTS.iloc[[0]].assign(result=75)
    frame = pd.concat([MEASUREMENTS, again], ignore_index=True)
    with pytest.raises(ValueError, match=r"'bob' has 2 values of 'pulse' at time 5.0"):
        Panel.from_long(frame, **ROLES)

    def pulse(duplicates):
        panel = Panel.from_long(frame, **ROLES, duplicates=duplicates)
        return panel[0].values[1:, 1].tolist()

    assert pulse("mean") == [73]
    assert pulse("last") == [75]
    assert pulse("keep") == [71, 75]


@given(st.permutations(range(len(MEASUREMENTS))))
def test_order_of_measurements_changes_nothing(order):
    panel = Panel.from_long(MEASUREMENTS, **ROLES)
    other = Panel.from_long(MEASUREMENTS.iloc[list(order)], **ROLES)
    by_name = [np.argsort(p.instances.astype(str)) for p in (panel, other)]
    assert other[by_name[1]].equals(panel[by_name[0]])


@st.composite
def long_tables(draw):
    """Rows of three channels at distinct (instance, time), in any order."""
    stamps = draw(
        st.lists(
            st.tuples(st.sampled_from("abcd"), st.integers(-(2**61), 2**61)),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    frame = pd.DataFrame(stamps, columns=["who", "when"])
    value = st.one_of(st.just(np.nan), st.floats(-1e3, 1e3))
    for name in ("x", "y", "z"):
        frame[name] = np.array([draw(value) for _ in stamps])
    return frame


@given(long_tables(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_only_the_order_of_series(frame, random):
    order = random.sample(range(len(frame)), len(frame))
    names = {"instance": "who", "time": "when", "values": ["x", "y", "z"]}
    panel = Panel.from_long(frame, **names)
    other = Panel.from_long(frame.iloc[order], **names)
    assert other.instances.tolist() == list(dict.fromkeys(frame["who"].iloc[order]))
    by_name = [np.argsort(p.instances.astype(str)) for p in (panel, other)]
    assert other[by_name[1]].equals(panel[by_name[0]])


@given(long_tables())
def test_a_row_per_measurement_or_per_visit_is_the_same(frame):
    frame[["x", "y", "z"]] = frame[["x", "y", "z"]].fillna(0.0)
    names = {"instance": "who", "time": "when"}
    wide = Panel.from_long(frame, **names, values=["x", "y", "z"])
    melted = frame.melt(["who", "when"]).sort_values("who", kind="stable")
    melted["who"] = pd.Categorical(melted["who"], wide.instances, ordered=True)
    long = Panel.from_long(melted, **names, channel="variable", value="value")
    assert long.equals(wide)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instance": "pid"}, r"`instance` must name one column.*'pid'.*'patient', 'd"),
        ({"time": "when"}, r"`time` must name one column of the frame; got 'when'"),
        ({"values": ["a", "edema"]}, r"`values` must name columns.*got \['a'\]"),
        ({"static": ["height"]}, r"`static` must name columns.*got \['height'\]"),
        ({"static": ["bilirubin"]}, r"constant.*1.1 and 1.4 in 'bilirubin' of .*'bob'"),
        ({"channel": "edema"}, r"`channel` and `value` must be given together"),
        ({"values": []}, r"`values` must name at least one column"),
        ({"frame": VISITS.iloc[:0]}, r"`X` must hold at least one series"),
        (
            {"frame": VISITS.replace("ann", None)},
            r"`instance` must not be missing.*row 1",
        ),
        (
            {"frame": VISITS.replace(1.4, np.inf)},
            r"inf in channel 'bilirubin' of .*'bob'",
        ),
        (
            {"frame": VISITS.astype({"day": float}).replace(7, np.nan)},
            r"`times` must be",
        ),
        ({"duplicates": "first"}, r"`duplicates` must be one of"),
        ({"time_unit": "month"}, r"`time_unit` must be None or one of"),
    ],
)
def test_wrong_tables_and_names_raise(changes, message):
    with pytest.raises(ValueError, match=message):
        read(**changes)


def test_static_of_other_instances_raises():
    with pytest.raises(
        ValueError, match=r"`static` must be indexed by.*none for 'bob'"
    ):
        read(static=pd.DataFrame({"age": [1.0, 2.0, 3.0]}))


def test_missing_channels_raise():
    frame = MEASUREMENTS.replace("bp", None)
    with pytest.raises(ValueError, match=r"`channel` must not be missing.*row 1"):
        Panel.from_long(frame, **ROLES)


def test_names_of_several_columns_raise():
    twice = pd.concat([VISITS, VISITS[["day"]]], axis=1)
    with pytest.raises(ValueError, match=r"`time` must name one column"):
        read(frame=twice)


def test_strings_raise_with_the_column():
    words = VISITS.assign(edema=["1", *["<1"] * (len(VISITS) - 1)])
    with pytest.raises(TypeError, match=r"'<1' in column 'edema'.*values=\[...\]"):
        read(frame=words)
    with pytest.raises(TypeError, match=r"`static` must be numeric.*'edema'.*categori"):
        read(frame=words, static=["edema"])
    results = ["<1", *["1"] * (len(MEASUREMENTS) - 1)]
    with pytest.raises(
        TypeError, match=r"`value` must be numeric; got '<1'.*to_numeri.*categorical="
    ):
        Panel.from_long(MEASUREMENTS.assign(result=results), **ROLES)
    with pytest.raises(TypeError, match=r"`times` must be numbers.*strings"):
        read(frame=VISITS.assign(day="2020-01-01"))


def test_a_file_that_is_not_a_table_raises():
    with pytest.raises(
        TypeError, match=r"`frame` must be a pandas Data.*str.*`Panel.read`"
    ):
        Panel.from_long("visits.csv", **NAMES)
