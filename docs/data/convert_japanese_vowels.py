"""Write `datasets/data/japanese_vowels.npz` from the two `.ts` files of the archive.

Usage::

    python docs/data/convert_japanese_vowels.py FOLDER japanese_vowels.npz

FOLDER holds `JapaneseVowels_TRAIN.ts` and `JapaneseVowels_TEST.ts`, for instance
`sktime/datasets/data/JapaneseVowels` of an installed sktime. The text has six decimals,
so that whole millionths keep it exactly in half the room of float64.
"""

import argparse
from pathlib import Path

import numpy as np

N_SERIES = {"TRAIN": 270, "TEST": 370}
N_CHANNELS = 12


def read_ts(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Return the series, each of shape (n_frames, 12), and the speakers."""
    series, labels = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and line[0] not in "#@":
            *channels, label = line.split(":")
            rows = [np.array(channel.split(","), dtype=float) for channel in channels]
            series.append(np.stack(rows, axis=1))
            labels.append(int(label))
    return series, labels


def main() -> None:
    """Convert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    paths = parser.parse_args()
    series, labels = [], []
    for split, n_series in N_SERIES.items():
        part = read_ts(paths.folder / f"JapaneseVowels_{split}.ts")
        assert len(part[0]) == n_series, (split, len(part[0]))
        series += part[0]
        labels += part[1]
    values = np.concatenate(series)
    millionths = np.rint(values * 1e6).astype(np.int32)
    assert values.shape[1] == N_CHANNELS
    assert np.array_equal(millionths / 1e6, values), "the conversion must be lossless"
    np.savez_compressed(
        paths.target,
        millionths=millionths,
        lengths=np.array([len(one) for one in series], dtype=np.uint8),
        labels=np.array(labels, dtype=np.uint8),
    )


if __name__ == "__main__":
    main()
