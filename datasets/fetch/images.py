"""MNIST and CIFAR-10 as series: images read pixel by pixel."""

import gzip
import os
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ckts._checks import check_choice
from ckts.datasets._archives import read_members
from ckts.datasets._cache import Cache
from ckts.datasets._steps import panel_of_steps
from ckts.datasets.make._sampling import make_rng
from ckts.panel import Panel

_PARTS = {"train": "train", "test": "t10k"}
_KINDS = ("images-idx3", "labels-idx1")
_NAMES = "batches.meta.txt"
_BATCHES = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
N_PIXELS = 32 * 32


def fetch_mnist(
    *,
    split: str | None = None,
    permuted: bool = False,
    random_state: int | np.random.RandomState | None = 0,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch sequential MNIST, or permuted MNIST: images of digits, pixel by pixel.

    Parameters
    ----------
    split : {None, "train", "test"}
        The official split, 60,000 and 10,000 images. None gives all, the training set
        first.
    permuted : bool, default False
        Read all images in one random order of the pixels, the same for each.
    random_state : int, RandomState or None, default 0
        Makes that order. The papers state none, so that their figures are comparable up
        to the luck of the order.
    data_home : path, optional
        The cache; by default `CKTS_DATA` or the folder of the operating system.
    download_if_missing : bool, default True
        If False, raise an error where a file is not in the cache.
    verbose : bool, default False
        Draw progress bars.
    return_X_y : bool, default False
        Return (data, target) only.

    Returns
    -------
    Bunch
        data : Panel of shape (n_series,)
            784 rows of one channel, "gray", from 0 (background) to 1, float32. All
            70,000 take 0.7 GB.
        target : ndarray of int of shape (n_series,)
            The digit.
        permutation : ndarray of shape (784,)
            Step k of a series is the pixel ``permutation[k]``.
        DESCR, license, citation, version : str
            Texts about the set.

    Notes
    -----
    The CKConv paper (Appendix C) has both, normalized by 0.1307 and 0.3081, the mean
    and standard deviation of the training pixels; an estimator does that by itself.

    References
    ----------
    .. [1] Q. V. Le, N. Jaitly and G. E. Hinton (2015). A simple way to initialize
       recurrent networks of rectified linear units. arXiv:1504.00941.
    """
    check_choice("split", split, (None, *_PARTS))
    parts = [_PARTS[name] for name in ([split] if split else _PARTS)]
    names = [f"{part}-{kind}-ubyte.gz" for part in parts for kind in _KINDS]
    cache = Cache(data_home, download_if_missing, verbose)
    dataset, paths = cache.fetch("mnist", names)
    images, labels = (
        np.concatenate([_read_idx(paths[f"{part}-{kind}-ubyte.gz"]) for part in parts])
        for kind in _KINDS
    )
    n_pixels = images[0].size
    permutation = np.arange(n_pixels)
    if permuted:
        permutation = make_rng(random_state).permutation(n_pixels)
    pixels = images.reshape(-1, n_pixels, 1)[:, permutation]
    order = ", in the order `permutation`" if permuted else ""
    return dataset.as_bunch(
        _panel_of_pixels(pixels, ["gray"]),
        labels.astype(np.int64),
        {"order": order, "n_images": len(images)},
        return_X_y=return_X_y,
        permutation=permutation,
    )


def fetch_cifar10(
    *,
    split: str | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch sequential CIFAR-10: color photographs, pixel by pixel.

    Parameters
    ----------
    split : {None, "train", "test"}
        The official split, 50,000 and 10,000 images. None gives all, the training set
        first.
    data_home : path, optional
        The cache; by default `CKTS_DATA` or the folder of the operating system.
    download_if_missing : bool, default True
        If False, raise an error where the file is not in the cache.
    verbose : bool, default False
        Draw progress bars.
    return_X_y : bool, default False
        Return (data, target) only.

    Returns
    -------
    Bunch
        data : Panel of shape (n_series,)
            1024 rows of three channels from 0 (black) to 1, float32. All 60,000 take
            1.2 GB.
        target : ndarray of int of shape (n_series,)
            0 to 9.
        target_names : list of str
            "airplane" to "truck".
        DESCR, license, citation, version : str
            Texts about the set.

    References
    ----------
    .. [1] T. H. Trinh, A. M. Dai, M.-T. Luong and Q. V. Le (2018). Learning longer-term
       dependencies in RNNs with auxiliary losses. ICML.
    """
    check_choice("split", split, (None, *_BATCHES))
    dataset, paths = Cache(data_home, download_if_missing, verbose).fetch("cifar10")
    (path,) = paths.values()
    batches = _BATCHES[split] if split else (*_BATCHES["train"], *_BATCHES["test"])
    wanted = {*batches, _NAMES}
    files = {
        PurePosixPath(name).name: content
        for name, content in read_members(
            path, lambda name: PurePosixPath(name).name in wanted
        )
    }
    # A record is the label, then all red, all green and all blue bytes.
    records = np.frombuffer(b"".join(files[name] for name in batches), np.uint8)
    records = records.reshape(-1, 1 + 3 * N_PIXELS)
    pixels = records[:, 1:].reshape(-1, 3, N_PIXELS).transpose(0, 2, 1)
    return dataset.as_bunch(
        _panel_of_pixels(pixels, ["red", "green", "blue"]),
        records[:, 0].astype(np.int64),
        {"n_images": len(records)},
        return_X_y=return_X_y,
        target_names=files[_NAMES].decode("ascii").split(),
    )


def _panel_of_pixels(pixels: np.ndarray, channels: list[str]) -> Panel:
    """Make a panel of bytes of shape (n_images, n_pixels, n_channels)."""
    values = pixels.reshape(-1, len(channels)) / np.float32(255)
    return panel_of_steps(values, [pixels.shape[1]] * len(pixels), channels)


def _read_idx(path: Path) -> np.ndarray:
    """Read the array of bytes in a compressed IDX file."""
    content = gzip.decompress(path.read_bytes())
    n_dims = content[3]
    shape = np.frombuffer(content, ">u4", n_dims, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape)
