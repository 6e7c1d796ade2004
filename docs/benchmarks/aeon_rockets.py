"""Rivals of accuracy.py on one split, in an environment that has aeon and torch.

``python aeon_rockets.py SPLIT.npz SEED`` prints accuracy and CPU seconds as JSON:
MiniRocket with a ridge regression, and MultiRocket-Hydra, which has one, too. The
compilation of numba is not counted: each runs once on a few series before.
"""

import json
import sys
import time

import numpy as np
from aeon.classification.convolution_based import MultiRocketHydraClassifier
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def minirocket(seed: int):
    ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
    scaler = StandardScaler(with_mean=False)
    return make_pipeline(MiniRocket(random_state=seed), scaler, ridge)


def multirocket_hydra(seed: int):
    return MultiRocketHydraClassifier(random_state=seed)


def main() -> None:
    split, seed = np.load(sys.argv[1], allow_pickle=True), int(sys.argv[2])
    X, y, X_test, y_test = (split[name] for name in ("X", "y", "X_test", "y_test"))
    found = {}
    for make in (minirocket, multirocket_hydra):
        make(seed).fit(X[:4], np.arange(4) % 2).predict(X[:4])
        started = time.process_time()
        score = np.mean(make(seed).fit(X, y).predict(X_test) == y_test)
        seconds = time.process_time() - started
        found[make.__name__] = {"score": float(score), "cpu": seconds}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
