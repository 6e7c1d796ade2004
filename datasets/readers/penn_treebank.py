"""Penn Treebank, character by character, from a file that the user has."""

import sys

import numpy as np

from ckts._checks import check_choice, check_count
from ckts.datasets._steps import panel_of_steps
from ckts.datasets.readers._text import Source, Text, read_text
from ckts.panel import Panel

END = "\n"


def read_penn_treebank(
    source: Source,
    *,
    length: int = 400,
    layout: str = "words",
    vocabulary: str | None = None,
) -> tuple[Panel, np.ndarray, str]:
    r"""Read text as series of characters, each with the character that follows.

    The license of the Penn Treebank allows no copy on a public server, so that ckts has
    no fetcher of it. Who has it, finds the usual preprocessed text, lower case and with
    10,000 different words, in files like `ptb.train.txt` and `ptb.char.train.txt`.

    Blanks at the ends of a line do not count, and each line ends with one character,
    ``"\n"``. The text is cut into pieces of `length` characters; what is left after
    the last one is dropped.

    Parameters
    ----------
    source : path or open file
        Text in UTF-8, a sentence per line.
    length : int, default 400
        Characters of a series, as in the code of Bai et al. [1]_.
    layout : {"words", "characters"}, default "words"
        "words" is plain text, like `ptb.train.txt`. In "characters", like
        `ptb.char.train.txt`, all characters are separated by blanks, and "_" is the
        blank between words.
    vocabulary : str, optional
        The characters, by their codes 0, 1, .... By default those of the file, sorted:
        give the one of the training text when you read the others.

    Returns
    -------
    X : Panel of shape (n_series,)
        One channel, the code of the character; the times are 0, 1, ....
    y : ndarray of int of shape (n_series, length)
        The code of the next character, at each time of each series.
    vocabulary : str

    Notes
    -----
    The CKConv paper (Appendix C) counts 5,095K characters to train; in the work it
    follows [1]_ it is 5,059K. The code of both writes the end of a line as the five
    characters "<eos>", where the paper speaks of an "end-of-string char"; here it is
    one.

    References
    ----------
    .. [1] S. Bai, J. Z. Kolter and V. Koltun (2018). An empirical evaluation of generic
       convolutional and recurrent networks for sequence modeling. arXiv:1803.01271.

    Examples
    --------
    >>> import io
    >>> text = io.StringIO(" no it \n was n't \n")
    >>> X, y, vocabulary = read_penn_treebank(text, length=5)
    >>> "".join(vocabulary[int(code)] for code in X[0].values.ravel())
    'no it'
    >>> vocabulary[y[0, -1]]
    '\n'
    """
    check_count("length", length)
    check_choice("layout", layout, ("words", "characters"))
    file = read_text(source, ".txt")
    text = _join_lines(file, layout)
    if vocabulary is None:
        vocabulary = "".join(sorted(set(text)))
    elif not vocabulary or len(set(vocabulary)) < len(vocabulary):
        raise ValueError(
            "`vocabulary` must hold characters, each once; got "
            f"{vocabulary!r}. Take the one that the training text returned."
        )
    codes = _encode(text, vocabulary)
    n_series = (len(codes) - 1) // length
    if n_series < 1:
        rule = f"hold more than `length` = {length} characters"
        raise file.error(rule, str(len(codes)), None, "Choose a smaller length.")
    values = codes[: n_series * length, None].astype(np.float64)
    X = panel_of_steps(values, [length] * n_series, ["character"])
    return X, codes[1 : n_series * length + 1].reshape(n_series, length), vocabulary


def _join_lines(file: Text, layout: str) -> str:
    try:
        content = file.content.decode()
    except UnicodeDecodeError as error:
        got = f"the byte {file.content[error.start]:#04x}"
        line = file.content.count(b"\n", 0, error.start) + 1
        raise file.error("be text in UTF-8", got, line, "Convert it.") from error
    lines = [line.strip() for line in content.splitlines()]
    if layout == "characters":
        lines = [line.replace(" ", "").replace("_", " ") for line in lines]
    return "".join(line + END for line in lines)


def _encode(text: str, vocabulary: str) -> np.ndarray:
    """Return the code of each character, of shape (n_characters,)."""
    points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    known = np.frombuffer(vocabulary.encode("utf-32-le"), "<u4")
    code_of = np.full(sys.maxunicode + 1, -1)
    code_of[known] = np.arange(len(known))
    codes = code_of[points]
    if (codes < 0).any():
        character = text[int(np.argmin(codes))]
        raise ValueError(
            f"`vocabulary` must have every character of the text; got none for "
            f"{character!r}. Read the training text first and pass on its vocabulary."
        )
    return codes
