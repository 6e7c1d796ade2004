"""The HTTP service of the guide answers right requests, and survives all others."""

import http.client
import json
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from ckts import CKRocketClassifier
from ckts.datasets import load_pbc

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "docs" / "serving"
N_WRONG = 1000
JSON = {"Content-Type": "application/json"}


@contextmanager
def running(model_file, log):
    """Run the service on a free port, and yield it."""
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(APP), "app:app"]
    environment = {**os.environ, "CKTS_MODEL": str(model_file)}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *sys.path])
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--port", "0"], env=environment, stdout=file, stderr=file
        )
    try:
        while not (found := re.search(r"http://127.0.0.1:(\d+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def fitted():
    X, y = load_pbc()
    return CKRocketClassifier(n_kernels=252, random_state=0).fit(X, y), X


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("service") / "log.txt"


@pytest.fixture(scope="module")
def port(fitted, log):
    path = log.with_name("model.safetensors")
    fitted[0].save(path)
    with running(path, log) as found:
        yield found


def ask(port, body, headers=JSON, method="POST", path="/predict"):
    found = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(found) as connection:
        connection.request(method, path, body, headers)
        with connection.getresponse() as response:
            return response.status, json.loads(response.read())


def record_of(panel):
    """Write a series as the service takes it."""
    columns = zip(panel.channels, panel.values.T.tolist(), strict=True)
    static = zip(panel.static_names, panel.static[0].tolist(), strict=True)
    return {
        "times": panel.times.tolist(),
        "channels": {
            name: [None if np.isnan(one) else one for one in column]
            for name, column in columns
        },
        "static": dict(static),
    }


def test_records_are_answered_as_the_model_predicts_them(port, fitted):
    model, X = fitted
    status, health = ask(port, None, {}, "GET", "/health")
    assert status == 200
    assert health["channels"] == list(X.channels)
    expected = model.predict_proba(X[:20])
    bodies = [json.dumps(record_of(X[n : n + 1])) for n in range(20)]
    with ThreadPoolExecutor(8) as pool:  # several at once
        found = list(pool.map(lambda body: ask(port, body), bodies))
    assert {status for status, _ in found} == {200}
    probabilities = [one["probabilities"] for _, one in found]
    np.testing.assert_allclose(probabilities, expected, atol=1e-9)
    assert found[0][1]["classes"] == [0, 1]


def test_dates_and_days_are_the_same(port, fitted):
    record = record_of(fitted[1][3:4])
    _, expected = ask(port, json.dumps(record))
    begun = np.datetime64("2026-01-05T08:00")
    days = [str(begun + np.timedelta64(int(day), "D")) + "Z" for day in record["times"]]
    assert ask(port, json.dumps({**record, "times": days})) == (200, expected)


# --- Wrong requests -----------------------------------------------------------------


def cut_json(record, rng):
    text = json.dumps(record)
    return text[: rng.randrange(len(text))]


def not_json(record, rng):
    junk = [b"\xff\xfe{", b"", b"[" * 5000, b"{}{}", b"{'a': 1}", b"\x00", b"1e999"]
    return rng.choice([*junk, b"9" * 5000])


def not_a_number(record, rng):
    name = rng.choice([*record["channels"]])
    odd = [float("nan"), float("inf"), "7", True, [], {}, "x", 10**400, [1.0]]
    record["channels"][name][rng.randrange(len(record["times"]))] = rng.choice(odd)
    return json.dumps(record)


def other_lengths(record, rng):
    name = rng.choice([*record["channels"]])
    record["channels"][name] += [1.0] * rng.randint(1, 9)
    return json.dumps(record)


def unknown_names(record, rng):
    where = rng.choice([record, record["channels"], record["static"]])
    where[rng.choice(["pulse", "", "Albumin", "\ud83d\ude00", "a" * 500])] = [1.0]
    return json.dumps(record)


def unsorted_times(record, rng):
    times = [one + 1.0 for one in record["times"]]
    record["times"] = [times[0] + 0.5, *times[:-1]]
    return json.dumps(record)


def wrong_times(record, rng):
    n, times = len(record["times"]), record["times"]
    odd = [None, "2026-13-01", "yesterday", True, [], {}, "2026-01-05", "9999999-01-01"]
    place = rng.randrange(n)
    changed = [*times[:place], rng.choice(odd), *times[place + 1 :]]
    ways = [changed, [], None, "2026", times[:-1], {}, 5, [None] * n, ["x"] * n]
    return json.dumps({**record, "times": rng.choice(ways)})


def no_times(record, rng):
    del record["times"]
    return json.dumps(record)


def nothing_observed(record, rng):
    empty = {name: [None] * len(record["times"]) for name in record["channels"]}
    return json.dumps({**record, "channels": rng.choice([{}, empty])})


def other_types(record, rng):
    odd = [[], "x", 5, None, True, [[]], 1.5]
    if rng.random() < 0.3:
        return json.dumps(rng.choice([*odd, [record]]))
    return json.dumps({**record, rng.choice(["channels", "static"]): rng.choice(odd)})


def wrong_static(record, rng):
    name = rng.choice([*record["static"]])
    record["static"][name] = rng.choice(["x", True, [], {}, [1.0], float("nan")])
    return json.dumps(record)


def huge(record, rng):
    return json.dumps({**record, "times": [0.0] * rng.randint(300_000, 500_000)})


WRONG = [
    *(cut_json, not_json, not_a_number, other_lengths, unknown_names, unsorted_times),
    *(wrong_times, no_times, nothing_observed, other_types, wrong_static, huge),
]


def wrong_request(record, number):
    """Return what makes a request of `ask`, the same for each number."""
    rng = random.Random(number)
    if number % 13 == 12:
        body, kind = json.dumps(record), rng.choice(["text/plain", "", "text/json"])
        ways = [
            (body, {"Content-Type": kind}),
            (body, JSON, rng.choice(["GET", "PUT", "DELETE", "PATCH"])),
            (body, JSON, "POST", rng.choice(["/", "/predic", "/predict/x", "/health"])),
        ]
        return rng.choice(ways)
    return (WRONG[number % 13](record, rng),)


def test_a_thousand_wrong_requests_are_answered_and_nothing_is_lost(port, fitted, log):
    X = fitted[1][fitted[1].lengths > 2]
    right = json.dumps(record_of(X[4:5]))
    status, expected = ask(port, right)
    assert status == 200
    seen = {}
    for number in range(N_WRONG):
        request = wrong_request(record_of(X[number % 50 : number % 50 + 1]), number)
        status, found = ask(port, *request)
        assert 400 <= status < 500, (number, status, str(request)[:300])
        assert found["error"], (number, found)
        seen.setdefault(status, set()).add(number % 13)
        if number % 100 == 99:
            assert ask(port, right) == (200, expected)
    assert set(seen) == {400, 404, 405, 413, 415, 422}
    assert "Traceback" not in log.read_text()


def test_messages_of_the_library_reach_the_client(port, fitted):
    record = record_of(fitted[1][4:5])
    record["times"] = record["times"][::-1]
    status, found = ask(port, json.dumps(record))
    assert status == 422
    assert "`times` must" in found["error"]
