"""MiniRocket and a ridge regression on one split; run by rocket.py where aeon is.

``python minirocket.py SPLIT.npz SEED`` prints accuracy and CPU seconds as JSON. The
compilation of numba is not counted: the transform runs once on a few series before.
"""

import json
import sys
import time

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main() -> None:
    split = np.load(sys.argv[1], allow_pickle=True)
    X, X_test = split["X"], split["X_test"]
    MiniRocket(n_kernels=84, random_state=0).fit_transform(X[:4])
    started = time.process_time()
    rocket = MiniRocket(random_state=int(sys.argv[2]))
    ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
    model = make_pipeline(StandardScaler(with_mean=False), ridge)
    model.fit(rocket.fit_transform(X), split["y"])
    score = model.score(rocket.transform(X_test), split["y_test"])
    print(json.dumps({"score": score, "cpu": time.process_time() - started}))


if __name__ == "__main__":
    main()
