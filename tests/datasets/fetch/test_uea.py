"""Sets of the UEA, UCR and TSER archives, from servers laid out like the real ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from ckts.datasets import catalog, fetch_tser, fetch_uea
from http_server import md5, sha256, zip_of

TRAIN = """\
# A comment of the archive.
@problemName PLAID
@timeStamps false
@missing true
@univariate true
@equalLength false
@classLabel true 0 1
@data
1.5,2.25,3:0
4,?:1
"""
TEST = TRAIN.partition("@data\n")[0] + "@data\n5,6,7,8:1\n"
TEXTS = {"PLAID_TRAIN.ts": TRAIN, "PLAID_TEST.ts": TEST}
RECORD = 11197936
CATALOG = Path(catalog.__file__).parent / "data" / "catalog.toml"


@pytest.fixture
def house(server, monkeypatch):
    """Zenodo's and the website's addresses lead to the local server."""
    text = CATALOG.read_text("utf-8").replace("https://zenodo.org", server.url)
    website = "https://timeseriesclassification.com"
    local = catalog.parse_catalog(text.replace(website, f"{server.url}/website"))
    monkeypatch.setattr(catalog, "read_catalog", lambda: local)
    publish_at_zenodo(server, RECORD, TEXTS)
    variants = {"PLAID_eq_TRAIN.ts": "", "PLAID_eq_TEST.ts": "", "PLAID.txt": "About"}
    server.files["website/aeon-toolkit/PLAID.zip"] = zip_of({**TEXTS, **variants})
    return server


def publish_at_zenodo(server, record, texts):
    items = []
    for name, text in texts.items():
        content = text.encode()
        server.files[f"records/{record}/files/{name}"] = content
        items.append({"key": name, "size": len(content), "checksum": md5(content)})
    server.files[f"api/records/{record}"] = json.dumps({"files": items}).encode()


def test_a_set_comes_from_zenodo_with_its_digest(house, cache):
    bunch = fetch_uea("PLAID")
    assert [len(series.times) for series in bunch.data] == [3, 2, 4]
    assert bunch.target.tolist() == ["0", "1", "1"]
    assert np.isnan(bunch.data[1].values[1, 0])
    assert bunch.version == f"zenodo-{RECORD}"
    assert "3 series, 1 channels, 2 to 4 steps" in bunch.DESCR
    assert "UCR" in bunch.DESCR
    assert "none stated" in bunch.license
    folder = cache / "uea" / "PLAID" / f"zenodo-{RECORD}"
    recorded = (folder / "PLAID_TRAIN.ts.digest").read_text().strip()
    assert recorded == md5(TRAIN.encode())


@pytest.mark.parametrize(
    ("split", "numbers"), [(None, [0, 1, 2]), ("train", [0, 1]), ("test", [2])]
)
def test_the_official_split_keeps_the_numbers_of_the_series(house, split, numbers):
    X, y = fetch_uea("PLAID", split=split, return_X_y=True)
    assert X.instances.tolist() == numbers
    assert y.tolist() == [["0", "1", "1"][number] for number in numbers]


def test_the_name_of_the_registry_is_a_name_too(house):
    assert len(fetch_uea("uea/PLAID").data) == 3


def test_what_zenodo_sends_is_held_to_what_zenodo_publishes(house):
    house.behave(f"records/{RECORD}/files/PLAID_TEST.ts", "wrong")
    bunch = fetch_uea("PLAID")
    assert bunch.version == "website"
    assert len(bunch.data) == 3


def test_without_zenodo_the_website_helps_and_stays_the_source(house, cache):
    house.behave(f"records/{RECORD}/files/PLAID_TRAIN.ts", "broken")
    house.behave(f"api/records/{RECORD}", "broken")
    first = fetch_uea("PLAID")
    assert first.version == "website"
    assert first.target.tolist() == ["0", "1", "1"]
    house.behave(f"records/{RECORD}/files/PLAID_TRAIN.ts", "well")
    asked = len(house.requests)
    again = fetch_uea("PLAID", download_if_missing=False)
    assert again.version == first.version
    np.testing.assert_array_equal(again.data.values, first.data.values)
    assert fetch_uea("PLAID").version == "website"
    assert len(house.requests) == asked
    assert (cache / "uea" / "PLAID" / "website" / "PLAID.zip.digest").exists()


@pytest.mark.parametrize(
    "answer",
    [
        "not JSON",
        "[]",
        '{"files": []}',
        '{"files": [{"key": "PLAID_TRAIN.ts", "checksum": "crc:1"}]}',
        '{"files": [{"key": "PLAID_TRAIN.ts"}]}',
        '{"files": [{"key": "PLAID_TRAIN.ts", "checksum": null}]}',
    ],
)
def test_where_zenodo_publishes_no_digest_the_first_is_recorded(house, answer, cache):
    house.files[f"api/records/{RECORD}"] = answer.encode()
    assert fetch_uea("PLAID").version == f"zenodo-{RECORD}"
    folder = cache / "uea" / "PLAID" / f"zenodo-{RECORD}"
    recorded = (folder / "PLAID_TRAIN.ts.digest").read_text().strip()
    assert recorded == sha256(TRAIN.encode())


def test_a_set_that_nobody_gives_is_said_with_all_addresses(house):
    house.files.clear()
    with pytest.raises(OSError, match="no mirror gave the file") as error:
        fetch_uea("PLAID")
    for address in (f"records/{RECORD}/files/PLAID_TRAIN.ts", "aeon-toolkit/PLAID.zip"):
        assert address in str(error.value)
    with pytest.raises(FileNotFoundError, match="`download_if_missing` must be True"):
        fetch_uea("PLAID", download_if_missing=False)


def test_an_archive_of_something_else_raises(house):
    house.files["website/aeon-toolkit/PLAID.zip"] = zip_of({"PLAID_TRAIN.ts": TRAIN})
    house.behave(f"records/{RECORD}/files/PLAID_TRAIN.ts", "missing")
    with pytest.raises(ValueError, match=r"`archive` must have .* lacks PLAID_TEST.ts"):
        fetch_uea("PLAID")


def test_a_set_without_targets_raises(house):
    text = "@problemName PLAID\n@data\n1.5,2.25\n4,5\n"
    publish_at_zenodo(house, RECORD, dict.fromkeys(TEXTS, text))
    with pytest.raises(ValueError, match=r"`name` must be a set with classes .* PLAID"):
        fetch_uea("PLAID")


def test_a_regression_set_has_numbers_as_targets(house):
    name, record = "Covid3Month", 18484843
    head = "@problemName Covid3Month\n@targetLabel true\n@data\n"
    train = head + "0,1,2,3:0.25\n4,5,6,7:0.5\n"
    test = head + "8,9,10,11:1e-3\n"
    texts = {f"{name}_TRAIN.ts": train, f"{name}_TEST.ts": test}
    publish_at_zenodo(house, record, texts)
    bunch = fetch_tser(name)
    assert bunch.target.tolist() == [0.25, 0.5, 0.001]
    assert "regression" in bunch.citation
    X, y = fetch_tser(name, split="test", return_X_y=True)
    assert (len(X), y.tolist()) == (1, [0.001])


def test_a_misspelled_name_is_helped():
    rule = "`name` must be a data set; got "
    with pytest.raises(ValueError, match=rf"{rule}'uea/Plaid'. Choose e.g. uea/PLAID"):
        fetch_uea("Plaid")
    with pytest.raises(ValueError, match=rf"{rule}'tser/PLAID'"):
        fetch_tser("PLAID")
    with pytest.raises(ValueError, match=rf"{rule}'uea/\.\./\.\./x'"):
        fetch_uea("../../x")


def test_a_wrong_split_raises():
    with pytest.raises(
        ValueError, match="`split` must be one of None, 'train', 'test'"
    ):
        fetch_uea("PLAID", split="validation")


SIZES = {
    "PickupGestureWiimoteZ": (50, 50),
    "GesturePebbleZ1": (132, 172),
    "PLAID": (537, 537),
    "JapaneseVowels": (270, 370),
    "MelbournePedestrian": (1194, 2439),
    "DodgerLoopDay": (78, 80),
    "BasicMotions": (40, 40),
}


@pytest.mark.parametrize("name", SIZES)
def test_the_published_files_have_their_published_sizes(name, publish, shared):
    folder = shared("uea_ts", name)
    files = [f"{name}_{part}.ts" for part in ("TRAIN", "TEST")]
    publish(f"uea/{name}", {file: (folder / file).read_bytes() for file in files})
    sizes = [len(fetch_uea(name, split=split).data) for split in ("train", "test")]
    assert tuple(sizes) == SIZES[name]
