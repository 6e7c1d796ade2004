"""The site holds every public name, and its checks find what is broken."""

import importlib
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx")

from docutils.utils.math import MathError
from torch import nn

import check_links
import site_extension
from ckts.layers import CKConv

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MODULES = {"ckts": "ckts"} | {
    name: f"ckts.{name}"
    for name in (
        "datasets",
        "estimators",
        "kernels",
        "layers",
        "networks",
        "plotting",
        "sktime",
    )
}
ENTRY = re.compile(r"^   ([A-Za-z_]\w*)$|py:data:: (\w+)$", re.MULTILINE)
REPEATED = re.compile(r"^\* :(?:class|func):`ckts\.(\w+)`$", re.MULTILINE)


@pytest.mark.parametrize("page", MODULES)
def test_every_public_name_is_in_the_reference_once_and_no_other(page):
    if page == "sktime":
        pytest.importorskip("sktime")
    public = importlib.import_module(MODULES[page]).__all__
    text = (DOCS / "api" / f"{page}.md").read_text("utf-8")
    written = [first or second for first, second in ENTRY.findall(text)]
    repeated = REPEATED.findall(text)
    assert sorted(written + repeated) == sorted(public)


def test_names_that_the_reference_repeats_are_those_of_ckts():
    import ckts
    import ckts.estimators

    text = (DOCS / "api" / "estimators.md").read_text("utf-8")
    for name in REPEATED.findall(text):
        assert getattr(ckts.estimators, name) is getattr(ckts, name)


def test_every_module_with_public_names_has_a_page():
    listed = {path.stem for path in (DOCS / "api").glob("*.md")} - {"index"}
    assert listed == set(MODULES)


def test_links_of_the_root_lead_to_pages_of_the_site():
    text = "[a](docs/guide/units.md#of-time) [b](CHANGELOG.md) [c](docs/decisions/)"
    moved = site_extension.relink(text, ROOT, DOCS / "index.md")
    assert (
        moved == "[a](guide/units.md#of-time) [b](changes.md) [c](decisions/index.md)"
    )


def test_links_of_pages_lead_to_the_root_and_to_the_gallery():
    text = "[a](../../README.md#fit) [b](../gallery/) [c](gpu.md) [d](https://x.org)"
    moved = site_extension.relink(text, DOCS / "guide", DOCS / "guide" / "gpu.md")
    there = "[a](../index.md#fit) [b](../examples/index.rst) [c](gpu.md)"
    assert moved == f"{there} [d](https://x.org)"


def test_scripts_of_the_gallery_lead_to_their_pages():
    (script, *_) = sorted((DOCS / "gallery").glob("plot_*.py"))
    moved = site_extension.relink(f"[a](gallery/{script.name})", DOCS, DOCS / "faq.md")
    assert moved == f"[a](examples/{script.stem}.rst)"


def test_no_example_ends_the_build():
    """`sys.exit(0)` in a script ends sphinx, too, without a site or an error."""
    scripts = sorted((DOCS / "gallery").glob("*.py"))
    assert scripts
    assert [path.name for path in scripts if "exit(" in path.read_text("utf-8")] == []


def test_a_link_to_nothing_is_left_for_sphinx_to_warn_of():
    assert (
        site_extension.relink("[a](gone.md)", DOCS, DOCS / "faq.md") == "[a](gone.md)"
    )


def test_included_files_of_the_root_replace_the_directive():
    page = DOCS / "changes.md"
    whole = site_extension.complete(page.read_text("utf-8"), page)
    assert whole.startswith("# Changelog\n")
    assert "{include}" not in whole


def test_formulas_become_mathml():
    inline = site_extension.to_mathml(r"w_j \psi", block=False)
    assert inline.startswith("<math")
    assert "<msub>" in inline
    assert "ψ" in inline
    block = site_extension.to_mathml("a &= b\n\nc &= d", block=True)
    assert block.startswith('<div class="math"><math')
    assert block.count("<mtr>") == 2


def test_a_formula_that_docutils_does_not_know_raises():
    with pytest.raises(MathError, match=r"Unknown LaTeX command"):
        site_extension.to_mathml(r"\nosuchcommand x", block=False)


def test_only_members_of_the_library_are_documented():
    assert site_extension.is_foreign(nn.Module.cuda)
    assert not site_extension.is_foreign(CKConv.forward)
    assert not site_extension.is_foreign(property(CKConv.forward))


@pytest.fixture
def site(tmp_path):
    """Write two pages; each of the links of the first one that are broken says so."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text('<h1 id="top">T</h1><a name="old">')
    (tmp_path / "index.html").write_text(
        '<a href="sub/index.html#top"></a><a href="sub/#old"></a><a href="#here"></a>'
        '<p id="here"><img src="data:image/png;base64,AA">'
        '<a href="sub/index.html#broken"></a><a href="broken.html"></a>'
        '<a href="https://example.org/a"></a><a href="https://example.org/a"></a>'
        '<a href="htp://broken.org"></a><a href="https://broken"></a>'
    )
    return tmp_path


def test_broken_links_are_found_and_others_counted(site, capsys):
    counts, faults = check_links.check(check_links.read(site))
    assert len(faults) == 4
    assert all("broken" in fault for fault in faults)
    assert counts == {"internal": 5, "external": 5, "different": 4}
    assert check_links.main([str(site)]) == 1
    assert "2 pages, 5 internal links, 4 broken" in capsys.readouterr().out


def test_pages_of_the_theme_are_none_of_the_site(site):
    (site / "_static").mkdir()
    (site / "_static" / "macros.html").write_text('<a href="{{ broken }}">')
    assert len(check_links.read(site)) == 2


def test_a_folder_without_a_site_is_said(tmp_path, capsys):
    assert check_links.main([str(tmp_path)]) == 1
    assert "holds no site. Build it" in capsys.readouterr().out
