"""The pictures and figures of docs/guide/random-kernels.md are those of the script."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
PAGE = (GUIDE / "random-kernels.md").read_text("utf-8")
PNG = b"\x89PNG\r\n\x1a\n"


def load_script():
    path = GUIDE / "random_kernels.py"
    spec = importlib.util.spec_from_file_location("random_kernels", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["random_kernels"] = module  # where its dataclasses look it up
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()


@pytest.fixture(scope="module")
def explained():
    return SCRIPT.explain_patient()


def test_the_pictures_of_the_page_are_there_and_small():
    linked = re.findall(r"!\[[^\]]{20,}\]\((random_kernels/\w+\.png)\)", PAGE)
    folder = GUIDE / "random_kernels"
    assert set(linked) == {f"random_kernels/{path.name}" for path in folder.iterdir()}
    for name in linked:
        picture = (GUIDE / name).read_bytes()
        assert picture.startswith(PNG)
        assert len(picture) < 100_000


def test_the_script_draws_the_pictures_of_the_page(tmp_path):
    drawn = list(SCRIPT.draw_all(tmp_path))
    assert [path.name for path in drawn] == ["responses.png", "attributions.png"]
    assert all(path.stat().st_size > 20_000 for path in drawn)


def test_the_page_says_of_the_patient_what_the_model_does(explained):
    risk = float(re.search(r"probability of\n?\s*(\d+) %", PAGE)[1]) / 100
    assert explained.risk == pytest.approx(risk, abs=0.02)
    column = explained.patient.channels.index("bilirubin")
    bilirubin = explained.patient.values[:, column]
    assert [round(value) for value in bilirubin] == [3, 4, 8, 15]
    by_time = explained.by_time()
    assert by_time.abs().max(axis=1).idxmax() == "bilirubin"
    months = by_time.loc["bilirubin"].to_numpy()
    # at the start, and between the third and the last visit
    assert months[0] > 2 * months[8:12].max()
    assert months[14:20].min() > 1.3 * months[8:12].max()
    assert explained.summaries().idxmax() == "bilirubin"
    steps = explained.by_step()
    assert steps.idxmax() == "4.5 months"


def test_kernels_of_the_picture_respond_for_some_of_the_time():
    shown = list(SCRIPT.show_kernels(SCRIPT.load_bilirubin()))
    steps = np.array([one.group.dilation * 12 for one in shown])
    np.testing.assert_allclose(steps, [3, 6, 11], atol=0.5)
    assert all(0.2 < one.share < 0.8 for one in shown)
