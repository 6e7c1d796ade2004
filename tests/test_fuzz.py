"""Thousands of inputs, sound or not: read in full, or rejected with one of our errors.

Each case follows from its number. `CKTS_FUZZ=100000` runs that many cases of each kind
instead of a few thousand in all, as does `make fuzz` with 20,000; `CKTS_FUZZ_FROM=1234`
begins there, so that one case is replayed by `CKTS_FUZZ=1 CKTS_FUZZ_FROM=1234`.
"""

import os
import pickle
import re
import warnings
from collections import Counter, defaultdict
from functools import partial

import numpy as np
import pytest

import fuzz_containers
import fuzz_fits
import fuzz_formats
import fuzz_junk
import fuzz_libraries
from ckts import Panel, as_panel

FIRST = int(os.environ.get("CKTS_FUZZ_FROM", "0"))
# An argument in backticks, or the words that scikit-learn prescribes.
OURS = re.compile(
    r"`[A-Za-z_]\w*`|n_samples=|Complex data not supported|minimum of 1 is required"
)


def numbers(default):
    """Numbers of cases, `default` of them unless the environment says otherwise."""
    return range(FIRST, FIRST + int(os.environ.get("CKTS_FUZZ", default)))


def is_ours(error):
    return isinstance(error, ValueError | TypeError) and bool(OURS.search(str(error)))


@pytest.fixture(autouse=True)
def _without_warnings():
    # What is warned of is another matter: here, whether something is lost.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def report(check, cases):
    """Run `check` on numbers of cases; fail with the first number of each complaint."""
    found = defaultdict(list)
    for number in cases:
        try:
            complaint = check(number)
        except Exception as error:  # an exception that is not ours is a finding
            complaint = f"{type(error).__name__}: {error}"
        if complaint:
            found[re.sub(r"[\d.]+", "#", complaint)[:120]].append((number, complaint))
    lines = [
        f"{len(cases)} times, first case {cases[0][0]}: {cases[0][1][:300]}"
        for cases in sorted(found.values(), key=len, reverse=True)
    ]
    assert not lines, "\n".join(lines)


def broken_invariant(panel):
    """What a panel must always be; empty if it is."""
    if not panel.indptr[0] == 0 <= panel.indptr[-1] == len(panel.values):
        return "indptr does not fit"
    if any(np.any(np.diff(one.times) < 0) for one in panel):
        return "times decrease"
    if np.isinf(panel.values).any() or not np.isfinite(panel.times).all():
        return "infinite values or times"
    if not pickle.loads(pickle.dumps(panel)).equals(panel):
        return "pickle changes it"
    if not Panel.concat([panel[:1], panel[1:]]).equals(panel):
        return "slices do not join to the whole"
    back = as_panel(panel.to_frame(), duplicates="keep")
    if not back.with_times(back.times, panel.time_scale).equals(
        panel.with_static(None)
    ):
        return "to_frame does not come back"
    repr(panel), repr(panel.describe(np.arange(len(panel)) % 2))
    if any(np.any(np.diff(one.times) == 0) for one in panel):
        return ""  # rows that tie may become one
    roles = {name: name for name in ("instance", "time", "channel", "value")}
    back = Panel.from_long(panel.to_long(), **roles)
    if not back.with_times(back.times, panel.time_scale).equals(
        panel.with_static(None)
    ):
        return "to_long does not come back"
    return ""


def check_truth(number):
    """Known series must be read, and exactly."""
    case = fuzz_formats.write(number)
    panel, truth = case.read(), case.truth
    codes = np.repeat(np.arange(len(panel)), panel.lengths)
    for name, found, expected in (
        ("number of series", len(panel), truth.n_series),
        ("series of rows", codes, truth.codes),
        ("times", panel.times, case.times),
        ("values", panel.values, truth.values),
    ):
        if not np.array_equal(found, expected, equal_nan=True):
            return f"{case.name}: the {name} differ"
    flaw = broken_invariant(panel)
    return flaw and f"{case.name}: {flaw}"


def check_junk(number):
    """Junk raises one of our errors, or nothing of it is lost."""
    junk = fuzz_junk.write(number)
    try:
        panel = junk.read()
    except Exception as error:
        if is_ours(error):
            return ""
        return f"{junk.name}: {type(error).__name__}: {error}"
    total = float(np.nansum(panel.values, dtype=float))
    if junk.total is not None and not np.isclose(total, junk.total, rtol=1e-3):
        return f"{junk.name}: values of sum {junk.total} have sum {total}"
    flaw = broken_invariant(panel)
    return flaw and f"{junk.name}: {flaw}"


def check_cells(number, folder):
    """Cells of any kind are read as a loop reads them, or not without a word."""
    case = fuzz_libraries.write(number, folder)
    if case is None:
        return ""  # another library does not hold them
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            panel = case.read()
        except Exception as error:
            if not is_ours(error):
                return f"{case.name}: {type(error).__name__}: {error}"
            return "" if case.cells.marks else f"{case.name} are rejected: {error}"
    if foreign := [one for one in said if not OURS.search(str(one.message))]:
        return f"{case.name}: the warning {foreign[0].message}"
    return "" if said else case.name_loss(panel)


def check_fit(number):
    """A tiny fit raises one of our errors, or says that it diverged, or is sound."""
    case = fuzz_fits.write(number)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model = case.fit()
        together = model.predict_proba(case.X)
    except Exception as error:
        if is_ours(error):
            return ""
        return f"fit: {type(error).__name__}: {error}"
    if not np.isfinite(together).all():
        loud = any("The training diverged" in str(one.message) for one in said)
        return "" if loud else "fit: probabilities are not finite, without a word"
    if not np.allclose(together.sum(axis=1), 1, atol=1e-5):
        return "fit: probabilities do not sum to 1"
    alone = [model.predict_proba(case.X[i : i + 1]) for i in range(len(together))]
    # float32 sums in another order, and methods that are exact to 1e-4
    difference = np.abs(np.concatenate(alone) - together).max()
    return f"fit: batch mates change {difference:.0e}" if difference > 1e-3 else ""


def test_known_series_are_read_exactly_from_every_format_and_clock():
    report(check_truth, numbers(1200))


def test_junk_raises_our_errors_or_is_read_in_full():
    report(check_junk, numbers(2500))


def test_cells_of_every_kind_are_read_in_full_or_not_without_a_word(tmp_path):
    report(partial(check_cells, folder=tmp_path), numbers(900))


@pytest.mark.slow
def test_more_cells_of_every_kind(tmp_path):
    report(partial(check_cells, folder=tmp_path), numbers(5000)[900:])


def test_tiny_fits_raise_our_errors_or_are_sound():
    report(check_fit, numbers(60))


def test_a_case_is_the_same_each_time():
    for write in (fuzz_formats.write, fuzz_junk.write):
        for number in range(50):
            first, again = write(number), write(number)
            assert first.name == again.name
    assert fuzz_formats.write(3).read().equals(fuzz_formats.write(3).read())


def test_every_clock_and_format_has_its_turn():
    names = {fuzz_formats.write(number).name for number in range(1200)}
    pairs = {f"{a}, {b}" for a in fuzz_formats.READERS for b in fuzz_formats.CLOCKS}
    assert names == pairs


def test_every_container_is_read_and_refuses(tmp_path):
    """Most cases of each are read, and not only because nothing odd is in them."""
    read, odd = Counter(), Counter()
    for number in range(1500):
        case = fuzz_libraries.write(number, tmp_path)
        if case is not None:
            read[case.container] += 1
            odd[case.container] += bool(case.cells.plagues)
    assert set(read) == {*fuzz_containers.CONTAINERS, *fuzz_libraries.LIBRARIES}
    assert min(read.values()) > 20
    assert all(read[name] / 6 < odd[name] < read[name] for name in read)


LOSSES = {
    "a value": lambda panel: panel.with_values(
        np.where(panel.values > 0, panel.values, np.nan)
    ),
    "a series": lambda panel: panel[:-1] if len(panel) > 1 else panel,
    "the times": lambda panel: panel.with_times(np.zeros(len(panel.times))),
    "channels swap": lambda panel: panel.with_values(panel.values[:, ::-1]),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_in_cells_is_found(loss, tmp_path, monkeypatch):
    def lose(*arguments, **options):
        return LOSSES[loss](as_panel(*arguments, **options))

    monkeypatch.setattr(fuzz_containers, "as_panel", lose)
    with pytest.raises(AssertionError, match=r"times, first case \d+: .*: (the|\d+ s)"):
        report(partial(check_cells, folder=tmp_path), range(60))


def test_cells_that_are_read_without_a_word_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.panel._arrays._NO_NUMBERS", ())
    with pytest.raises(AssertionError, match=r"cells datetime64.*: nothing is said"):
        report(partial(check_cells, folder=tmp_path), range(600))


def test_a_lost_value_and_a_foreign_error_are_found(monkeypatch):
    def lose(*arguments, **options):
        panel = as_panel(*arguments, **options)
        return panel.with_values(np.where(panel.values > 0, panel.values, np.nan))

    monkeypatch.setattr(fuzz_formats, "as_panel", lose)
    with pytest.raises(AssertionError, match=r"first case \d+: \w+, .*: the values"):
        report(check_truth, range(50))
    monkeypatch.setattr(fuzz_junk, "as_panel", lambda *args, **options: {}["x"])
    with pytest.raises(AssertionError, match=r"times, first case \d+: \w+: KeyError"):
        report(check_junk, range(50))
