"""Panels with something changed, and several panels as one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel import Panel, ParquetPanel
from storages import in_both_storages

LABELS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True)


def one_series(labels, values=None, static=None):
    """A series that has each label once, in this order, and the first as static."""
    codes = np.arange(len(labels), dtype=float) if values is None else values
    return Panel(
        np.column_stack([codes, codes * 10]),
        np.arange(len(codes)),
        [0, len(codes)],
        channels=["drug", "x"],
        categories={"drug": labels} if labels else {},
        static=[[0.0]] if static is None else static,
        static_names=["sex"],
        static_categories={"sex": labels} if labels else {},
    )


@given(parts=st.lists(LABELS, min_size=1, max_size=4), kind=st.integers(0, 1))
def test_joined_panels_have_the_labels_of_all(parts, kind):
    panels = [in_both_storages(one_series(labels))[kind] for labels in parts]
    joined = Panel.concat(panels)
    labels = joined.categories["drug"]
    assert set(labels) == {label for part in parts for label in part}
    assert joined.static_categories == {"sex": labels}
    found = [labels[int(code)] for code in joined.values[:, 0]]
    assert found == [label for part in parts for label in part]
    assert [labels[int(code)] for code in joined.static[:, 0]] == [p[0] for p in parts]
    assert joined.values[:, 1].tolist() == [
        10 * i for p in parts for i in range(len(p))
    ]
    if all(part == sorted(part) for part in parts):
        assert list(labels) == sorted(labels)


def test_a_channel_without_observation_has_any_labels():
    empty = one_series((), np.array([np.nan]), static=[[np.nan]])
    joined = Panel.concat([empty, one_series(("b", "c"))])
    assert joined.categories == {"drug": ("b", "c")}
    np.testing.assert_array_equal(joined.values[:, 0], [np.nan, 0, 1])
    np.testing.assert_array_equal(joined.static[:, 0], [np.nan, 0])


def test_labels_and_numbers_of_one_name_are_not_joined():
    numbers = one_series((), np.array([1.5]))
    with pytest.raises(ValueError, match=r"labels, or numbers, in 'drug' throughout"):
        Panel.concat([one_series(("b",)), numbers])
    static = one_series((), np.array([np.nan]))
    with pytest.raises(ValueError, match=r"in 'sex' throughout; got both.*categorical"):
        Panel.concat([static, one_series(("b",))])


def test_renamed_channels_have_no_labels_unless_they_are_given():
    panel = one_series(("a", "b"))
    assert panel.with_values(panel.values, ["med", "x"]).categories == {}
    labels = {"med": ("a", "b")}
    assert panel.with_values(panel.values, ["med", "x"], labels).categories == labels
    assert panel.with_static(panel.static, ["gender"]).static_categories == {}
    changed = panel.with_static(panel.static, ["gender"], {"gender": ("f",)})
    assert changed.static_categories == {"gender": ("f",)}


def test_only_panels_in_memory_are_joined(tmp_path):
    pytest.importorskip("pyarrow")
    panel = Panel([[1.0], [2.0]], [0.0, 0.7], [0, 1, 2])
    panel.to_parquet(tmp_path / "two.parquet")
    on_disk = ParquetPanel(
        tmp_path / "two.parquet", instance="instance", time="time", values="channel_0"
    )
    for panels in ([on_disk, on_disk], [panel, on_disk], on_disk):
        with pytest.raises(
            TypeError,
            match=r"`panels` must be a list of Panels; got a ParquetPanel\. Use "
            r"`panel\.load\(\)` of each of them\.",
        ):
            Panel.concat(panels)
    assert Panel.concat(one.load() for one in (on_disk, on_disk)).n_series == 4
    for panels in ([panel, None], 5, [panel.values]):
        with pytest.raises(TypeError, match=r"`panels` must be .*Use `as_panel` for"):
            Panel.concat(panels)
