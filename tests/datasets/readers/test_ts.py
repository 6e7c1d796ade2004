import io
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.datasets import read_ts
from ckts.panel._times import DATETIME, NUMBER
from http_server import zip_of

HEADER = (
    "#A comment\n@problemName toy\n@timeStamps false\n@classLabel true a b\n@data\n"
)
STAMPED = "@timeStamps true\n@classLabel true a b\n@data\n"


def read(text, **options):
    return read_ts(io.StringIO(text), **options)


# The archive's own sizes, as the issue and the archive's website state them.
SIZES = {
    "PickupGestureWiimoteZ": (50, 50),
    "GesturePebbleZ1": (132, 172),
    "PLAID": (537, 537),
    "JapaneseVowels": (270, 370),
    "MelbournePedestrian": (1194, 2439),
    "DodgerLoopDay": (78, 80),
    "BasicMotions": (40, 40),
}


@pytest.mark.parametrize("name", SIZES)
def test_the_official_splits_have_their_sizes(shared, name):
    folder = shared("uea_ts", name)
    X, y = read_ts(folder)
    X_train, y_train = read_ts(folder, split="train")
    X_test, y_test = read_ts(folder / f"{name}_TEST.ts")
    n_train, n_test = SIZES[name]
    assert (len(X_train), len(X_test), len(X)) == (n_train, n_test, n_train + n_test)
    assert X[:n_train].equals(X_train)
    assert X[n_train:].with_instances(range(n_test)).equals(X_test)
    np.testing.assert_array_equal(y, np.concatenate([y_train, y_test]))
    assert X.instances.tolist() == list(range(len(X)))


def slow_twin(text):
    """Parse lines without time stamps one number at a time."""
    lines = [line for line in text.splitlines() if line and line[0] not in "#@"]
    cases = [line.split(":") for line in lines]
    values = [
        [[np.nan if x == "?" else float(x) for x in c.split(",")] for c in case[:-1]]
        for case in cases
    ]
    return values, [case[-1] for case in cases]


@pytest.mark.parametrize("name", SIZES)
def test_every_value_equals_the_text(shared, name):
    text = shared("uea_ts", name, f"{name}_TRAIN.ts").read_text("utf-8")
    X, y = read(text)
    values, labels = slow_twin(text)
    assert y.tolist() == labels
    for i, (start, stop) in enumerate(zip(X.indptr[:-1], X.indptr[1:], strict=True)):
        np.testing.assert_array_equal(X.values[start:stop].T, values[i])
        assert X.times[start:stop].tolist() == list(range(stop - start))


def test_it_equals_the_reader_of_sktime(shared):
    load_from_tsfile = pytest.importorskip("sktime.datasets").load_from_tsfile
    path = shared("uea_ts", "BasicMotions", "BasicMotions_TRAIN.ts")
    theirs, labels = load_from_tsfile(str(path), return_data_type="numpy3d")
    X, y = read_ts(path)
    np.testing.assert_array_equal(X.values.reshape(40, 100, 6).swapaxes(1, 2), theirs)
    np.testing.assert_array_equal(np.char.lower(y), labels)  # sktime lowers the case


def test_missing_values_lengths_and_labels_are_kept():
    X, y = read(HEADER + "1,?,3:4,5,6:a\n\n# between\nNaN,2:3,4:b\n")
    assert X.lengths.tolist() == [3, 2]
    assert y.tolist() == ["a", "b"]
    expected = [[1, 4], [np.nan, 5], [3, 6], [np.nan, 3], [2, 4]]
    np.testing.assert_array_equal(X.values, expected)
    assert X.time_scale == NUMBER


def test_a_channel_that_ends_early_is_not_observed_at_the_end():
    X, _ = read(HEADER + "1,2,3:4::a\n:5,6:7:b\n")
    nan = np.nan
    expected = [[1, 4, nan], [2, nan, nan], [3, nan, nan], [nan, 5, 7], [nan, 6, nan]]
    np.testing.assert_array_equal(X.values, expected)
    X, _ = read(HEADER + ":a\n:b\n")
    assert X.lengths.tolist() == [0, 0]


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\n\n\n# note\n"),
        lambda text: text.replace("classLabel", "CLASSLABEL").replace("@data", "@DATA"),
        lambda text: text.replace(" true", "\ttrue  ").replace("@", "  @"),
        lambda text: text.rstrip(),
        lambda text: text.replace(",", " , ").replace(":", " : "),
    ],
    ids=["CRLF", "BOM", "blank lines", "case", "white space", "no end", "spaces"],
)
def test_the_same_series_in_another_dress(disguise):
    text = HEADER + "1.5,-2e3:4,5:a\n6,7:8,9:b\n"
    X, y = read(text)
    X_other, y_other = read(disguise(text))
    assert X.equals(X_other)
    assert y.tolist() == y_other.tolist()


def test_a_comment_that_is_no_utf8_does_no_harm():
    text = HEADER.replace("Comment", "Schäfer").encode("latin-1") + b"1:a\n"
    X, _ = read_ts(io.BytesIO(text))
    assert len(X) == 1


def test_labels_may_have_spaces_and_are_spelled_like_the_header():
    header = "@classLabel true Red Dog blue\n@data\n"
    _, y = read(header + "1:red dog\n2: Blue \n3:Red Dog\n")
    assert y.tolist() == ["Red Dog", "blue", "Red Dog"]


def test_targets_are_numbers_or_none():
    _, y = read("@targetLabel true\n@data\n1,2:-0.5\n3:1e3\n4:?\n")
    np.testing.assert_array_equal(y, [-0.5, 1000, np.nan])
    X, y = read("@targetLabel false\n@classLabel false\n@data\n1,2:3,4\n")
    assert y is None
    assert X.in_channels == 2


def test_a_line_may_be_huge():
    numbers = np.arange(300_000) / 8
    X, _ = read(HEADER + ",".join(map(str, numbers)) + ":a\n")
    np.testing.assert_array_equal(X.values[:, 0], numbers)


class TestTimeStamps:
    def test_channels_with_the_same_times_are_the_rows(self):
        X, y = read(STAMPED + "(0.5,1),(2.25,?):(0.5,3),(2.25,4):b\n(7,1):(7,2):a\n")
        assert X.times.tolist() == [0.5, 2.25, 7]
        np.testing.assert_array_equal(X.values, [[1, 3], [np.nan, 4], [1, 2]])
        assert y.tolist() == ["b", "a"]

    def test_channels_with_other_times_are_kept_apart(self):
        X, _ = read(STAMPED + "(3,1),(1,2):(2,5)::a\n")
        nan = np.nan
        assert X.times.tolist() == [1, 2, 3]
        assert X.times.dtype == np.int64
        np.testing.assert_array_equal(
            X.values, [[2, nan, nan], [nan, 5, nan], [1, nan, nan]]
        )

    def test_dates_are_dates(self):
        X, _ = read(
            STAMPED
            + "(2004-10-13 00:00:00,1), (2004-10-13 12:30:00,2):(2004-10-14,3):a\n"
            + "(2004-10-13T00:00:00.5,1):(2004-10-14,3):a\n"
        )
        assert X.time_scale == DATETIME
        stamps = "2004-10-13", "2004-10-13 12:30", "2004-10-14"
        assert X[0].times.tolist() == [pd.Timestamp(stamp).value for stamp in stamps]
        np.testing.assert_array_equal(X[0].values[:, 1], [np.nan, np.nan, 3])

    def test_a_time_given_twice_raises_or_is_handled(self):
        text = STAMPED + "(1,1):a\n(1,1),(2,5),(1,3):b\n"
        with pytest.raises(
            ValueError,
            match="each time once in a channel; got 1 twice in channel 0 in the "
            r'open file, line 5\. Pass `duplicates="mean"`',
        ):
            read(text)
        assert read(text, duplicates="mean")[0].values[:, 0].tolist() == [1, 2, 5]
        assert read(text, duplicates="last")[0].values[:, 0].tolist() == [1, 3, 5]
        kept = read(text, duplicates="keep")[0]
        assert kept.times.tolist() == [1, 1, 1, 2]
        assert kept.values[:, 0].tolist() == [1, 1, 3, 5]

    def test_the_last_of_duplicates_is_the_last_observed_value(self):
        X, _ = read(STAMPED + "(1,1),(1,NaN),(2,?),(2,?):a\n", duplicates="last")
        assert X.times.tolist() == [1, 2]
        np.testing.assert_array_equal(X.values[:, 0], [1, np.nan])

    def test_the_mean_of_duplicates_leaves_missing_values_out(self):
        text = STAMPED + "(1,?),(1,3),(1,5),(2,?),(2,?):a\n"
        values = read(text, duplicates="mean")[0].values[:, 0]
        np.testing.assert_array_equal(values, [4, np.nan])

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (
                "(1,2),(3:b",
                r"must have pairs \(time,value\); got '\(1,2\),\(3' as chan",
            ),
            ("(1,2,3),(4):b", "must have pairs"),
            ("(1,2)(3,4):b", "must have pairs"),
            ("1,2,3:b", "must have pairs"),
            ("abc:b", "must have pairs"),
            ("():b", "must have pairs"),
            ("(1),(2,3,4):b", "must have pairs"),
            (
                "(1,2)x,(3,4):b",
                "hold finite numbers.* got '2x' as value 1 of channel 0",
            ),
            ("(1,inf):b", "hold finite numbers.* got 'inf' as value 1 of channel 0"),
            ("(inf,1):b", "have numbers as times, like the first one; got 'inf'"),
            ("(,1):b", "have numbers as times, like the first one; got ''"),
            ("(1,x):b", "hold finite numbers.* got 'x' as value 1 of channel 0"),
            ("(?,1):b", "must have numbers as times, like the first one; got '?'"),
            ("(2004-10-13,1):b", "have numbers as times.*got '2004-10-13'"),
            ("(1,2),(2004-10-13 00:", "one of the classes"),
        ],
    )
    def test_what_is_wrong_is_shown_with_its_line(self, line, message):
        with pytest.raises(ValueError, match=f"{message}.* in the open file, line 5"):
            read(STAMPED + "(1,1):a\n" + line + "\n")

    def test_a_file_of_one_line_without_pairs_raises(self):
        with pytest.raises(ValueError, match=r"must have pairs .* got 'abc' .* line 4"):
            read(STAMPED + "abc:a\n")
        X, _ = read(STAMPED + ":a\n")
        assert X.lengths.tolist() == [0]

    def test_a_date_that_is_none_is_shown(self):
        with pytest.raises(ValueError, match=r"dates as times.*got '5x'.*line 5"):
            read(STAMPED + "(2004-10-13,1):a\n(5x,1):a\n")

    @given(st.randoms(use_true_random=False), st.integers(1, 3))
    def test_the_order_of_the_pairs_changes_nothing(self, rng, n_channels):
        times = [rng.sample(range(20), rng.randint(0, 6)) for _ in range(n_channels)]
        pairs = [[f"({t},{rng.randint(0, 99)})" for t in channel] for channel in times]
        shuffled = [rng.sample(channel, len(channel)) for channel in pairs]
        texts = [
            STAMPED + ":".join(",".join(channel) for channel in channels) + ":a\n"
            for channels in (pairs, shuffled)
        ]
        assert read(texts[0])[0].equals(read(texts[1])[0])


class TestHostileInput:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", r"have @data before the series; got nothing in the open file"),
            (
                "@classLabel true a\n1:a\n",
                "have lines that begin with @ or # .* line 2",
            ),
            (HEADER.replace("@data\n", ""), "@data .*; got 4 lines without it"),
            ("<!DOCTYPE html>\n<html>", "begin with @ or # before @data.* line 1"),
            (HEADER, "hold series after @data; got none"),
            (HEADER + "a\n", "have 1 channels in every series.*; got 0 .*, line 6"),
            (HEADER + "1:a\n1,2:3:b\n", "have 1 channels in every.*; got 2 .* line 7"),
            (HEADER + "1:a\n1,x:b\n", "got 'x' as value 2 of channel 0 .*, line 7"),
            (HEADER + "1:2,3:a\n1:2,:a\n", "got '' as value 2 of channel 1 .*, line 7"),
            (HEADER + "1:a\n1,inf:b\n", "got 'inf' as value 2 of channel 0 .*, line 7"),
            (HEADER + "1:a\n1,2\n", "have 1 channels in every series"),
            (HEADER + "1:a\n1,2:c\n", "one of the classes 'a b' .*; got 'c' .*line 7"),
            (HEADER + "1:a\n1,2:\n", "one of the classes 'a b' .*; got '' .*, line 7"),
            ("@timeStamps maybe\n@data\n1", "true or false after @timestamps; got 'm"),
            ("@dimensions six\n@data\n1", "a number after @dimensions; got 'six'"),
            ("@univariate true\n@data\n1:2", "one channel where .* @univariate true"),
            (
                "@equalLength true\n" + HEADER + "1,2:a\n1,2:b\n1:a\n",
                "have series of 2 values, like the first, .*; got 1 .*, line 9",
            ),
            ("@targetLabel true\n@data\n1:2\n1:x\n", "a number to predict .* 'x' .* 4"),
            ("@targetLabel true\n@data\n1:2\n1:3,4\n", "a number to predict .*'3,4'"),
        ],
    )
    def test_what_is_wrong_is_shown_with_its_line(self, text, message):
        with pytest.raises(ValueError, match=f"`source` must .*{message}"):
            read(text)

    def test_a_file_cut_anywhere_raises_or_loses_whole_lines(self):
        text = HEADER + "1.25,2.5:4,5:a\n6,7:8,9:b\n"
        for size in range(len(text)):
            try:
                X, y = read(text[:size])
            except ValueError:
                continue
            assert (X.values[:2].tolist(), y[0]) == ([[1.25, 4], [2.5, 5]], "a")
            assert X.n_series == 1 or size >= len(text) - 1

    @given(st.binary(max_size=60))
    def test_any_bytes_are_read_or_raise_a_message_of_ours(self, raw):
        header = random.Random(len(raw)).choice((HEADER, STAMPED, "")).encode()
        try:
            read_ts(io.BytesIO(header + raw))
        except ValueError as error:
            message = str(error)
        else:
            return
        assert message.startswith("`source` must ")

    def test_a_header_with_another_number_of_channels_warns(self):
        source = io.StringIO("@dimension 3\n" + HEADER + "1:2:a\n")
        rule = "states 3 channels, but all .* have 2"
        with pytest.warns(UserWarning, match=rule) as caught:
            X, _ = read_ts(source)
        assert X.in_channels == 2
        assert caught[0].filename == __file__  # that of the caller

    def test_two_data_sets_are_not_mixed(self, tmp_path):
        path = tmp_path / "archive.zip"
        files = {f"{name}.ts": HEADER + "1:a\n" for name in ("A_TRAIN", "B_TEST", "C")}
        path.write_bytes(zip_of(files))
        with pytest.raises(
            ValueError,
            match="one file or the two files of one data set, such as NAME_TRAIN.ts; "
            r"got 3 among A_TRAIN\.ts, B_TEST\.ts, C\.ts\. Give the path of one",
        ):
            read_ts(path)
        assert len(read_ts(path, split="test")[0]) == 1
        path.write_bytes(zip_of({"C.ts": HEADER + "1:a\n"}))
        assert len(read_ts(path)[0]) == 1
        rule = r"hold one file NAME_TRAIN\.ts for `split='train'`; got 0 among C\.ts\."
        with pytest.raises(ValueError, match=rf"{rule} Give .*, without `split`"):
            read_ts(path, split="train")

    @pytest.mark.parametrize("options", [{"split": "all"}, {"duplicates": "first"}])
    def test_unknown_choices_are_named(self, options):
        with pytest.raises(ValueError, match="must be one of"):
            read(HEADER + "1:a\n", **options)
