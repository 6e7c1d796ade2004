"""``ckts evaluate`` as a command: what it prints, writes and refuses."""

import pytest

from clinic import COLUMNS, FAST, ROLES


def test_scores_of_all_models_and_what_they_mean_are_printed(run, visits):
    status, out, error = run("evaluate", "visits.csv", *ROLES, *FAST, "--folds", 3)
    assert (status, error) == (0, "")  # no progress where there is no terminal
    lines = out.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("model"))
    assert lines[head].split() == ["model", "AUROC", "AUPRC", "accuracy", "log-loss"]
    models = [line.split("  ")[0] for line in lines[head + 1 : head + 4]]
    assert models == ["CKRocket", "summaries + boosting", "no data (dummy)"]
    assert "0.500 +- 0.000" in lines[head + 3]
    assert any(line.startswith("AUROC: how well") for line in lines)
    assert "CKRocket against no data (dummy): AUROC +0.4" in out


def test_a_saved_model_is_scored(run, saved):
    saved.assign(bilirubin=1.0).to_csv("flat.csv", index=False)
    status, out, _ = run("evaluate", "flat.csv", "--saved", "model.safetensors")
    assert status == 0
    assert "standard errors by the bootstrap" in out
    status, _, error = run("evaluate", "visits.csv", "--saved", "model.safetensors")
    assert status == 0
    assert "warning: the model was fitted to this very file" in error


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "these are required: --instance, --time, --label"),
        ([*COLUMNS], 2, "these are required: --label"),
        (["--folds", "1"], 2, "must be an integer of 2 or more; got '1'"),
        (["--saved", "m", "--report", "r.html"], 2, "leave out --saved"),
        (["--saved", "gone.safetensors"], 1, "'gone.safetensors' does not exist"),
        ([*ROLES, "--report", "r.pdf"], 1, "`--report` must end in .html"),
        ([*ROLES, "--folds", "11"], 1, "got 11, and 10 of class 'yes'"),
    ],
)
def test_wrong_uses_are_told(arguments, status, message, run, visits):
    found, _, error = run("evaluate", "visits.csv", *arguments)
    assert found == status
    assert message in error


def test_a_report_that_is_there_is_kept(run, visits, folder):
    (folder / "r.html").write_text("mine")
    command = ("evaluate", "visits.csv", *ROLES, *FAST, "--report", "r.html")
    status, out, error = run(*command)
    assert (status, out) == (1, "")
    assert "which exists" in error
    assert (folder / "r.html").read_text() == "mine"
