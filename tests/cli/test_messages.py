"""Errors and warnings of the library, in the words of the command line."""

import errno
import warnings

import pytest

from ckts.cli.messages import as_options, in_words, make_note, plain_warnings


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("`time` must be sorted.", "`--time` must be sorted."),
        ("use `values=['a', 'b']`", "use `--channels a b`"),
        ('e.g. `date_format="%d/%m/%Y"`', 'e.g. `--date-format "%d/%m/%Y"`'),
        ("List them in `values=[...]`", "List them in `--channels ...`"),
        ("`path` must be a file", "`FILE` must be a file"),
        ("`X` and `pandas.to_numeric` stay", "`X` and `pandas.to_numeric` stay"),
    ],
)
def test_arguments_become_options(said, shown):
    assert as_options(said) == shown


def test_an_error_of_the_system_names_the_file_and_is_one_line():
    error = OSError(errno.ENOSPC, "No space left on device", "out.csv")
    assert in_words(error) == "out.csv: No space left on device."
    assert in_words(ValueError("two\nlines")) == "two lines"
    assert in_words(ValueError()) == "ValueError"


def test_warnings_are_lines_and_only_those_for_users(capsys):
    with plain_warnings():
        warnings.warn("`y` is odd,\nlook", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: `--label` is odd, look\n"
    with plain_warnings(), pytest.raises(FutureWarning, match="not for users"):
        warnings.warn("not for users", FutureWarning, stacklevel=1)


def test_notes_are_kept_from_quiet_users(capsys):
    make_note(quiet=True)("unseen")
    make_note(quiet=False)("seen")
    assert capsys.readouterr().err == "seen\n"
