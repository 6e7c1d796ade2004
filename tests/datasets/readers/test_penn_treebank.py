import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.datasets import read_penn_treebank

WORDS = " no it was n't \n black <unk> monday \n"
CHARACTERS = "n o _ i t _ w a s _ n ' t\nb l a c k _ < u n k > _ m o n d a y\n"
TEXT = "no it was n't\nblack <unk> monday\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="ptb.txt"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def decode(codes, vocabulary):
    return "".join(vocabulary[int(code)] for code in np.ravel(codes))


@pytest.mark.parametrize(
    ("content", "layout"), [(WORDS, "words"), (CHARACTERS, "characters")]
)
def test_both_layouts_give_the_same_text(write, content, layout):
    X, y, vocabulary = read_penn_treebank(write(content), length=8, layout=layout)
    assert X.channels == ("character",)
    assert decode(X.values, vocabulary) == TEXT[:32]
    assert decode(y, vocabulary) == TEXT[1:33]
    assert vocabulary == "".join(sorted(set(TEXT)))
    assert y.shape == (4, 8)
    assert all(one.times.tolist() == list(range(8)) for one in X)


@given(st.text("ab ", min_size=2, max_size=60), st.integers(1, 20))
def test_the_target_is_the_next_character_at_every_length(
    tmp_path_factory, text, length
):
    path = tmp_path_factory.mktemp("text") / "ptb.txt"
    path.write_text(f"a{text}b", "utf-8")
    whole = f"a{text}b\n"
    n_series = (len(whole) - 1) // length
    if n_series == 0:
        with pytest.raises(ValueError, match="must hold more than `length`"):
            read_penn_treebank(path, length=length)
        return
    X, y, vocabulary = read_penn_treebank(path, length=length)
    for number, (one, target) in enumerate(zip(X, y, strict=True)):
        start = number * length
        assert decode(one.values, vocabulary) == whole[start : start + length]
        assert decode(target, vocabulary) == whole[start + 1 : start + 1 + length]
    assert len(X) == n_series


def test_other_texts_are_read_by_the_vocabulary_of_the_training_text(write):
    _, _, vocabulary = read_penn_treebank(write(WORDS), length=8)
    X, y, same = read_penn_treebank(
        write(" it \n it \n", "valid"), length=5, vocabulary=vocabulary
    )
    assert same == vocabulary
    assert decode(X.values, vocabulary) == "it\nit"
    assert decode(y, vocabulary) == "t\nit\n"


def test_vocabularies_need_not_be_sorted(write):
    X, *_ = read_penn_treebank(write("abc"), length=3, vocabulary="c\nba")
    assert X.values.ravel().tolist() == [3, 2, 0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"length": 0}, ValueError, "`length` must be at least 1; got 0"),
        ({"length": 34}, ValueError, "`source` must hold more than `length` = 34 c"),
        ({"length": 2.0}, TypeError, "`length` must be an integer; got 2.0"),
        ({"layout": "bytes"}, ValueError, "`layout` must be one of 'words', 'charact"),
        (
            {"vocabulary": "abc"},
            ValueError,
            "every character of the text; got none",
        ),
        ({"vocabulary": "aba"}, ValueError, "hold characters, each once; got 'aba'"),
        ({"vocabulary": ""}, ValueError, "must hold characters, each once; got ''"),
    ],
)
def test_bad_arguments_are_named(write, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        read_penn_treebank(write(WORDS), **{"length": 8, **arguments})


def test_texts_that_cannot_be_read_are_named(write, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`source` must exist; got '.*none"):
        read_penn_treebank(tmp_path / "none.txt")
    path = write("it\n")
    path.write_bytes(b"it\nna\xefve\n")
    with pytest.raises(ValueError, match=r"in UTF-8; got the byte 0xef in .* line 2"):
        read_penn_treebank(path, length=2)
    with pytest.raises(ValueError, match=r"more than `length` = 400 .*; got 0 in"):
        read_penn_treebank(write(""))
