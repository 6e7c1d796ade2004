"""What a column or level is, told by its name: a time, an instance, a label."""

from __future__ import annotations

import re
from collections.abc import Hashable

_TIMES = {
    *("t", "time", "times", "timestamp", "timestamps", "date", "dates", "datetime"),
    *("second", "seconds", "minute", "minutes", "hour", "hours", "day", "days"),
    *("week", "weeks", "month", "months", "year", "years", "visit", "charttime"),
}
# In a longer name these tell of a time too: "time_s", "Hours since admission".
_TIME_WORDS = {*_TIMES, "elapsed", "epoch", "sec", "secs", "hrs", "iculos"} - {"visit"}
_INSTANCES = {
    *("id", "ids", "pid", "uid", "instance", "instances", "series", "subject"),
    *("patient", "patients", "case", "cases", "record", "recordid", "unit"),
}
_LABELS = {
    *("label", "labels", "target", "targets", "class", "classes"),
    *("outcome", "outcomes"),
}
_ROW_NUMBERS = {"index", "level_0", "unnamed: 0"}  # as pandas names them


def is_time_name(name: Hashable) -> bool:
    """Whether a name is that of a time, such as "time" or "Day"."""
    return _plain(name) in _TIMES


def mentions_time(name: Hashable) -> bool:
    """Whether a word of a name tells of time, such as "time_s" or "chartTime"."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", str(name))
    return is_time_name(name) or any(word.lower() in _TIME_WORDS for word in words)


def is_instance_name(name: Hashable) -> bool:
    """Whether a name is that of an instance, such as "patient" or "stay_id"."""
    return _plain(name) in _INSTANCES or _plain(name).endswith("_id")


def is_label_name(name: Hashable) -> bool:
    """Whether a name is that of a label or of a row number: nothing measured."""
    plain = _plain(name)
    return plain in _LABELS | _ROW_NUMBERS or plain.endswith("label")


def _plain(name):
    return str(name).strip().lower()
