"""CharacterTrajectories in its three versions, in the layouts of their sources."""

import io

import numpy as np
import pytest
from scipy.io import savemat

from ckts.datasets import fetch_character_trajectories
from http_server import zip_of

HEAD = """\
@problemName CharacterTrajectories
@timeStamps false
@univariate false
@dimensions 3
@equalLength false
@classLabel true 1 2
@data
"""
TEXTS = {
    "CharacterTrajectories_TRAIN.ts": HEAD + "1,2,3:4,5,6:7,8,9:1\n1,2:3,4:5,6:2\n",
    "CharacterTrajectories_TEST.ts": HEAD + "1:2:3:2\n",
}
LETTERS = [
    np.array([[0.0, 1, 0, 2, 0, 0], [0, 0, 0, 3, 0, 0], [0, 0, 0, 1, 4, 0]]),
    np.array([[0.0, 0, 5], [0, 0, 5], [0, 0, 5]]),
    np.array([[7.0, 8], [7, 8], [7, 8]]),
]


def matrices():
    """Return the file of UCI: a cell array, and a struct with labels and their key."""
    mixout = np.empty((1, 3), object)
    mixout[0, :] = LETTERS
    key = np.empty((1, 2), object)
    key[0, :] = ["a", "b"]
    consts = {
        "datanorm": 1.0,
        "key": key,
        "charlabels": np.array([[1, 2, 1]], np.uint8),
    }
    buffer = io.BytesIO()
    savemat(buffer, {"mixout": mixout, "consts": consts})
    return buffer.getvalue()


def test_the_original_is_trimmed_at_both_ends_only(publish):
    archive = zip_of({"mixoutALL_shifted.mat": matrices(), "trajectories.names": "x"})
    publish("character_trajectories", {"character_trajectories.zip": archive})
    bunch = fetch_character_trajectories(version="uci")
    expected = [LETTERS[0][:, 1:5], LETTERS[1][:, 2:], LETTERS[2]]
    for series, values in zip(bunch.data, expected, strict=True):
        np.testing.assert_array_equal(series.values, values.T)
        np.testing.assert_array_equal(series.times, np.arange(values.shape[1]))
    assert bunch.target.tolist() == ["a", "b", "a"]
    assert bunch.data.channels == ("x_velocity", "y_velocity", "pen_force")
    assert "4 of 11 steps" in bunch.DESCR
    assert bunch.version == "uci"
    with pytest.raises(ValueError, match="`split` must be None for the version 'uci'"):
        fetch_character_trajectories(version="uci", split="train")


def test_the_version_of_2018_is_one_set_of_a_large_archive(publish):
    folder = "Multivariate_ts/CharacterTrajectories/"
    members = {folder + name: text for name, text in TEXTS.items()}
    other = {"Multivariate_ts/Cricket/Cricket_TRAIN.ts": "not read"}
    publish("uea_archive_2018", {"Multivariate2018_ts.zip": zip_of(other | members)})
    X, y = fetch_character_trajectories(version="2018", split="train", return_X_y=True)
    assert y.tolist() == ["1", "2"]
    assert X[0].values.tolist() == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]
    assert fetch_character_trajectories(version="2018").version == "2018"


def test_the_version_of_2023_is_that_of_the_archive(publish, server):
    files = {name: text.encode() for name, text in TEXTS.items()}
    publish("uea/CharacterTrajectories", files)
    bunch = fetch_character_trajectories()
    assert bunch.version == "zenodo-18723007"
    assert bunch.data.in_channels == 3
    assert bunch.target.tolist() == ["1", "2", "2"]


def test_a_version_that_is_not_public_raises():
    with pytest.raises(ValueError, match="`version` must be one of '2023', '2018'"):
        fetch_character_trajectories(version="2022")
