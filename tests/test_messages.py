"""What messages of the library name in code quotes exists."""

import pytest

import messages
from ckts import Panel

CODES = sorted({quote.code for quote in messages.quotes()})


@pytest.fixture
def anew():
    """Look at the library anew, and forget what was seen."""
    cached = (messages.library_names, messages.attributes)
    yield lambda: [one.cache_clear() for one in cached]
    for one in cached:
        one.cache_clear()


def test_names_in_messages_exist():
    found = {
        f"{quote.place}: `{quote.code}`: {unknown}"
        for quote in messages.quotes()
        for unknown in messages.unknown_names(quote.code)
    }
    assert found == set()


def test_messages_are_found():
    assert len(CODES) > 200
    assert {"Panel.with_static", "lr", "pandas.to_numeric"} <= set(CODES)


@pytest.mark.parametrize(
    ("code", "unknown"),
    [
        ("n_kernel", "n_kernel"),
        ("pandas.to_dates", "pandas.to_dates"),
        ("frame.set_indx('a')", "frame.set_indx"),
        ("Panel.from_lng(frame)", "Panel.from_lng"),
        ("as_panel(X, time_units='D')", "as_panel(time_units=)"),
        ("numpy.asarray(x, dtyp=bool)", "numpy.asarray(dtyp=)"),
        ("make_pipelines(CKRocket(), tool)", "make_pipelines()"),
        ("numpy.save(path, arrays=X)", "numpy.save(arrays=)"),
        ("model.net_.modules_", "model.net_.modules_"),
        ("callbacks=[Checkpoints()]", "Checkpoints()"),
    ],
)
def test_a_name_that_does_not_exist_is_found(code, unknown):
    assert unknown in messages.unknown_names(code)


def test_a_name_that_is_removed_is_found(anew, monkeypatch):
    assert not messages.unknown_names("Panel.with_static(None)")
    owner = next(one for one in Panel.__mro__ if "with_static" in vars(one))
    monkeypatch.delattr(owner, "with_static")
    anew()
    broken = [code for code in CODES if messages.unknown_names(code)]
    assert "Panel.with_static" in broken


def test_strings_of_code_are_no_messages():
    tree = messages.ast.parse(
        '"""`doc`"""\nx = f"`{y}` and `z`"\ndef f():\n    """`a`"""\n    g("`b`")\n'
    )
    hole = messages.HOLE
    assert [text for _, text in messages.texts(tree)] == [f"`{hole}` and `z`", "`b`"]
