"""Errors and warnings of the library in the words of the command line."""

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Note = Callable[[str], None]

# Arguments of the library, and what they are here.
OPTIONS = {
    "path": "FILE",
    "instance": "--instance",
    "time": "--time",
    "channel": "--variable",
    "value": "--value",
    "values": "--channels",
    "static": "--static",
    "categorical": "--categorical",
    "duplicates": "--duplicates",
    "time_unit": "--time-unit",
    "date_format": "--date-format",
    "groups": "--groups",
    "y": "--label",
    "max_epochs": "--max-epochs",
}
# What helps in Python only, and what helps here.
PHRASES = {
    "`frame`": "FILE",
    'Choose duplicates="mean",': "Choose `--duplicates mean`,",
    "convert the column with `pandas.to_numeric`": (
        "say by `--missing TEXT` which text means that nothing was measured"
    ),
}
_ARGUMENT = re.compile(r"`(\w+)(?:=([^`]*))?`")


def in_words(error: BaseException) -> str:
    """Write an error in one line.

    Examples
    --------
    >>> in_words(ValueError("`time` must be sorted. Use `values=['a', 'b']`."))
    '`--time` must be sorted. Use `--channels a b`.'
    """
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}."
    return " ".join(as_options(str(error) or type(error).__name__).split())


def as_options(text: str) -> str:
    """Replace arguments of the library by options."""

    def replace(found: re.Match) -> str:
        name, value = found.groups()
        if name not in OPTIONS:
            return found[0]
        words = [OPTIONS[name], re.sub(r"[\[\]',]", "", value or "")]
        return f"`{' '.join(word for word in words if word)}`"

    for phrase, ours in PHRASES.items():
        text = text.replace(phrase, ours)
    return _ARGUMENT.sub(replace, text)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Write a warning as one line, without the line of code that it names."""

    def show(message, category, filename, lineno, file=None, line=None) -> None:
        text = " ".join(as_options(str(message)).split())
        print(f"warning: {text}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield


def make_note(quiet: bool) -> Note:
    """Return what tells the user something on stderr, or nothing."""

    def note(text: str) -> None:
        if not quiet:
            print(text, file=sys.stderr)

    return note
