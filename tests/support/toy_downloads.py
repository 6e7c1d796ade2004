"""A data set of one file on a local server, and what the cache made of it."""

import subprocess
import sys

from ckts.datasets._cache import Cache
from ckts.datasets.catalog import Dataset, RemoteFile
from http_server import sha256

CONTENT = bytes(range(256)) * 1600
NAME = "series.bin"
MIRRORS = ("first", "second")


def dataset_of(server, name=NAME, mirrors=MIRRORS, **known):
    known = known or {"digest": sha256(CONTENT), "size": len(CONTENT)}
    urls = tuple(f"{server.url}/{mirror}" for mirror in mirrors)
    file = RemoteFile(name, urls, **known)
    return Dataset("toy", "1.0", "A toy", "none", "nobody", "nowhere", (file,), "")


def fetch(dataset, **options):
    return Cache(**options).fetch_version(dataset)


def fetched(dataset, **options):
    (path,) = fetch(dataset, **options).values()
    return path.read_bytes()


def path_of(dataset, home=None):
    (file,) = Cache(home).files(dataset)
    return file.path


def prepared(dataset):
    """Make the folder of a data set; return the path of its file."""
    path_of(dataset).parent.mkdir(parents=True)
    return path_of(dataset)


def part_of(path):
    return path.with_name(path.name + ".part")


def record_of(path):
    return path.with_name(path.name + ".digest")


def left_over(dataset):
    """Visible files in the cache."""
    folder = path_of(dataset).parent
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return {name for name in names if not name.startswith(".")}


CHILD = """
import signal
import sys
# a shell ignores Ctrl-C in what it runs in the background, and children inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)
from ckts.datasets._cache import Cache
from ckts.datasets.catalog import Dataset, RemoteFile
url, digest = sys.argv[1:]
file = RemoteFile("series.bin", (url,), digest=digest)
dataset = Dataset("toy", "1.0", "A toy", "none", "nobody", "nowhere", (file,), "")
(path,) = Cache().fetch_version(dataset).values()
print(len(path.read_bytes()))
"""


def start(server, before=""):
    """Fetch the file of the first mirror in a process of its own."""
    command = [sys.executable, "-c", before + CHILD]
    return subprocess.Popen(
        [*command, f"{server.url}/first", sha256(CONTENT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
