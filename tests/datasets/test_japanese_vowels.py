import os
from pathlib import Path

import numpy as np
import pytest

from ckts.datasets import load_japanese_vowels

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared"))
ARCHIVE = SHARED / "data" / "uea_ts" / "JapaneseVowels"


def test_the_official_split():
    X_train, y_train = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    assert (len(X_train), len(X_test)) == (270, 370)
    # Utterances per speaker as the UCI repository states them.
    assert np.unique(y_train, return_counts=True)[1].tolist() == [30] * 9
    per_speaker = [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert np.unique(y_test, return_counts=True)[1].tolist() == per_speaker
    assert np.unique(y_test).tolist() == list("123456789")


def test_all_is_train_then_test():
    X, y = load_japanese_vowels()
    X_train, y_train = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    assert X[:270].equals(X_train)
    assert X[270:].equals(X_test)
    np.testing.assert_array_equal(y, np.concatenate([y_train, y_test]))
    assert not set(X_train.instances) & set(X_test.instances)


def test_the_facts_of_the_archive():
    X, _ = load_japanese_vowels()
    assert X.in_channels == 12
    assert (X.lengths.min(), X.lengths.max()) == (7, 29)
    assert not np.isnan(X.values).any()
    assert X.values[0, :3].tolist() == [1.860936, -0.207383, 0.261557]
    assert X[:270].values.sum() == pytest.approx(-1057.452303, abs=1e-6)
    assert X[270:].values.sum() == pytest.approx(-2146.51343, abs=1e-6)
    assert X.times.dtype == np.int64
    assert X[3].times.tolist() == list(range(X.lengths[3]))


@pytest.mark.skipif(not ARCHIVE.is_dir(), reason=f"no archive at {ARCHIVE}")
@pytest.mark.parametrize("split", ["train", "test"])
def test_it_equals_the_text_of_the_archive(split):
    text = (ARCHIVE / f"JapaneseVowels_{split.upper()}.ts").read_text()
    lines = [line for line in text.splitlines() if line.strip() and line[0] not in "#@"]
    X, y = load_japanese_vowels(split=split)
    assert len(X) == len(lines)
    for one, label, line in zip(X, y, lines, strict=True):
        *channels, speaker = line.split(":")
        values = [[float(x) for x in channel.split(",")] for channel in channels]
        np.testing.assert_array_equal(one.values, np.transpose(values))
        assert label == speaker


def test_an_unknown_split_is_named():
    with pytest.raises(
        ValueError, match="`split` must be one of None, 'train', 'test'"
    ):
        load_japanese_vowels(split="validation")
