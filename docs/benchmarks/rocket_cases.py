"""Made-up cases that random kernels once got wrong, each a line of Markdown.

``python docs/benchmarks/rocket_cases.py`` runs all of them, in some minutes. The table
of docs/decisions/ckrocket.md is from it; for the column "before", ``PYTHONPATH`` was at
a checkout of the first version.
"""

import time
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.metrics import log_loss

from ckts import CKRocketClassifier, CKRocketRegressor, Panel

Series = list[tuple[np.ndarray, np.ndarray]]


def waves(seed: int, n_series: int, length: int = 40) -> tuple[Series, np.ndarray]:
    """Sinusoids of two speeds at random times within 40 hours."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_series)
    series = []
    for label in y:
        times = np.sort(rng.uniform(0, 40, length))
        angle = 2 * np.pi * times / (6 if label else 9) + rng.uniform(0, 6)
        series.append((times, np.sin(angle) + 0.2 * rng.normal(size=length)))
    return series, y


def classify(train, test, **options) -> float:
    """Return the accuracy on other data."""
    model = CKRocketClassifier(random_state=0, **options).fit(*train)
    return model.score(*test)


def telling_channel() -> str:
    """One channel of 100 is a wave; four draws of the kernels."""
    found = []
    for seed in range(4):
        draws = []
        for n_series in (80, 300):
            rng = np.random.default_rng(n_series)
            y = np.arange(n_series) % 2
            X = rng.normal(size=(n_series, 100, 20))
            X[:, 57] += 2 * np.sin(np.arange(20) / np.where(y, 1.0, 2.0)[:, None])
            draws.append((X, y))
        model = CKRocketClassifier(summaries=False, random_state=seed).fit(*draws[0])
        found.append(model.score(*draws[1]))
    return ", ".join(f"{one:.3f}" for one in found)


def few_kernels() -> str:
    """Waves of 30 and 45 steps, by 84, 300 and 600 kernels."""
    found = []
    for n_kernels in (84, 300, 600):
        draws = []
        for seed, n_series in ((0, 100), (1, 200)):
            rng = np.random.default_rng(seed)
            y = rng.integers(0, 2, n_series)
            steps = np.arange(300) / np.where(y, 30, 45)[:, None]
            angle = 2 * np.pi * steps + rng.uniform(0, 6, (n_series, 1))
            X = np.sin(angle) + rng.normal(size=(n_series, 300))
            draws.append((X[:, None], y))
        found.append(classify(*draws, n_kernels=n_kernels, summaries=False))
    return ", ".join(f"{one:.2f}" for one in found)


def long_series() -> str:
    """CPU seconds to fit 100 series of 64 rows, and one of 20,000."""
    rng = np.random.default_rng(0)
    lengths = [64] * 100 + [20_000]
    X = [(np.arange(n, dtype=float), rng.normal(size=n)) for n in lengths]
    started = time.process_time()
    CKRocketClassifier(random_state=0).fit(X, np.arange(101) % 2)
    return f"{time.process_time() - started:.1f} s"


def follow_up() -> str:
    """Forty rows within 40 hours, and a visit after a year, in all series."""

    def later(series: Series) -> Series:
        return [
            (np.r_[t, t[0] + 8760 * (1 + 0.05 * np.sin(i))], np.r_[v, 0.0])
            for i, (t, v) in enumerate(series)
        ]

    (X, y), (X_test, y_test) = waves(0, 80), waves(1, 200)
    return f"{classify((later(X), y), (later(X_test), y_test)):.3f}"


def odd_values() -> str:
    """One value of 10 and of 100 in each test series, none in training."""
    train, (X, y) = waves(0, 80), waves(1, 200)
    found = []
    for value in (10.0, 100.0):
        odd = [(t, np.r_[v[:20], value, v[21:]]) for t, v in X]
        found.append(classify(train, (odd, y)))
    return ", ".join(f"{one:.3f}" for one in found)


def missing_when() -> str:
    """Miss values of a channel of noise more often early, or late."""
    draws = []
    for seed, n_series in ((0, 100), (1, 300)):
        rng = np.random.default_rng(seed)
        y = np.arange(n_series) % 2
        X = rng.normal(size=(n_series, 2, 40))
        shares = np.where((y[:, None] == 0) == (np.arange(40) < 20), 0.75, 0.25)
        X[:, 1][rng.random((n_series, 40)) > shares] = np.nan
        draws.append((X, y))
    return f"{classify(*draws):.3f}"


def hidden_lengths() -> str:
    """Noise of 15 or 25 rows, with `lengths=False`: accuracy should be .5."""
    draws = []
    for seed, n_series in ((0, 100), (1, 400)):
        rng = np.random.default_rng(seed)
        y = np.arange(n_series) % 2
        X = [
            (np.arange(n, dtype=float), rng.normal(size=n))
            for n in np.where(y, 15, 25).tolist()
        ]
        draws.append((X, y))
    return f"{classify(*draws, lengths=False):.3f}"


def other_sites() -> str:
    """Log-loss on other sites, where 6 and 3 sites of 1,800 series are `groups`."""
    found = []
    for n_sites in (6, 3):
        rng = np.random.default_rng(0)
        means = 2 * rng.normal(size=(n_sites + 8, 12))
        risks = np.where(rng.random(n_sites + 8) > 0.5, 0.8, 0.2)
        sites = np.r_[
            rng.integers(0, n_sites, 1800), n_sites + rng.integers(0, 8, 1000)
        ]
        y = (rng.random(2800) < risks[sites]).astype(int)
        X = means[sites] + rng.normal(size=(2800, 12)) + 0.3 * y[:, None]
        X = X[:, None]
        model = CKRocketClassifier(random_state=0)
        model.fit(X[:1800], y[:1800], groups=sites[:1800])
        found.append(log_loss(y[1800:], model.predict_proba(X[1800:])))
    return ", ".join(f"{one:.3f}" for one in found)


def few_different() -> str:
    """Training accuracy where 400 series of one value are one bit, the label."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, 400)
    X = bits.astype(float)[:, None, None]
    return f"{classify((X, bits), (X, bits)):.3f}"


def products() -> str:
    """Label by XOR of the levels of two channels, 200 and 1,000 series."""
    found = []
    for n_series in (200, 1000):
        draws = []
        for seed, size in ((0, n_series), (1, 1000)):
            rng = np.random.default_rng(seed)
            levels = rng.normal(size=(size, 2, 1))
            y = (levels[:, 0, 0] * levels[:, 1, 0] > 0).astype(int)
            draws.append((levels + 0.5 * rng.normal(size=(size, 2, 20)), y))
        found.append(classify(*draws))
    return ", ".join(f"{one:.3f}" for one in found)


def odd_targets() -> str:
    """R2 of a regression on levels, where 1, 2 or 3 of 200 targets are 1e9."""
    rng = np.random.default_rng(0)
    levels = rng.normal(size=400)
    values = levels[:, None] + 0.5 * rng.normal(size=(400, 20))
    times = np.sort(rng.uniform(0, 20, (400, 20)), axis=1)
    X = Panel(values.reshape(-1, 1), times.ravel(), 20 * np.arange(401))
    found = []
    for n_odd in (1, 2, 3):
        y = levels[:200].copy()
        y[:n_odd] = 1e9
        model = CKRocketRegressor(random_state=0).fit(X[:200], y)
        found.append(model.score(X[200:], levels[200:]))
    return ", ".join(f"{one:.2f}" for one in found)


CASES = (
    telling_channel,
    few_kernels,
    long_series,
    follow_up,
    odd_values,
    missing_when,
    hidden_lengths,
    other_sites,
    few_different,
    products,
    odd_targets,
)


def report() -> Iterator[str]:
    """Yield a line of Markdown per case."""
    yield "| case | found |"
    yield "|---|---|"
    for case in CASES:
        yield f"| {(case.__doc__ or '').strip()} | {case()} |"


def main() -> None:
    warnings.simplefilter("ignore", UserWarning)  # odd clocks and values are the point
    for line in report():
        print(line, flush=True)


if __name__ == "__main__":
    main()
