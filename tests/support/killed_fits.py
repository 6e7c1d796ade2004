"""Fits that are killed: by a callback, or in a process of their own by kill -9."""

import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
from sklearn.utils import check_random_state
from skorch.callbacks import Callback

from ckts import CKCNNClassifier
from ckts.estimators.training import checkpoint
from irregular import irregular_panel

QUICK = {"max_epochs": 3, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
X, Y = irregular_panel(60, static=True)


def weights_of(model):
    """All numbers of all networks, in one array."""
    parts = [part for net in model.nets_ for part in net.module_.state_dict().values()]
    return np.concatenate([part.numpy().ravel() for part in parts])


class Killed(Exception):
    """What a callback raises in place of a kill."""


class Kill(Callback):
    """Counts epochs, and kills in the middle of one; the first is 1."""

    def __init__(self, at=None, error=Killed):
        self.at, self.error, self.n_epochs = at, error, 0

    def on_epoch_begin(self, net, **kwargs):
        self.n_epochs += 1

    def on_batch_end(self, net, **kwargs):
        if self.n_epochs == self.at:
            raise self.error

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        """Count the epochs of this fit alone."""


def fit_until(
    folder=None, *, at=None, estimator=CKCNNClassifier, data=(X, Y), **params
):
    """Fit, perhaps until it is killed; return the model and the number of epochs."""
    callback = Kill(at)
    model = estimator(**{**QUICK, **params}, callbacks=[callback], checkpoint=folder)
    if at is None:
        return model.fit(*data), callback.n_epochs
    with pytest.raises(Killed):
        model.fit(*data)
    return model, callback.n_epochs


def history(model):
    return [{k: v for k, v in row.items() if k != "dur"} for row in model.history_]


def assert_same(model, expected):
    np.testing.assert_array_equal(weights_of(model), weights_of(expected))
    assert history(model) == history(expected)
    assert model.network_share_ == expected.network_share_
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))


def _fit(folder, params, die_at, results):
    checkpoint.PAUSE = 0.0  # writes after every epoch
    check_random_state(None).seed(params.pop("global_seed", None))
    if die_at is not None:
        _die_in_write(die_at)
    results.send("begins")
    model = CKCNNClassifier(checkpoint=folder, **params).fit(X, Y)
    results.send(weights_of(model))


def _die_in_write(number):
    """Die when the file of this number is complete and not yet in its place."""
    replace, calls = os.replace, []

    def replace_or_die(source, target):
        calls.append(source)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    checkpoint.os.replace = replace_or_die


class Fits:
    """Starts fits in processes that have imported everything already."""

    def __init__(self):
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["ckts.estimators"])

    def start(self, folder, *, die_at=None, **params):
        """Start a fit; return its process and the connection to its results.

        The connection ends with the process, so that nobody waits for a dead one.
        """
        results, theirs = self.context.Pipe(duplex=False)
        arguments = (str(folder), params, die_at, theirs)
        process = self.context.Process(target=_fit, args=arguments)
        process.start()
        theirs.close()
        assert results.recv() == "begins"
        return process, results

    def weights_at_end(self, folder, **params):
        """Run a fit to its end; return its weights, or None if it was killed."""
        process, results = self.start(folder, **params)
        try:
            weights = results.recv()
        except EOFError:
            weights = None
        process.join()
        assert process.exitcode == (-signal.SIGKILL if weights is None else 0)
        return weights

    def kill(self, folder, delay, **params):
        """Kill a fit so many seconds after it began; tell whether it was still on."""
        process, _ = self.start(folder, **params)
        time.sleep(delay)
        process.kill()
        process.join()
        return process.exitcode == -signal.SIGKILL
