import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from ckts import Panel, ParquetPanel
from ckts.datasets import make_bursty_visits, make_speed

pyarrow = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402

ROLES = {"instance": "who", "time": "when"}
TEXTS = ["low", "high", " ", "no fever", None]


# The type of a column, and what its cells may hold.
COLUMNS = {
    "double": (pyarrow.float64(), st.none() | st.floats(-9, 9)),
    "single": (pyarrow.float32(), st.none() | st.floats(-9, 9, width=32)),
    "full": (pyarrow.float32(), st.floats(-9, 9, width=32)),
    "small": (pyarrow.int16(), st.none() | st.integers(-9, 9)),
    "whole": (pyarrow.int64(), st.integers(-9, 9)),
    "flag": (pyarrow.bool_(), st.none() | st.booleans()),
    "nothing": (pyarrow.string(), st.none()),
    "text": (pyarrow.string(), st.sampled_from(TEXTS)),
    "named": (pyarrow.int8(), st.none() | st.integers(0, 3)),
    "coded": (
        pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
        st.sampled_from(["z", "a", None]),
    ),
}
IDS = {
    "int": (pyarrow.int64(), st.integers(-3, 20)),
    "text": (pyarrow.string(), st.text("abc", min_size=1, max_size=3)),
    "category": (
        pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
        st.text("abc", min_size=1, max_size=3),
    ),
}
TIMES = {
    "int": (pyarrow.int64(), lambda n: n),
    "float": (pyarrow.float64(), lambda n: n / 8),
    "date": (pyarrow.timestamp("ms", "Europe/Rome"), lambda n: n * 7000),
    "text": (pyarrow.string(), lambda n: f"2024-03-{1 + n % 28:02d}T0{n // 28}:00"),
}


@st.composite
def tables(draw):
    """Draw a table whose instances stand together, and the arguments to read it."""
    kind, names = IDS[draw(st.sampled_from(sorted(IDS)))]
    ids = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    lengths = draw(st.lists(st.integers(1, 4), min_size=len(ids), max_size=len(ids)))
    n_rows = sum(lengths)
    clock, make = TIMES[draw(st.sampled_from(sorted(TIMES)))]
    ticks = [
        draw(st.lists(st.integers(0, 99), min_size=n, max_size=n, unique=True))
        for n in lengths
    ]
    who = [one for one, n in zip(ids, lengths, strict=True) for _ in range(n)]
    columns = {
        "who": pyarrow.array(who).cast(kind) if kind != IDS["category"][0] else None,
        "when": pyarrow.array([make(t) for one in ticks for t in one], clock),
    }
    if columns["who"] is None:
        columns["who"] = pyarrow.array(who).dictionary_encode()
    chosen = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    for name in chosen:
        arrow, cells = COLUMNS[name]
        cells = draw(st.lists(cells, min_size=n_rows, max_size=n_rows))
        columns[name] = (
            pyarrow.array(cells, pyarrow.string()).dictionary_encode().cast(arrow)
            if name == "coded"
            else pyarrow.array(cells, arrow)
        )
    roles = {**ROLES, "values": chosen}
    if "named" in chosen:
        roles["categorical"] = ["named"]
    if draw(st.booleans()):
        fixed = draw(
            st.lists(st.sampled_from([0.5, None]), min_size=len(ids), max_size=len(ids))
        )
        sex = draw(
            st.lists(st.sampled_from(["f", "m"]), min_size=len(ids), max_size=len(ids))
        )
        columns["age"] = pyarrow.array(np.repeat(fixed, lengths), pyarrow.float32())
        columns["sex"] = pyarrow.array(np.repeat(sex, lengths), pyarrow.string())
        roles["static"] = ["age", "sex"]
    return pyarrow.table(columns), roles


def outcome(read):
    """Return what is read, or the type of error: text of numbers has no labels."""
    try:
        return read()
    except (TypeError, ValueError) as error:
        return type(error)


@settings(max_examples=50, deadline=None)
@given(tables(), st.integers(1, 5), st.integers(1, 9), st.randoms())
def test_parts_are_what_reading_all_at_once_gives(
    tmp_path_factory, table_and_roles, group, most, random
):
    table, roles = table_and_roles
    path = tmp_path_factory.mktemp("tables") / "visits.parquet"
    parquet.write_table(table, path, row_group_size=group)
    whole = outcome(lambda: Panel.read(path, **roles))
    panel = outcome(lambda: ParquetPanel(path, **roles))
    if isinstance(whole, type):
        assert panel is whole
        return
    assert panel.channels == whole.channels
    assert panel.categories == whole.categories
    assert panel.time_scale == whole.time_scale
    assert np.array_equal(panel.instances, whole.instances)
    assert panel.load().equals(whole)
    parts = list(panel.partitions(most))
    assert Panel.concat(parts).equals(whole)
    assert all(len(part.times) <= most or len(part) == 1 for part in parts)
    assert all(part.static_categories == whole.static_categories for part in parts)
    chosen = [random.randrange(len(whole)) for _ in range(4)]
    assert panel[chosen].load().equals(whole[chosen])


@pytest.fixture
def speed(tmp_path):
    panel, y = make_speed(30, random_state=0)
    panel.to_parquet(tmp_path / "speed.parquet", rows_per_group=100)
    path = tmp_path / "speed.parquet"
    return panel, y, ParquetPanel(path, instance="instance", time="time")


def test_selections_read_nothing_and_nest(speed):
    panel, _, disk = speed
    assert disk[5:20][[0, 3]].load().equals(panel[[5, 8]])
    mask = np.arange(30) % 3 == 0
    assert disk[mask].load().equals(panel[mask])
    assert (len(disk[3]), disk[[]].n_rows, disk.shape) == (1, 0, (30,))
    assert disk[[]].load().equals(panel[[]])
    with pytest.raises(IndexError, match="must be indexed by 1-D numbers"):
        disk[99]


def test_scikit_learn_splits_it(speed):
    panel, y, disk = speed
    train, test, _, _ = train_test_split(disk, y, random_state=0)
    expected, _ = train_test_split(panel, random_state=0)
    assert isinstance(train, ParquetPanel)
    assert train.load().equals(expected)
    assert len(train) + len(test) == 30


def test_it_pickles_without_rows(speed):
    panel, _, disk = speed
    again = pickle.loads(pickle.dumps(disk[2:9]))
    assert again.load().equals(panel[2:9])


def test_it_says_what_it_is(speed):
    words = repr(speed[2])
    assert words.startswith("ParquetPanel('")
    assert "n_series=30, in_channels=1, length 30, time number)" in words


def test_it_is_no_array(speed):
    with pytest.raises(TypeError, match=r"whose series are on disk. Use `X.load\(\)`"):
        np.asarray(speed[2])


def test_arguments_are_checked(speed):
    with pytest.raises(ValueError, match="`max_rows` must be at least 1"):
        list(speed[2].partitions(0))
    with pytest.raises(ValueError, match="`duplicates` must be one of"):
        ParquetPanel("a.parquet", **ROLES, duplicates="drop")


def test_its_description_is_that_of_the_panel(tmp_path):
    pytest.importorskip("crick")
    panel, y = make_bursty_visits(40, random_state=0)
    panel.to_parquet(tmp_path / "a.parquet", rows_per_group=200)
    disk = ParquetPanel(tmp_path / "a.parquet", instance="instance", time="time")
    found, expected = disk.describe(y), panel.describe(y)
    for name in ("n_series", "n_rows", "lengths", "durations", "ties", "step"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.length_effects == expected.length_effects
    assert found.gap_variation == pytest.approx(expected.gap_variation)
