"""Threads of torch inside a fit or a prediction: as many as pay, and restored.

Small batches are thousands of operations of a few microseconds. With two threads each
of them waits, spinning, for the other one, which cannot run while its core works for
another process: a step of 8 short series takes 12 to 24 times as long. A second thread
is worth it only where one operation has very many numbers, and a core is idle: beside
two busy processes a step of 8 series of 16,000 takes 2.5 times as long with two
threads, alone 0.66 times.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median_low
from threading import Lock, local
from time import sleep

import torch
from joblib import cpu_count, effective_n_jobs

# Numbers in a hidden layer, batch x time x channels, that are worth a thread. Below
# twice as many, two threads take as long as one on idle cores and longer on busy ones.
NUMBERS_PER_THREAD = 2**20


class _Setting:
    """What torch is set to, which fits in several Python threads change at once.

    Each Python thread has a number of its own, and a new one begins with what any other
    has set last. So the first user remembers what stood there before, for all of them.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.n_users = 0
        self.original = 1
        self.enclosing = local()  # `limit` of the use that a Python thread is in


_setting = _Setting()


@contextmanager
def limit_threads(
    n_jobs: int | None, n_numbers: float, n_processes: int = 1
) -> Iterator[int]:
    """Set how many threads torch uses, and restore it at the end.

    Parameters
    ----------
    n_jobs : int or None
        That many. None is one for each 2**20 numbers, at most as many as torch is set
        to and cores are idle. A negative number is one for each 2**20 numbers, too, at
        most as many as joblib counts: -1 is all cores that the process may use.
    n_numbers : float
        Size of a hidden layer of a typical batch, batch x time x channels.
    n_processes : int, default=1
        Processes that share the cores and work in step. Without a positive `n_jobs`
        each takes its part of them: whether cores are idle cannot be seen while the
        others wait for this one.

    Yields
    ------
    int
        The number of threads.
    """
    enclosing = getattr(_setting.enclosing, "limit", None)
    with _setting.lock:
        if _setting.n_users == 0:
            _setting.original = torch.get_num_threads()
        _setting.n_users += 1
    try:
        worth = max(1, int(n_numbers / NUMBERS_PER_THREAD))
        limit = _limit(n_jobs, worth, n_processes)
        _setting.enclosing.limit = limit
        torch.set_num_threads(limit)
        yield limit
    finally:
        _setting.enclosing.limit = enclosing
        with _setting.lock:
            _setting.n_users -= 1
            torch.set_num_threads(enclosing or _setting.original)


def _limit(n_jobs: int | None, worth: int, n_processes: int) -> int:
    """Return the number of threads where `worth` of them pay."""
    if n_processes > 1 and (n_jobs is None or n_jobs < 0):
        limit = min(worth, max(1, cpu_count() // n_processes))
        return min(limit, _setting.original) if n_jobs is None else limit
    if n_jobs is None:
        limit = min(worth, _setting.original)
        return min(limit, idle_cores()) if limit > 1 else 1
    most = effective_n_jobs(n_jobs)
    if n_jobs > 0:
        return most
    # In a worker of Dask joblib counts the cores of the whole cluster.
    return min(worth, most, cpu_count())


def idle_cores() -> int:
    """Count the cores that nothing but this thread uses now; at least this one.

    Linux tells how many threads of the machine can run. Elsewhere all count as idle.
    """
    running = []
    for _ in range(5):
        sleep(0.002)  # one look may meet what runs for a moment
        try:
            text = Path("/proc/loadavg").read_text(encoding="ascii")
        except OSError:
            return cpu_count()
        running.append(int(text.split()[3].partition("/")[0]))
    others = median_low(running) - 1
    return max(1, cpu_count() - others)
