"""`ckts datasets`, as a newcomer types it."""

import pytest

from ckts.cli import main
from ckts.datasets.catalog import list_names

NAME = "character_trajectories"
FILE = "character_trajectories.zip"
CONTENT = b"x" * 12_345


@pytest.fixture
def published(publish):
    return publish(NAME, {FILE: CONTENT})


def run(*arguments):
    return main(["datasets", *arguments])


def test_the_list_tells_size_state_terms_and_citation(published, cache, capsys):
    assert run() == 0
    text = capsys.readouterr().out
    assert f"Cache: {cache}" in text
    assert f"{NAME}  uci  12.3 kB  not cached" in text
    assert "License: CC BY 4.0" in text
    assert "Cite: B. Williams" in text
    for name in list_names():
        assert f"\n{name}  " in text
    assert "uea/PLAID" not in text
    assert run("fetch", NAME) == 0
    capsys.readouterr()
    assert run() == 0
    assert f"{NAME}  uci  12.3 kB  cached" in capsys.readouterr().out


def test_the_names_of_the_archives_are_listed_with_all(capsys):
    assert run("--all") == 0
    text = capsys.readouterr().out
    assert "uea/PLAID," in text
    assert "tser/Covid3Month," in text


def test_fetch_prints_where_the_files_are_and_the_terms(published, cache, capsys):
    assert run("fetch", NAME) == 0
    printed = capsys.readouterr()
    path = cache / NAME / "uci" / FILE
    assert path.read_bytes() == CONTENT
    assert str(path) in printed.out
    assert "License: CC BY 4.0" in printed.out
    assert "12.3k" in printed.err  # the progress bar


@pytest.mark.parametrize("before", [True, False])
def test_the_cache_can_be_named_before_and_behind_the_action(
    published, tmp_path, before
):
    home = ["--data-home", str(tmp_path / "mine")]
    arguments = [*home, "fetch", NAME] if before else ["fetch", NAME, *home]
    assert run(*arguments) == 0
    assert (tmp_path / "mine" / NAME / "uci" / FILE).exists()


def test_a_set_of_the_archives_is_fetched_verified_and_listed(publish, capsys):
    publish("uea/PLAID", {"PLAID_TRAIN.ts": b"1", "PLAID_TEST.ts": b"2"})
    assert run("fetch", "uea/PLAID") == 0
    assert run("verify") == 0
    assert capsys.readouterr().out.count("right   ") == 2
    assert run() == 0
    assert "uea/PLAID  zenodo-11197936  2 B  cached" in capsys.readouterr().out


def test_verify_tells_right_wrong_and_missing_files(published, cache, capsys):
    assert run("verify") == 0
    assert "Nothing is cached" in capsys.readouterr().out
    assert run("verify", NAME) == 1
    assert "missing" in capsys.readouterr().out
    run("fetch", NAME)
    assert run("verify", NAME) == 0
    assert "right   " in capsys.readouterr().out
    (cache / NAME / "uci" / FILE).write_bytes(CONTENT[1:] + b"y")
    assert run("verify") == 1
    assert "WRONG   " in capsys.readouterr().out


def test_remove_leaves_the_other_sets(published, publish, cache, capsys):
    publish("uea/PLAID", {"PLAID_TRAIN.ts": b"1"})
    run("fetch", NAME)
    run("fetch", "uea/PLAID")
    assert run("remove", NAME) == 0
    assert "12.3 kB" in capsys.readouterr().out
    assert not (cache / NAME).exists()
    assert (cache / "uea" / "PLAID").exists()
    assert run("remove", NAME) == 1
    assert "`name` must be a data set in the cache" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["fetch", "verify", "remove"])
def test_a_name_that_is_none_is_said(action, capsys):
    assert run(action, "../x") == 1
    assert "`name` must be a data set; got '../x'" in capsys.readouterr().err


def test_what_cannot_be_had_is_said_without_a_traceback(published, server, capsys):
    server.files.clear()
    assert run("fetch", NAME) == 1
    error = capsys.readouterr().err
    assert "no mirror gave the file expected" in error
    assert "Traceback" not in error


def test_ctrl_c_ends_a_download(published, capsys, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ckts.datasets.commands.Cache.fetch", interrupt)
    assert run("fetch", NAME) == 130
    assert "Interrupted" in capsys.readouterr().err
