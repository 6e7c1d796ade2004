"""``ckts datasets`` as a command; its actions are in `tests/datasets/test_commands`."""


def test_listing_uses_no_network_and_names_the_cache(run, folder, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr("socket.socket.connect", refuse)
    status, out, _ = run("datasets", "--data-home", folder / "cache")
    assert status == 0
    assert f"Cache: {folder / 'cache'}" in out


def test_a_wrong_name_is_one_line(run, folder):
    status, out, error = run("datasets", "fetch", "no-such-set", "--data-home", folder)
    assert (status, out) == (1, "")
    assert error.startswith("ckts datasets: `name` must be a data set; got")
    assert error.count("\n") == 1
