"""``ckts demo``, as a newcomer types it; what it reports is in `tests/test_demo.py`."""

import numpy as np
import pytest

from ckts.cli import main


def test_help_of_the_demo_names_its_options(capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    text = capsys.readouterr().out
    for option in ("--output", "--max-epochs", "--seed"):
        assert option in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("picture.gif", "must end in .png"),
        ("no/folder/a.png", "folder that exists"),
    ],
)
def test_a_bad_output_raises_before_the_work(tmp_path, name, message, capsys):
    assert main(["demo", "--output", str(tmp_path / name)]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--max-epochs", "0", "must be a positive integer; got '0'"),
        ("--max-epochs", "x", "must be a positive integer; got 'x'"),
        ("--seed", "-1", "must be an integer from 0 to 2**32 - 1; got '-1'"),
        ("--seed", "4294967296", "must be an integer from 0 to 2**32 - 1"),
    ],
)
def test_bad_numbers_raise(option, value, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["demo", option, value])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_demo_prints_both_models_and_writes_the_picture(tmp_path, capsys):
    picture = tmp_path / "demo.png"
    assert main(["demo", "--output", str(picture), "--max-epochs", "1"]) == 0
    text = capsys.readouterr().out
    assert "CKCNNClassifier, max_epochs=1 " in text
    assert "defaults" not in text
    assert "gradient boosting" in text
    assert str(picture) in text
    image = _read_png(picture)
    assert image.shape[:2] == (960, 840)
    assert len(np.unique(image.reshape(-1, image.shape[2]), axis=0)) > 50


def test_ctrl_c_ends_the_demo_quietly(tmp_path, capsys, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("ckts.demo.run_demo", interrupt)
    assert main(["demo", "--output", str(tmp_path / "a.png")]) == 130
    assert "Interrupted" in capsys.readouterr().err


def _read_png(path):
    from matplotlib.image import imread

    return imread(path)
