"""Static features of arrays and frames, of numbers and labels."""

import numpy as np
import pandas as pd
import pytest

from ckts.panel._static import as_static

ANN_BOB = np.array(["ann", "bob"], dtype=object)


def test_nothing_is_no_feature():
    assert as_static(None, None, ANN_BOB) == (None, (), {})


def test_arrays_have_the_order_of_the_series():
    static, names, labels = as_static([[1.0], [2.0]], None, ANN_BOB)
    assert (static.tolist(), names, labels) == ([[1], [2]], ("static_0",), {})


def test_frames_are_put_in_the_order_of_the_series_and_may_hold_labels():
    frame = pd.DataFrame({"sex": ["m", "f"], "age": [50, 60]}, index=["bob", "ann"])
    static, names, labels = as_static(frame, None, ANN_BOB)
    assert static.tolist() == [[0, 60], [1, 50]]
    assert (names, labels) == (("sex", "age"), {"sex": ("f", "m")})


def test_other_names_name_the_labels():
    frame = pd.DataFrame({"sex": ["m", "f"]}, index=["bob", "ann"])
    assert as_static(frame, ["gender"], ANN_BOB)[2] == {"gender": ("f", "m")}


def test_wrong_static_features_raise():
    with pytest.raises(ValueError, match=r"`static` must have shape \(n_series=2"):
        as_static([1.0, 2.0], None, ANN_BOB)
    with pytest.raises(ValueError, match=r"`static` must be finite"):
        as_static([[np.inf], [1.0]], None, ANN_BOB)
    with pytest.raises(TypeError, match=r"`static` must be numeric; got 'f'"):
        as_static([["f"], ["m"]], None, ANN_BOB)
