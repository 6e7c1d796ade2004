"""Labels in tables: what is one, its code, and the label that comes back."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.panel import Panel
from ckts.panel._categories import Categories, as_label, is_label
from ckts.panel._convert import as_panel
from storages import in_both_storages

NAMES = {"instance": "who", "time": "day"}
VISITS = pd.DataFrame(
    {
        "who": ["ann", "ann", "bob", "cy"],
        "day": [0, 1, 0, 0],
        "drug": ["b", None, "a", "b"],
        "x": [1.0, 2.0, 3.0, 4.0],
        "smoker": [True, True, False, False],
        "sex": ["f", "f", "m", None],
    }
)
DRUGS = ["b", None, "a", "b"]
EVENTS = {**NAMES, "channel": "what", "value": "value"}


def read(frame=VISITS, **changes):
    return Panel.from_long(frame, **{**NAMES, "static": ["sex", "smoker"], **changes})


def labels_of(panel, name):
    """The labels of a channel row by row, by a dict and a loop."""
    place, labels = panel.channels.index(name), panel.categories[name]
    column = panel.values[:, place].tolist()
    return [None if np.isnan(code) else labels[int(code)] for code in column]


def test_text_becomes_codes_and_bools_become_numbers():
    panel = read()
    assert panel.categories == {"drug": ("a", "b")}
    assert panel.static_categories == {"sex": ("f", "m")}
    assert labels_of(panel, "drug") == DRUGS
    expected = [[0, 1], [1, 0], [np.nan, 0]]
    np.testing.assert_array_equal(panel.static, expected)


@pytest.mark.parametrize("dtype", [object, "str", "string", "category"])
def test_any_type_of_text_holds_labels(dtype):
    frame = VISITS.astype({"drug": dtype, "sex": dtype})
    assert read(frame).equals(read())


@pytest.mark.parametrize("kind", ["bool", "boolean", object])
def test_any_type_of_bool_is_a_number(kind):
    smoker = VISITS["smoker"].astype(kind)
    panel = read(VISITS.assign(smoker=smoker), static=["sex"], values=["smoker"])
    assert panel.categories == {}
    assert panel.values.ravel().tolist() == [1, 1, 0, 0]


def test_missing_bools_are_not_observed():
    smoker = pd.array([True, None, False, None], dtype="boolean")
    for column in (smoker, smoker.astype(object)):
        panel = read(VISITS.assign(smoker=column), static=None, values=["smoker"])
        np.testing.assert_array_equal(panel.values.ravel(), [1, np.nan, 0, np.nan])


NO_LABELS = [
    *("5", "<5", "1,2", "5 %", "1e3", "nan", "-inf", "1,234,567", "2020-01-31"),
    *("5.1 H", "5mg", "> 5 mg", ">= 5", "5*", "5±1", "± .5 V", "120/80", "1 000"),
    *("\N{MINUS SIGN}5", "\N{EN DASH} 5 mg", "~5 g", "+3 dB", "12:30", "01.02.2020"),
    *(".", "?", "-", "--", "+++", "1A", "3rd floor", "2-4", "40-60", "1990-95"),
]


@pytest.mark.parametrize("odd", NO_LABELS)
def test_text_like_numbers_is_no_label_unless_it_is_said_to_be(odd):
    assert not is_label(odd)
    for drug in ([odd, "a", "b", "b"], [odd] * 4):
        frame = VISITS.assign(drug=drug)
        with pytest.raises(TypeError, match=r"in column 'drug'.*`categorical=\[\.\.\."):
            read(frame)
        named = read(frame, categorical="drug")
        assert labels_of(named, "drug") == drug
        assert named.equals(read(frame.astype({"drug": "category"})))


def test_numbers_among_text_raise():
    with pytest.raises(TypeError, match=r"must be numeric; got 'a' in column 'drug'"):
        read(VISITS.assign(drug=[1.0, "a", "b", "b"]))
    with pytest.raises(TypeError, match=r"`static` must be numeric; got 'f'"):
        read(VISITS.assign(sex=["f", "f", 1.0, None]))


@pytest.mark.parametrize("text", ["a", "ward 5", "N/A", "x1", "é", "<low", "-a", "β2"])
def test_other_text_is_a_label(text):
    assert is_label(text)


def test_numbers_are_labels_if_a_column_is_categorical():
    frame = VISITS.assign(drug=[10, 9, None, 10], sex=[2, 2, 1, 1])
    panel = read(frame, categorical=["drug", "sex"])
    assert panel.categories == {"drug": ("9", "10")}  # sorted as numbers
    assert panel.static_categories == {"sex": ("1", "2")}
    whole = frame.astype({"drug": "Int64"}).astype({"drug": "category", "sex": str})
    assert read(whole, categorical="sex").equals(panel)
    assert [as_label(one) for one in (True, 1.5, np.float32(2))] == ["True", "1.5", "2"]


def test_categories_keep_their_order_and_those_without_rows():
    drug = pd.Categorical(VISITS["drug"], ["c", "b", "a"])
    panel = read(VISITS.assign(drug=drug))
    assert panel.categories == {"drug": ("c", "b", "a")}
    assert labels_of(panel, "drug") == DRUGS


def test_blank_text_is_missing():
    panel = read(VISITS.assign(drug=["b", " ", "a", ""]))
    assert labels_of(panel, "drug") == ["b", None, "a", None]


def test_a_blank_among_labels_is_missing_and_a_sign_among_them_raises():
    drug = ["b", "-", "a", "b"]
    with pytest.raises(TypeError, match=r"got 'b' in column 'drug'.*`categorical="):
        read(VISITS.assign(drug=drug))
    assert labels_of(read(VISITS.assign(drug=drug), categorical=["drug"]), "drug") == (
        drug
    )


def test_numbers_with_units_raise_in_frames_without_names_for_labels():
    cells = pd.DataFrame({"x": ["5 mg", "7 mg"]})
    with pytest.raises(TypeError, match=r"got '5 mg'.*labels by `.astype\('category"):
        as_panel([cells, cells])
    panel = as_panel([cells.astype("category"), cells.astype("category")])
    assert panel.categories == {"x": ("5 mg", "7 mg")}


def test_measured_labels_have_a_channel_of_their_own():
    table = pd.DataFrame({"who": [1, 1, 1, 2, 2], "day": [0, 0, 1, 0, 3]})
    table["what"] = ["drug", "hr", "drug", "hr", "drug"]
    table["value"] = ["b", 60.0, "a", 70, None]
    panel = Panel.from_long(table, **EVENTS)
    assert panel.categories == {"drug": ("a", "b")}
    expected = [[1, 60], [0, np.nan], [np.nan, 70], [np.nan, np.nan]]
    np.testing.assert_array_equal(panel.values, expected)
    text = table.astype({"value": object}).assign(value=["b", "60.0", "a", "70", None])
    assert Panel.from_long(text, **EVENTS).equals(panel)
    with pytest.raises(TypeError, match=r"`value` must be numeric; got '<60'"):
        Panel.from_long(text.replace("60.0", "<60"), **EVENTS)
    named = Panel.from_long(table, **EVENTS, categorical=["hr"])
    assert named.categories == {"drug": ("a", "b"), "hr": ("60", "70")}
    assert Panel.from_long(table.astype({"value": "category"}), **EVENTS).equals(named)


def test_static_frames_hold_labels():
    static = pd.DataFrame(
        {"sex": ["m", "f", "f"], "ward": [3, 4, 3]}, index=list("cba")
    )
    table = VISITS.replace({"who": {"ann": "a", "bob": "b", "cy": "c"}})
    panel = read(table[["who", "day", "x"]], static=static, categorical=["ward"])
    assert panel.static.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert panel.static_categories == {"sex": ("f", "m"), "ward": ("3", "4")}


def test_a_changing_static_label_raises_with_the_labels():
    with pytest.raises(ValueError, match=r"got 'f' and 'm' in 'sex' of instance 'ann'"):
        read(VISITS.assign(sex=["f", "m", "m", "m"]))


def test_unknown_categorical_names_raise():
    with pytest.raises(ValueError, match=r"`categorical` must name .*got \['drgu'\]"):
        read(categorical=["drgu"])


@pytest.mark.parametrize("name", ["channel", "Parameter"])
def test_a_column_that_names_channels_is_no_category(name):
    table = VISITS.rename(columns={"drug": name})
    with pytest.raises(ValueError, match=rf"'{name}', that seems.*channel='{name}'"):
        read(table)
    assert read(table, values=[name]).categories == {name: ("a", "b")}


CHANGES = {
    "no dict": ([("a", "b")], TypeError, r"be a dict of names and their labels"),
    "unknown": ({"z": ("a",)}, ValueError, r"of columns that are there; got \['z'\]"),
    "text": ({"drug": "ab"}, TypeError, r"tuple of strings.*got 'ab' for 'drug'"),
    "numbers": ({"drug": (1, 2)}, TypeError, r"tuple of strings for each name; got \("),
    "repeated": ({"drug": ("a", "a")}, ValueError, r"hold each label once"),
    "too few": (
        {"drug": ("a",)},
        ValueError,
        r"every code, 0 to 0 in 'drug'; got 1\.0",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_wrong_categories_raise(name):
    given, error, message = CHANGES[name]
    arguments = [[[0.0], [1.0]], [0, 1], [0, 2]]
    with pytest.raises(error, match=rf"`categories` must.*{message}"):
        Panel(*arguments, channels=["drug"], categories=given)
    static = {"static": [[1.0]], "static_names": ["drug"]}
    with pytest.raises(error, match=rf"`static_categories` must.*{message}"):
        Panel(*arguments, **static, static_categories=given)


def test_codes_are_whole():
    with pytest.raises(
        ValueError, match=r"label for every code.*got 0\.5.*leave it out"
    ):
        read().with_values(read().values / 2)


def test_panels_of_other_labels_are_different():
    panel = read()
    other = {"drug": ("a", "c")}
    assert not panel.equals(panel.with_values(panel.values, None, other))
    assert not panel.equals(panel.with_static(panel.static, panel.static_names, {}))


@pytest.mark.parametrize(
    "change",
    [
        lambda panel: panel[1:],
        lambda panel: panel.keep_rows(panel.times < 1),
        lambda panel: panel.expanding(),
        lambda panel: panel.with_times(panel.times * 2),
        lambda panel: panel.with_instances([1, 2, 3]),
        lambda panel: panel.with_values(panel.values),
        lambda panel: panel.with_static(panel.static, panel.static_names),
        copy.deepcopy,
        lambda panel: pickle.loads(pickle.dumps(panel)),
    ],
)
def test_what_makes_another_panel_keeps_the_categories(change):
    for panel in in_both_storages(read()):
        changed = change(panel)
        assert changed.categories == {"drug": ("a", "b")}
        assert changed.static_categories == {"sex": ("f", "m")}


def test_categories_cannot_be_changed():
    with pytest.raises(TypeError, match="does not support item assignment"):
        read().categories["drug"] = ("z",)


def test_pickles_without_categories_are_read():
    panel = as_panel([([0, 1], [1.0, 2.0])])
    state = panel.__getstate__()
    assert state.pop("categories") == state.pop("static_categories") == Categories()
    old = object.__new__(Panel)
    old.__setstate__(state)
    assert old.equals(panel)


WORDS = st.text("abé <5.", min_size=1, max_size=4).filter(str.strip)


@st.composite
def labeled(draw):
    """A panel with a channel of labels, one of numbers, in either storage."""
    labels = tuple(sorted(draw(st.sets(WORDS, min_size=1, max_size=4))))
    n_rows = draw(st.integers(len(labels), 8))
    codes = [
        *range(len(labels)),
        *draw(
            st.lists(
                st.sampled_from([*range(len(labels)), np.nan]),
                min_size=n_rows - len(labels),
                max_size=n_rows - len(labels),
            )
        ),
    ]
    numbers = draw(st.lists(st.floats(-9, 9), min_size=n_rows, max_size=n_rows))
    cut = draw(st.integers(1, n_rows))
    lengths = [cut, n_rows - cut] if cut < n_rows else [cut]
    panel = Panel(
        np.column_stack([draw(st.permutations(codes)), numbers]),
        np.arange(n_rows),
        np.cumsum([0, *lengths]),
        channels=["drug", "x"],
        categories={"drug": labels},
    )
    return in_both_storages(panel)[draw(st.integers(0, 1))]


def through_long(panel, folder):
    names = {"instance": "instance", "time": "time", "categorical": "drug"}
    table = panel.to_long()
    return Panel.from_long(table, **names, channel="channel", value="value")


def through_file(panel, folder, suffix):
    path = folder / f"a{suffix}"
    frame = panel.to_frame().reset_index()
    write = frame.to_parquet if suffix == ".parquet" else frame.to_csv
    write(path, index=False)
    names = {"instance": "instance", "time": "time", "categorical": "drug"}
    return Panel.read(path, **names)


def through_polars(panel, folder):
    polars = pytest.importorskip("polars")
    table = polars.from_pandas(panel.to_frame().reset_index())
    return Panel.from_long(table, instance="instance", time="time")


def through_arrow(panel, folder):
    arrow = pytest.importorskip("pyarrow")
    return as_panel(arrow.Table.from_pandas(panel.to_frame()))


TRIPS = {
    "to_frame": lambda panel, _: as_panel(panel.to_frame()),
    "df-list": lambda panel, _: as_panel(panel.to_sktime("df-list")),
    "nested_univ": lambda panel, _: as_panel(panel.to_sktime("nested_univ")),
    "to_long": through_long,
    "csv": lambda panel, folder: through_file(panel, folder, ".csv"),
    "parquet": lambda panel, folder: through_file(panel, folder, ".parquet"),
    "polars": through_polars,
    "arrow": through_arrow,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("labels")


@pytest.mark.parametrize("name", TRIPS)
@given(panel=labeled())
@settings(max_examples=25)
def test_labels_survive_a_format(name, folder, panel):
    assert TRIPS[name](panel, folder).equals(panel)


def test_arrays_hold_the_codes():
    panel = Panel([[1.0], [0.0]], [0, 1], [0, 2], categories={"channel_0": ("a", "b")})
    assert panel.to_numpy().tolist() == [[[1, 0]]]
    assert panel.to_list()[0][1].tolist() == [[1], [0]]
    assert panel.to_frame()["channel_0"].tolist() == ["b", "a"]


def test_xarray_has_the_codes_and_static_labels():
    pytest.importorskip("xarray")
    pytest.importorskip("sparse")
    array = read().to_xarray()
    assert array.sel(instance="bob", channel="drug").data.todense()[0] == 0
    assert array.coords["sex"].values.tolist()[:2] == ["f", "m"]
