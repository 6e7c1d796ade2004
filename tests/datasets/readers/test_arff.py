import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import arff

from ckts.datasets import read_arff, read_ts
from http_server import tar_of

UNIVARIATE = """% A comment
@relation toy
@attribute 'first value' numeric
@attribute b REAL
@attribute target {up,'straight on'}

@data
"""
RELATIONAL = """@relation toy
@attribute toy relational
  @attribute t1 numeric
  @attribute t2 numeric
@end toy
@attribute class {a,b}
@data
"""


def read(text, **options):
    return read_arff(io.StringIO(text), **options)


def test_one_channel():
    X, y = read(UNIVARIATE + "1,-2e3,up\n% between\n?,4, 'Straight on' \n")
    np.testing.assert_array_equal(X.values, [[1], [-2000], [np.nan], [4]])
    assert X.lengths.tolist() == [2, 2]
    assert X.times.tolist() == [0, 1, 0, 1]
    assert y.tolist() == ["up", "straight on"]


def test_channels_of_a_relational_attribute():
    X, y = read(RELATIONAL + r"""'1,2\n3,NaN',a""" + "\n" + r'''"5,6\n7,8" , "b"''')
    np.testing.assert_array_equal(X.values, [[1, 3], [2, np.nan], [5, 7], [6, 8]])
    assert y.tolist() == ["a", "b"]


def test_a_target_may_be_a_number():
    _, y = read(
        UNIVARIATE.replace("{up,'straight on'}", "numeric") + "1,2,0.5\n3,4,?\n"
    )
    np.testing.assert_array_equal(y, [0.5, np.nan])


def test_padding_and_missing_values_are_rows():
    X, _ = read(RELATIONAL + "'1,?\\n2,?',a\n'?,1\\n?,1',b\n")
    assert X.lengths.tolist() == [2, 2]
    assert np.isnan(X.values).sum() == 4


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("@attribute", "@ATTRIBUTE").replace("@data", "@DATA"),
        lambda text: text.rstrip(),
    ],
    ids=["CRLF", "BOM", "case", "no end"],
)
def test_the_same_series_in_another_dress(disguise):
    text = RELATIONAL + "'1,2\\n3,4',a\n'5,6\\n7,8',b\n"
    X, y = read(text)
    X_other, y_other = read(disguise(text))
    assert X.equals(X_other)
    assert y.tolist() == y_other.tolist()


def write(values):
    """Write an array (n_series, channels, time) as relational attribute."""
    n_times = values.shape[2]
    inner = "".join(f"  @attribute t{t} numeric\n" for t in range(n_times))
    header = f"@relation r\n@attribute r relational\n{inner}@end r\n"
    header += "@attribute c {a,b}\n@data\n"
    lines = (
        "'" + "\\n".join(",".join(map(repr, c)) for c in case) + "'," + "ab"[i % 2]
        for i, case in enumerate(values.tolist())
    )
    return header + "\n".join(lines)


def test_it_equals_the_reader_of_scipy():
    values = np.random.default_rng(0).normal(size=(5, 3, 7))
    text = write(values)
    X, y = read(text)
    theirs, _ = arff.loadarff(io.StringIO(text))
    for i, (channels, label) in enumerate(theirs):
        expected = np.array([list(channel) for channel in channels]).T
        np.testing.assert_array_equal(X[i].values, expected)
        assert y[i] == label.decode()


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(0, 99))
def test_what_is_written_is_read(n_series, n_channels, n_times, seed):
    values = np.random.default_rng(seed).normal(size=(n_series, n_channels, n_times))
    X, _ = read(write(values))
    expected = values.swapaxes(1, 2).reshape(-1, n_channels)
    np.testing.assert_array_equal(X.values, expected)


def test_arff_and_ts_of_a_data_set_give_the_same(shared):
    folder = shared("uea_ts", "BasicMotions")
    X, _ = read_ts(folder, split="train")
    text = write(X.values.reshape(40, 100, 6).swapaxes(1, 2))
    X_arff, _ = read(text)
    assert X_arff.equals(X)


def test_train_and_test_of_an_archive(tmp_path):
    path = tmp_path / "toy.tar.gz"
    files = {
        "toy/toy_TEST.arff": UNIVARIATE + "1,2,up\n",
        "toy/toy_TRAIN.arff": UNIVARIATE + "3,4,up\n5,6,up\n",
        "toy/toy_TRAIN.ts": "",
    }
    path.write_bytes(tar_of(files))
    assert read_arff(path)[0].values[:, 0].tolist() == [3, 4, 5, 6, 1, 2]
    assert read_arff(path, split="test")[0].values[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "have @data before the series; got nothing in the open file"),
        (
            UNIVARIATE.replace("@data\n", ""),
            "have @data before .*; got 6 lines without",
        ),
        ("<html>\n", "have @relation, @attribute or @end before @data; .*, line 1"),
        ("@relation x\n@attribute y\n@data\n", "a name and a kind .*'@attribute y'.*2"),
        (
            "@relation x\n@attribute y real\n@data\n1\n",
            "have the attributes of.*; got 1",
        ),
        (RELATIONAL.replace("@end toy", "@end toy\n@attribute z real"), "; got 3 attr"),
        (UNIVARIATE, "hold series after @data; got none"),
        (UNIVARIATE + "1,2,up\n1,2,3,up\n", "have 2 values in .*; got 3 in .*, line 9"),
        (UNIVARIATE + "1,x,up\n", "got 'x' as value 2 of channel 0 in .*, line 8"),
        (UNIVARIATE + "1,2,down\n", "one of the classes .*; got 'down' in .*, line 8"),
        (UNIVARIATE + "1,2,up\n1,2\n", "one of the classes .*; got '2' in .*, line 9"),
        (UNIVARIATE + "1\n", "one of the classes .*; got '1' in .*, line 8"),
        (
            RELATIONAL + "'1,2\\n3,4',a\n'1,2',a\n",
            "have 2 channels .*; got 1 .*, line 9",
        ),
        (RELATIONAL + "1,2,a\n", "have channels between quotes, .*; got '1,2,a' .* 8"),
        (RELATIONAL + "'1,2\\n3\n", "have channels between quotes, .* line 8"),
    ],
)
def test_what_is_wrong_is_shown_with_its_line(text, message):
    with pytest.raises(ValueError, match=f"`source` must .*{message}"):
        read(text)
