"""``ckts predict`` as a command: from a model and a file to a table."""

import io
from pathlib import Path

import pandas as pd
import pytest


def test_predictions_go_to_stdout_or_a_file(run, saved):
    status, out, error = run(
        "predict", "model.safetensors", "visits.csv", "-o", "a.csv"
    )
    assert (status, out) == (0, "")
    assert error.splitlines()[-1] == "Wrote 40 predictions to a.csv."
    status, out, _ = run("predict", "model.safetensors", "visits.csv")
    assert out == Path("a.csv").read_text()
    frame = pd.read_csv(io.StringIO(out))
    assert list(frame) == ["patient", "prediction", "probability_no", "probability_yes"]
    assert frame["patient"].tolist() == saved["patient"].unique().tolist()
    assert run("predict", "model.safetensors", "visits.csv", "-o", "a.csv")[0] == 1


def test_parquet_holds_the_same(run, saved):
    pytest.importorskip("pyarrow")
    for name in ("a.csv", "a.parquet"):
        assert run("predict", "model.safetensors", "visits.csv", "-o", name)[0] == 0
    pd.testing.assert_frame_equal(
        pd.read_csv("a.csv", float_precision="round_trip"),
        pd.read_parquet("a.parquet"),
        check_dtype=False,
    )


def test_a_quiet_command_says_nothing(run, saved):
    status, _, error = run("predict", "model.safetensors", "visits.csv", "--quiet")
    assert (status, error) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.safetensors", "visits.csv"], "'gone.safetensors' does not exist"),
        (["visits.csv", "visits.csv"], "must be a file that `model.save` wrote"),
        (["model.safetensors", "gone.csv"], "got 'gone.csv', which does not exist"),
        (["model.safetensors", "visits.csv", "-o", "a.txt"], "must end in .csv or"),
    ],
)
def test_wrong_files_are_told(arguments, message, run, saved):
    status, out, error = run("predict", *arguments)
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert message in error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told(run, saved):
    status, _, error = run(
        *("predict", "model.safetensors", "visits.csv", "-o", "/dev/full", "--quiet")
    )
    assert status == 1
    assert error == "ckts predict: /dev/full: No space left on device.\n"


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_predictions_never_replace_the_table(force, saved, folder, run):
    before = (folder / "visits.csv").read_bytes()
    (folder / "link.csv").symlink_to("visits.csv")
    for name in ("visits.csv", "./visits.csv", "link.csv"):
        arguments = ("model.safetensors", "visits.csv", "-o", name, *force)
        status, _, error = run("predict", *arguments)
        assert status == 1
        assert "`--output` must be" in error
    assert (folder / "visits.csv").read_bytes() == before
