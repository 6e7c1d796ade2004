"""Ten bugs that containers of irregular series had elsewhere, each of which is tested.

They are those of pyrregular, which its changelog and own tests tell of. Some have their
test where the rule stands: `ELSEWHERE` names it.
"""

from __future__ import annotations

import ast
import datetime
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel, _files
from ckts.panel._convert import as_panel

ROOT = Path(__file__).parents[2]
NAMES = {"instance": "who", "time": "when"}
ELSEWHERE = {
    "datetimes lose their nanoseconds": (
        "test_times.py",
        "test_nanoseconds_survive_the_way_to_pandas_and_back",
    ),
    "series are padded to the global axis of times": (
        "test_xarray.py",
        "test_what_a_series_lacks_on_the_common_axis_is_no_row_of_it",
    ),
    "a static column that changes splits its series": (
        "test_long.py",
        "test_static_columns_are_constant",
    ),
}


def write_csv(folder, rows):
    path = folder / "visits.csv"
    path.write_text("who,when,x\n" + "".join(f"{row}\n" for row in rows))
    return path


@pytest.mark.parametrize("bug", ELSEWHERE)
def test_a_test_elsewhere_is_there(bug):
    file, name = ELSEWHERE[bug]
    assert f"def {name}(" in (Path(__file__).parent / file).read_text("utf-8")


def test_1_dates_keep_their_nanoseconds(tmp_path):
    path = write_csv(tmp_path, ["a,2020-01-01T00:00:00.123456789,1"])
    stamp = pd.Timestamp("2020-01-01T00:00:00.123456789")
    panel = Panel.read(path, **NAMES)
    assert panel.times.tolist() == [stamp.value]
    assert panel.to_long()["time"].tolist() == [stamp]


@pytest.fixture(params=["America/New_York", "Asia/Kolkata"])
def zone_of_the_machine(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_2_the_zone_of_the_machine_moves_no_time(zone_of_the_machine, tmp_path):
    seconds = 1_711_846_800  # 2024-03-31 01:00 UTC
    assert time.localtime(seconds).tm_hour != 1
    naive = datetime.datetime(2024, 3, 31, 1)
    aware = naive.replace(tzinfo=datetime.UTC)
    paths = {"dates": "2024-03-31 01:00", "zoned": "2024-03-30T20:00-05:00"}
    read = [
        Panel.read(write_csv(tmp_path, [f"a,{t},1"]), **NAMES) for t in paths.values()
    ]
    lists = [as_panel([([stamp], [1.0])]) for stamp in (naive, aware)]
    for panel in [*read, *lists]:
        assert panel.times.tolist() == [seconds * 10**9]
    counted = Panel.read(
        write_csv(tmp_path, [f"a,{seconds},1"]), **NAMES, time_unit="s"
    )
    assert counted.times.tolist() == [seconds]
    assert counted.time_scale.factor_to(read[0].time_scale) == 1e9


def test_3_dates_are_sorted_by_time_not_as_text(tmp_path):
    dates = ["9/1/2020", "10/1/2020", "2/2/2020", "30/12/2019"]
    rows = [f"a,{date},{i}" for i, date in enumerate(dates)]
    panel = Panel.read(write_csv(tmp_path, rows), **NAMES, date_format="%d/%m/%Y")
    assert panel.values[:, 0].tolist() == [3, 0, 1, 2]


def test_4_union_of_times_is_not_laid_out(tmp_path):
    n = 2000  # a table of all times is 2,000 x 2,000
    rows = [f"{i},{i + 0.5},{i}" for i in range(n)]
    panel = Panel.read(write_csv(tmp_path, rows), **NAMES)
    assert panel.lengths.tolist() == [1] * n
    assert panel.to_long().shape == (n, 4)


RUNS = {"eval", "exec", "joblib.load", "marshal.load", "marshal.loads"}
RUNS |= {"pickle.load", "pickle.loads", "pickle.Unpickler", "pd.read_pickle"}


def _runs_what_it_reads(call):
    name, options = (
        ast.unparse(call.func),
        {one.arg: one.value for one in call.keywords},
    )
    given = {name: ast.unparse(value) for name, value in options.items()}
    return (
        name in RUNS
        or given.get("allow_pickle", "False") != "False"
        or (name == "torch.load" and given.get("weights_only") != "True")
    )


@pytest.mark.parametrize(
    "code",
    [
        "eval(x)",
        "pickle.loads(x)",
        "torch.load(x)",
        "torch.load(x, weights_only=False)",
        "np.load(x, allow_pickle=True)",
    ],
)
def test_5_what_runs_a_file_is_found(code):
    assert _runs_what_it_reads(ast.parse(code).body[0].value)


def test_5_nothing_in_a_file_is_run(tmp_path):
    found = []
    for folder in ("ckts", "datasets", "estimators"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _runs_what_it_reads(node):
                    found.append(f"{path.name}:{node.lineno}")
                if isinstance(node, ast.ImportFrom) and node.module in (
                    "pickle",
                    "marshal",
                ):
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []
    text = f"__import__('pathlib').Path({str(tmp_path / 'run')!r}).touch()"
    rows = [f'"{text}",0,1']
    assert Panel.read(write_csv(tmp_path, rows), **NAMES).instances.tolist() == [text]
    assert not (tmp_path / "run").exists()


def test_5_attributes_of_parquet_are_not_read(tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"who": ["a"], "when": [0], "x": [1.0]})
    parquet.write_table(
        table.replace_schema_metadata({"pandas": "1/0"}), tmp_path / "a.parquet"
    )
    assert Panel.read(tmp_path / "a.parquet", **NAMES).values.tolist() == [[1]]


LARGE = [2**53, 2**53 + 1, 2**62 + 3]  # the first two are one float


def test_6_large_integers_stay_apart_in_files_and_tables(tmp_path):
    frame = pd.DataFrame({"who": LARGE * 3, "when": np.repeat(LARGE, 3), "x": 1.0})
    frame.to_csv(tmp_path / "a.csv", index=False)
    panels = [Panel.read(tmp_path / "a.csv", **NAMES)]
    panels.append(
        Panel.from_long(
            panels[0].to_long(),
            instance="instance",
            time="time",
            channel="channel",
            value="value",
        )
    )
    for panel in panels:
        assert panel.instances.tolist() == LARGE
        assert panel.times.tolist() == LARGE * 3


def test_6_large_integers_stay_apart_in_named_arrays():
    pytest.importorskip("xarray")
    pytest.importorskip("sparse")
    panel = as_panel([(LARGE, [1.0, 2.0, 3.0])]).with_instances([2**53 + 1])
    array = panel.to_xarray()
    assert array["time"].values.tolist() == LARGE
    assert as_panel(array).equals(panel)


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_7_missing_names_make_no_series_in_any_chunk(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", rows)
    path = write_csv(tmp_path, ["1,0,1", "nan,1,2", "nan,2,3", "2,3,4"])
    with pytest.raises(
        ValueError, match=r"`instance` must not be missing; got NaN in r"
    ):
        Panel.read(path, **NAMES)
    kept = pd.read_csv(path).dropna(subset="who")
    assert Panel.from_long(kept, **NAMES).lengths.tolist() == [1, 1]


def code(series, time, channel):
    """A value that tells where it belongs."""
    return 10_000 * series + 10 * time + channel


def shuffled_measurements():
    """Asynchronous channels, and series of other lengths, in no order."""
    rng = np.random.default_rng(0)
    cells = rng.permutation(9 * 40 * 3)[:300]
    series, times, channels = np.unravel_index(cells, (9, 40, 3))
    return pd.DataFrame(
        {
            "who": series,
            "when": times,
            "what": np.array(["a", "b", "c"])[channels],
            "value": code(series, times, channels),
        }
    )


def check_aligned(panel):
    rows, channels = np.nonzero(panel.observed)
    assert len(rows) == 300
    series = np.array(panel.instances, dtype=int)[panel.series_of_rows[rows]]
    expected = code(series, panel.times[rows], channels)
    np.testing.assert_array_equal(panel.values[rows, channels], expected)


@pytest.mark.parametrize("rows", [7, 100_000])
def test_8_values_stay_with_their_times_in_files(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "CHUNK_ROWS", rows)
    shuffled_measurements().to_csv(tmp_path / "a.csv", index=False)
    panel = Panel.read(tmp_path / "a.csv", **NAMES, channel="what", value="value")
    check_aligned(panel)
    for back in (as_panel(panel.to_sktime("nested_univ")), as_panel(panel.to_list())):
        check_aligned(back.with_instances(panel.instances))


def test_8_values_stay_with_their_times_in_named_arrays():
    xarray = pytest.importorskip("xarray")
    dims = {"who": "ts_id", "what": "signal_id", "when": "time_id"}
    table = shuffled_measurements().rename(columns=dims)
    table = table.set_index(list(dims.values()))["value"]
    check_aligned(as_panel(xarray.DataArray.from_series(table)))
    pytest.importorskip("sparse")
    listed = xarray.DataArray.from_series(table.astype(float), sparse=True)
    check_aligned(as_panel(listed))
    check_aligned(as_panel(as_panel(listed).to_xarray()))


def test_9_nothing_is_written_to_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    shuffled_measurements().to_csv(tmp_path / "a.csv.gz", index=False)
    monkeypatch.chdir(tmp_path / "work")
    panel = Panel.read("../a.csv.gz", **NAMES, channel="what", value="value")
    panel.to_long(), panel.to_list(), panel.to_numpy(np.unique(panel.times))
    for mtype in ("pd-multiindex", "df-list", "nested_univ"):
        assert len(panel.to_sktime(mtype))
    assert list((tmp_path / "work").iterdir()) == []
