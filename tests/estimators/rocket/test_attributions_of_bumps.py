"""Attributions point at what made the difference, where that is known."""

import numpy as np

from ckts import CKRocketClassifier, Panel


def make_bumps(seed, n_series=100):
    """Noise in three channels; in class 1 the second has a bump at a random place."""
    rng = np.random.default_rng(seed)
    y, places = np.arange(n_series) % 2, rng.uniform(2, 8, n_series)
    times = np.sort(rng.uniform(0, 10, (n_series, 60)), axis=1)
    values = 0.3 * rng.normal(size=(n_series, 60, 3))
    bump = np.exp(-(((times - places[:, None]) / 0.5) ** 2))
    values[..., 1] += 2 * y[:, None] * bump
    values[rng.random(values.shape) < 0.3] = np.nan
    indptr = np.arange(n_series + 1) * 60
    return Panel(values.reshape(-1, 3), times.ravel(), indptr), y, places


def test_attributions_point_at_the_channel_and_the_time_of_a_bump():
    X, y, _ = make_bumps(0)
    other, truth, places = make_bumps(1)
    model = CKRocketClassifier(n_kernels=2000, random_state=0).fit(X, y)
    assert model.score(other, truth) > 0.9
    bumps = truth == 1
    table = model.attribute(other[bumps])
    table = table[table["output"] == 1]
    channels = table.groupby(["series", "channel"])["value"].sum().unstack()
    assert (channels.idxmax(axis=1) == "channel_1").mean() > 0.9
    means = channels.mean()
    assert means["channel_1"] > 5 * means.drop("channel_1").max()
    kernels = table[(table["block"] == "kernels") & (table["channel"] == "channel_1")]
    middle = (kernels["start"] + kernels["end"]) / 2
    places_found = kernels["value"].groupby([kernels["series"], middle]).sum()
    found = [one.idxmax()[1] for _, one in places_found.groupby("series")]
    error = np.abs(found - places[bumps])
    assert np.median(error) < 0.3  # .11; an interval is .31 long, and the bump 1
    assert (error < 1).mean() > 0.85  # .96; of random places a fifth
