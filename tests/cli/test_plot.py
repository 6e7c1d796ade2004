"""``ckts plot``: a picture of a table, or of one record."""

import pytest

from clinic import COLUMNS, ROLES


@pytest.mark.parametrize("only", [(), ("--only", "p07")])
@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_a_picture_is_written(only, name, run, visits, folder):
    status, out, _ = run("plot", "visits.csv", *ROLES, *only, "-o", name)
    assert (status, out) == (0, f"{name}\n")
    begin = (folder / name).read_bytes()[:6]
    assert begin == (b"\x89PNG\r\n" if name == "a.png" else b"<?xml ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "a.gif"], "`--output` must end in .png or .svg or .pdf"),
        (["--only", "p99", "-o", "a.png"], "got 'p99'. The first are p00, p01"),
    ],
)
def test_wrong_uses_are_told(arguments, message, run, visits, folder):
    status, _, error = run("plot", "visits.csv", *ROLES, *arguments)
    assert status == 1
    assert message in error
    assert [path.name for path in folder.iterdir()] == ["visits.csv"]


def test_an_output_is_required(run, visits):
    assert run("plot", "visits.csv", *COLUMNS)[0] == 2


def test_columns_and_instances_may_look_like_formulas(visits, folder, run):
    names = {"bilirubin": "x$^{_$", "patient": r"$\frac{$"}
    visits["patient"] = r"$\frac{$" + visits["patient"]
    visits.rename(columns=names).to_csv("odd.csv", index=False)
    roles = ("--instance", r"$\frac{$", "--time", "date")
    rest = ("--ignore", "ward", "age", "died", "-o", "odd.png")
    status, _, error = run("plot", "odd.csv", *roles, *rest)
    assert (status, error) == (0, "")
