"""An HTTP service of a fitted classifier: probabilities of one record.

Run it, here with a worker process per core, after ``pip install starlette uvicorn``::

    CKTS_MODEL=pbc.safetensors uvicorn --app-dir docs/serving --workers 2 app:app

    curl localhost:8000/predict -H "Content-Type: application/json" -d '{
        "times": ["2026-01-05T08:00Z", "2026-02-11T09:30Z"],
        "channels": {"bilirubin": [1.4, 2.1], "albumin": [3.5, null]},
        "static": {"age": 58.8}}'

Times are ISO 8601, or numbers in the unit of the training; channels have a number or
null for each time; what is left out was not observed. Whatever is wrong with a request
is answered by a status of 4xx and a message.
"""

import json
import os
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
import torch
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import ckts

MOST_BYTES = 1_000_000
FIELDS = {"times", "channels", "static"}

torch.set_num_threads(1)  # a process per core serves more than threads do
model = ckts.load(os.environ["CKTS_MODEL"])
CHANNELS = [str(name) for name in model.feature_names_in_]
# Of times that are numbers. A model of dates has none, and asks for dates.
UNIT = model.time_scale_ if model.time_scale_.kind == "number" else None
# One prediction at a time: it fills a core. Meanwhile, other requests are read.
one_at_a_time = CapacityLimiter(1)


def check(rule: bool, message: str) -> None:
    """Answer with a message unless a rule holds."""
    if not rule:
        raise HTTPException(422, message)


def numbers(name: str, given: Any, length: int) -> np.ndarray:
    """Return numbers as an array, with NaN for null."""
    check(
        isinstance(given, list) and len(given) == length,
        f"`{name}` must be a list with {length} entries, one for each time.",
    )
    plain = (isinstance(one, int | float) and type(one) is not bool for one in given)
    known = [
        one is None or is_number for one, is_number in zip(given, plain, strict=True)
    ]
    check(all(known), f"`{name}` must hold numbers or null; got other entries.")
    return np.array([np.nan if one is None else float(one) for one in given])


def read_times(given: Any) -> np.ndarray | pd.DatetimeIndex:
    """Return the times: all ISO 8601, or all numbers."""
    check(
        isinstance(given, list) and len(given) > 0, "`times` must be a list of times."
    )
    if all(isinstance(one, str) for one in given):
        return pd.to_datetime(given, format="ISO8601", utc=True)
    check(None not in given, "`times` must be known; got null.")
    return numbers("times", given, len(given))


def read_record(body: Any) -> ckts.Panel:
    """Return a panel of one record, or raise with a message that says what is wrong."""
    check(isinstance(body, dict), "The body must be a JSON object.")
    unknown = sorted(set(body) - FIELDS)
    check(not unknown, f"The body must only hold {sorted(FIELDS)}; got {unknown[:5]}.")
    for name in ("channels", "static"):
        known = CHANNELS if name == "channels" else list(model.static_names_)
        given = body.get(name, {})
        check(isinstance(given, dict), f"`{name}` must be an object of names.")
        unknown = sorted(set(given) - set(known))
        check(not unknown, f"`{name}` must be among {known}; got {unknown[:5]}.")
    times = read_times(body.get("times"))
    values = np.full((len(times), len(CHANNELS)), np.nan)
    for name, given in body.get("channels", {}).items():
        values[:, CHANNELS.index(name)] = numbers(name, given, len(times))
    check(bool(np.isfinite(values).any()), "`channels` must hold an observed number.")
    static = None
    if len(model.static_names_):
        given = body.get("static", {})
        static = [
            numbers(name, [given.get(name)], 1)[0] for name in model.static_names_
        ]
    return ckts.Panel(
        values,
        times,
        [0, len(times)],
        channels=CHANNELS,
        static=None if static is None else [static],
        static_names=None if static is None else model.static_names_,
        time_scale=UNIT if isinstance(times, np.ndarray) else None,
    )


def refuse(constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{constant} is no JSON. Use null where nothing was observed.")


def read_number(text: str) -> float:
    """Refuse numbers that are infinite when they are read."""
    if not isfinite(number := float(text)):
        raise ValueError(f"{text[:20]} is too large for a number.")
    return number


def answer(body: bytes) -> dict[str, Any]:
    """Predict the record of a body."""
    try:
        given = json.loads(body, parse_constant=refuse, parse_float=read_number)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"The body must be JSON: {error}") from error
    try:
        record = read_record(given)
        probabilities = model.predict_proba(record)[0]
    except (ValueError, TypeError, OverflowError) as error:  # what the library says
        raise HTTPException(422, str(error)) from error
    return {
        "classes": model.classes_.tolist(),
        "probabilities": probabilities.tolist(),
    }


async def read_body(request: Request) -> bytes:
    """Read a body that is not too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind.lower() != "application/json":
        raise HTTPException(415, "The content type must be application/json.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The body must be at most {MOST_BYTES:,} bytes.")
    return body


async def predict(request: Request) -> JSONResponse:
    """Answer with the probabilities of a record."""
    body = await read_body(request)
    found = await to_thread.run_sync(answer, body, limiter=one_at_a_time)
    return JSONResponse(found)


async def health(request: Request) -> JSONResponse:
    """Tell that the model is loaded, and what it takes."""
    return JSONResponse(
        {
            "model": type(model).__name__,
            "channels": CHANNELS,
            "static": list(model.static_names_),
            "classes": model.classes_.tolist(),
        }
    )


async def refused(request: Request, error: Exception) -> JSONResponse:
    """Answer what is wrong as JSON."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


app = Starlette(
    routes=[
        Route("/predict", predict, methods=["POST"]),
        Route("/health", health, methods=["GET"]),
    ],
    exception_handlers={HTTPException: refused},
)
