"""Images as series, in the layouts of their sources."""

import gzip
import struct

import numpy as np
import pytest

from ckts.datasets import fetch_cifar10, fetch_mnist
from http_server import tar_of


def idx(array):
    """An IDX file: two zeros, the type of bytes, the number of sizes, the sizes."""
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return gzip.compress(head + array.tobytes(), mtime=0)


@pytest.fixture
def digits(publish):
    """Seven images to train and three to test, in the layout of the real files."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, 28, 28), dtype=np.uint8)
    labels = np.arange(10, dtype=np.uint8)
    publish(
        "mnist",
        {
            "train-images-idx3-ubyte.gz": idx(images[:7]),
            "train-labels-idx1-ubyte.gz": idx(labels[:7]),
            "t10k-images-idx3-ubyte.gz": idx(images[7:]),
            "t10k-labels-idx1-ubyte.gz": idx(labels[7:]),
        },
    )
    return images


def test_a_digit_becomes_its_pixels_line_by_line(digits):
    bunch = fetch_mnist()
    assert bunch.target.tolist() == list(range(10))
    assert bunch.data.channels == ("gray",)
    assert bunch.data.values.dtype == np.float32
    for one, image in zip(bunch.data, digits, strict=True):
        assert one.times.tolist() == list(range(784))
        pixels = [image[y, x] / 255 for y in range(28) for x in range(28)]
        np.testing.assert_allclose(one.values.ravel(), pixels, rtol=1e-7)
    assert "10 images." in bunch.DESCR
    assert bunch.permutation.tolist() == list(range(784))


def test_the_split_downloads_only_its_files(digits, server):
    X, y = fetch_mnist(split="test", return_X_y=True)
    assert y.tolist() == [7, 8, 9]
    assert len(X) == 3
    assert not any("train" in path for path in server.paths())
    assert fetch_mnist(split="train").target.tolist() == list(range(7))
    fetch_mnist(download_if_missing=False)  # by now from the cache


def test_one_permutation_holds_for_all_images(digits):
    plain, permuted = fetch_mnist(), fetch_mnist(permuted=True)
    order = permuted.permutation
    assert sorted(order) == list(range(784))
    assert order.tolist() != list(range(784))
    for before, after in zip(plain.data, permuted.data, strict=True):
        np.testing.assert_array_equal(after.values, before.values[order])
        assert after.times.tolist() == list(range(784))
    np.testing.assert_array_equal(permuted.target, plain.target)
    assert "in the order `permutation`" in permuted.DESCR


def test_the_permutation_is_that_of_the_seed(digits):
    default = fetch_mnist(permuted=True).permutation
    np.testing.assert_array_equal(default, np.random.RandomState(0).permutation(784))
    other = fetch_mnist(permuted=True, random_state=1).permutation
    assert (other != default).any()
    test = fetch_mnist(permuted=True, split="test").permutation
    np.testing.assert_array_equal(test, default)


def test_a_wrong_split_of_digits_is_named():
    with pytest.raises(ValueError, match="`split` must be one of None, 'train'"):
        fetch_mnist(split="valid")


NAMES = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]


@pytest.fixture
def photographs(publish):
    """Two images per batch, in the layout of the real archive."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    records = [
        bytes([label % 10])
        + b"".join(image[..., color].tobytes() for color in range(3))
        for label, image in enumerate(images)
    ]
    batches = [f"data_batch_{number}.bin" for number in range(1, 6)] + [
        "test_batch.bin"
    ]
    files = {
        f"cifar-10-batches-bin/{batch}": records[2 * i] + records[2 * i + 1]
        for i, batch in reversed(list(enumerate(batches)))
    }
    files["cifar-10-batches-bin/batches.meta.txt"] = "\n".join([*NAMES, ""])
    files["cifar-10-batches-bin/readme.html"] = "<html>"
    publish("cifar10", {"cifar-10-binary.tar.gz": tar_of(files)})
    return images


def test_a_photograph_becomes_its_pixels_line_by_line(photographs):
    bunch = fetch_cifar10()
    assert bunch.data.channels == ("red", "green", "blue")
    assert bunch.data.values.dtype == np.float32
    assert bunch.target.tolist() == [*range(10), 0, 1]
    assert bunch.target_names == NAMES
    for one, image in zip(bunch.data, photographs, strict=True):
        assert one.times.tolist() == list(range(1024))
        pixels = [image[y, x] / 255 for y in range(32) for x in range(32)]
        np.testing.assert_allclose(one.values, pixels, rtol=1e-7)
    assert "12 images." in bunch.DESCR


def test_the_split_is_the_official_one(photographs):
    train, test = fetch_cifar10(split="train"), fetch_cifar10(split="test")
    assert (len(train.data), len(test.data)) == (10, 2)
    assert test.target.tolist() == [0, 1]
    X, y = fetch_cifar10(return_X_y=True, download_if_missing=False)
    np.testing.assert_array_equal(X[10:].values, test.data.values)
    assert len(y) == 12


def test_a_wrong_split_of_photographs_is_named():
    with pytest.raises(ValueError, match="`split` must be one of None, 'train'"):
        fetch_cifar10(split="valid")
