"""Keys of series: equal ones have the same key, and no others."""

import numpy as np

from ckts import Panel
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.rocket.kernel_features import content_keys
from irregular import irregular_panel
from storages import in_both_storages


def keys_of(panel):
    return content_keys(PanelDataset(panel, static=panel.static), 1.0)


def test_equal_series_and_no_others_have_the_same_key():
    panel = irregular_panel(6, static=True)[0]
    keys = keys_of(panel)
    assert len(np.unique(keys)) == 6
    twice = panel[[0, 1, 2, 0, 1, 2, 5]]
    one = keys_of(twice)
    assert one.tolist()[:3] == one.tolist()[3:6]
    assert len(np.unique(one)) == 4
    keys = keys_of(changed_panel(panel))
    for change in ("time", "value", "unknown", "static", "row"):
        found = keys_of(changed_panel(panel, change))
        assert found[0] != keys[0], change
        assert found[1:].tolist() == keys[1:].tolist()


def changed_panel(panel, change=None):
    """The first series differs in one number; its last row is fully known."""
    values, times = panel.values.copy(), panel.times.copy()
    static, last = panel.static.copy(), panel.indptr[1] - 1
    values[last] = 0.5
    if change == "time":
        times[last] += 1e-5
    elif change == "value":
        values[last, 0] += 1e-5
    elif change == "unknown":
        values[last, 0] = np.nan
    elif change == "row":
        values[last] = np.nan
    elif change == "static":
        static[0, 1] += 1e-5
    return Panel(values, times, panel.indptr, static=static)


def test_keys_know_neither_storage_nor_origin_nor_signs_of_0():
    panel = irregular_panel(6)[0]
    panel = panel.with_times(np.round(panel.times * 8)).with_values(
        np.round(panel.values)
    )
    keys = keys_of(panel).tolist()
    for stored in in_both_storages(panel):
        assert keys_of(stored).tolist() == keys
    assert keys_of(panel.with_times(panel.times + 1e6)).tolist() == keys
    single = panel.with_values(panel.values.astype(np.float32))
    assert keys_of(single).tolist() == keys
    signed = np.where(panel.values == 0, -0.0, panel.values)
    assert keys_of(panel.with_values(signed)).tolist() == keys


def test_rows_without_observation_are_no_content():
    panel = irregular_panel(4)[0]
    values = np.insert(panel.values, 2, np.nan, axis=0)
    times = np.insert(panel.times, 2, panel.times[2])
    indptr = panel.indptr + (np.arange(5) > 0)
    assert keys_of(Panel(values, times, indptr)).tolist() == keys_of(panel).tolist()


def test_what_kind_of_nan_was_given_is_no_content():
    panel = irregular_panel(6)[0]
    negative = np.where(np.isnan(panel.values), -np.nan, panel.values)  # as 0 / 0 is
    assert keys_of(panel.with_values(negative)).tolist() == keys_of(panel).tolist()
