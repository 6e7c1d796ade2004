"""``ckts predict`` as a command: from a model and a file to a table."""

import io
from pathlib import Path

import pandas as pd
import pytest

from ckts import ParquetPanel


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


def write_folder(frame, name="visits", n_files=3):
    """Write a table as files of whole instances."""
    pytest.importorskip("pyarrow")
    Path(name).mkdir()
    numbers = frame["patient"].factorize()[0]
    for place in range(n_files):
        part = frame[numbers * n_files // (numbers.max() + 1) == place]
        part.to_parquet(f"{name}/part.{place}.parquet", row_group_size=20)


def test_a_folder_of_parquet_is_predicted_part_by_part(run, saved, monkeypatch):
    write_folder(saved)
    parts = ParquetPanel.partitions
    read = []

    def few(self, max_rows=50):
        for part in parts(self, max_rows):
            read.append(len(part))
            yield part

    monkeypatch.setattr(ParquetPanel, "partitions", few)
    for table in ("visits.csv", "visits"):
        arguments = ("model.safetensors", table, "-o", f"{table}.out.csv")
        status, _, error = run("predict", *arguments)
        assert status == 0, error
    assert sum(read) == 40
    assert max(read) < 20
    names = ("visits.out.csv", "visits.csv.out.csv")
    found, expected = map(pd.read_csv, names)
    pd.testing.assert_frame_equal(found, expected)


def test_predictions_are_no_part_of_the_folder(run, saved):
    write_folder(saved)
    status, _, error = run(
        "predict", "model.safetensors", "visits", "-o", "visits/a.parquet"
    )
    assert status == 1
    assert "`--output` must be outside of the folder of the table" in error


def test_what_needs_all_rows_is_refused_of_a_folder(run, saved):
    write_folder(saved)
    for option, text in (("missing", "-999"), ("variable", "edema")):
        more = ("--value", "albumin") if option == "variable" else ()
        given = (f"--{option}={text}", *more)
        status, _, error = run("predict", "model.safetensors", "visits", *given)
        assert status == 1
        assert f"`--{option}` must be left out with a folder of Parquet" in error
    Path("empty").mkdir()
    status, _, error = run("predict", "model.safetensors", "empty")
    assert status == 1
    assert "`FILE` must hold files that end in .parquet" in error
