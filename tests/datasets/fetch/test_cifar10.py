import numpy as np
import pytest

from ckts.datasets import fetch_cifar10
from http_server import tar_of

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
def images(publish):
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


def test_an_image_becomes_its_pixels_line_by_line(images):
    bunch = fetch_cifar10()
    assert bunch.data.channels == ("red", "green", "blue")
    assert bunch.data.values.dtype == np.float32
    assert bunch.target.tolist() == [*range(10), 0, 1]
    assert bunch.target_names == NAMES
    for one, image in zip(bunch.data, images, strict=True):
        assert one.times.tolist() == list(range(1024))
        pixels = [image[y, x] / 255 for y in range(32) for x in range(32)]
        np.testing.assert_allclose(one.values, pixels, rtol=1e-7)
    assert "12 images." in bunch.DESCR


def test_the_split_is_the_official_one(images):
    train, test = fetch_cifar10(split="train"), fetch_cifar10(split="test")
    assert (len(train.data), len(test.data)) == (10, 2)
    assert test.target.tolist() == [0, 1]
    X, y = fetch_cifar10(return_X_y=True, download_if_missing=False)
    np.testing.assert_array_equal(X[10:].values, test.data.values)
    assert len(y) == 12


def test_a_wrong_split_is_named():
    with pytest.raises(ValueError, match="`split` must be one of None, 'train'"):
        fetch_cifar10(split="valid")
