"""What can be fetched for the CKConv paper's tasks on images and speech."""

from __future__ import annotations

from ckts.datasets.fetch._bunch import Dataset, RemoteFile


def _mnist_file(name: str, md5: str, size: int) -> RemoteFile:
    mirrors = (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    )
    urls = tuple(f"{mirror}/{name}" for mirror in mirrors)
    return RemoteFile(name, urls, digest=f"md5:{md5}", size=size)


# The sizes are those that logs of downloads by TensorFlow and torchvision show.
PAPER_SETS = (
    Dataset(
        name="mnist",
        version="1",
        title="MNIST: 70,000 handwritten digits of 28 x 28 pixels",
        license="none stated",
        citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998). Gradient-based "
        "learning applied to document recognition. Proceedings of the IEEE 86(11), "
        "2278-2324.",
        homepage="http://yann.lecun.com/exdb/mnist",
        files=(
            _mnist_file(
                "train-images-idx3-ubyte.gz",
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                9_912_422,
            ),
            _mnist_file(
                "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881
            ),
            _mnist_file(
                "t10k-images-idx3-ubyte.gz",
                "9fb629c4189551a2d022fa330f9573f3",
                1_648_877,
            ),
            _mnist_file(
                "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542
            ),
        ),
    ),
    Dataset(
        name="cifar10",
        version="1",
        title="CIFAR-10: 60,000 photographs of 32 x 32 pixels in ten classes",
        license="none stated",
        citation="A. Krizhevsky (2009). Learning multiple layers of features from tiny "
        "images. Technical report, University of Toronto.",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        files=(
            # Not the version for Python: that one is pickled, and pickles run code.
            RemoteFile(
                "cifar-10-binary.tar.gz",
                ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
                digest="md5:c32a1d4ab5d03f1284b67883e8d87530",
                size=170_052_171,
            ),
        ),
    ),
    Dataset(
        name="speech_commands",
        version="0.02",
        title="Speech Commands: 105,829 recordings of 35 words, up to a second each",
        license="CC BY 4.0",
        citation="P. Warden (2018). Speech Commands: a dataset for limited-vocabulary "
        "speech recognition. arXiv:1804.03209.",
        homepage="https://arxiv.org/abs/1804.03209",
        files=(
            RemoteFile(
                "speech_commands_v0.02.tar.gz",
                (
                    "https://storage.googleapis.com/download.tensorflow.org/data/"
                    "speech_commands_v0.02.tar.gz",
                    "https://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
                ),
                digest="sha256:af14739ee7dc311471de98f5f9d2c919"
                "1b18aedfe957f4a6ff791c709868ff58",
                size=2_428_923_189,
            ),
        ),
    ),
)
