"""A fit that is killed continues: the file that says how far it came.

A process may end at any moment. So a file is written beside the old one and takes its
place when it is whole, and what is read is compared with its digest.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain, count
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from ckts._warnings import warn
from ckts.estimators._interface import Training
from ckts.estimators.training.digest import digest_of, is_global
from ckts.estimators.training.net import PanelNet
from ckts.estimators.training.net_state import (
    as_plain,
    callback_state,
    capture,
    capture_trained,
    restore,
)
from ckts.estimators.training.processes import AbstractProcesses, OneProcess

# What a file begins with; another format has another number.
MAGIC = b"ckts checkpoint 1\n"
# Time of training for each time of writing: at most a twentieth of it goes to writing.
# Epochs of few short series take less time than a disk that must confirm a write.
PAUSE = 20.0


class AbstractCheckpoint(ABC):
    """What a fit knows of its own past."""

    @abstractmethod
    def attach(self, net: PanelNet, number: int) -> None:
        """Let a net, not yet initialized, continue, and be written after its epochs."""

    @abstractmethod
    def recall(self, net: PanelNet, number: int) -> bool:
        """Make a net the trained one of this number; tell whether there is one."""

    @abstractmethod
    def finish(self, net: PanelNet) -> None:
        """Note that the next network is trained."""


class NoCheckpoint(AbstractCheckpoint):
    """Nothing, of a fit that writes nothing."""

    def attach(self, net, number):
        """Leave the net as it is."""

    def recall(self, net, number):
        """There is none."""
        return False

    def finish(self, net):
        """Note nothing."""


class FileCheckpoint(AbstractCheckpoint):
    """A file that holds the trained networks, and the one in training.

    Parameters
    ----------
    path : Path
        Where it is; no other fit writes there.
    digest : str
        What determines the training, see :mod:`ckts.estimators.training.digest`.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        state = _read(path, digest) or {}
        self.digest = digest
        self.networks: list[dict] = state.get("networks", [])  # trained
        self.training: dict | None = state.get("training")
        # State of numpy's global generator, where the fit draws from it.
        self.numbers: list | None = state.get("numbers")
        self.next_write = 0.0
        self.failed = False
        self.writes = True  # of several processes, one

    def continue_drawing(
        self, generator: np.random.RandomState
    ) -> np.random.RandomState:
        """Return the generator of the fit that is continued.

        Without a seed it is numpy's global one, which another process does not have:
        the numbers that were drawn are drawn again.
        """
        if not is_global(generator):
            return generator
        if self.numbers is not None:
            kind, key, *rest = self.numbers
            generator = np.random.RandomState()
            generator.set_state((kind, np.array(key, np.uint32), *rest))
        self.numbers = as_plain(generator.get_state())
        return generator

    def attach(self, net, number):
        """Add the callback that continues and writes."""
        if number >= len(self.networks):
            net.callbacks.append(("resuming", Resuming(self)))

    def recall(self, net, number):
        """Restore a trained network."""
        if number >= len(self.networks):
            return False
        restore(net, self.networks[number])
        return True

    def finish(self, net):
        """Write the trained network."""
        self.networks.append(capture_trained(net))
        self.training = None
        self._write_or_warn()

    def keep(self, net: PanelNet) -> None:
        """Write the state of a net in training, unless that was done just before."""
        begin = monotonic()
        if begin < self.next_write or not self.writes:
            return
        self.training = capture(net)
        self._write_or_warn()
        end = monotonic()
        self.next_write = end + PAUSE * (end - begin)

    def remove(self) -> None:
        """Remove the file of a fit that is finished."""
        if not self.writes:
            return
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            warn(
                f"The checkpoint {self.path} of this finished fit could not be removed:"
                f" {error}. Remove it, else the same fit would begin at its end.",
            )

    def write(self) -> None:
        """Write the file anew: it is the old one or the new one at every moment."""
        names = ("digest", "networks", "training", "numbers")
        payload = io.BytesIO()
        torch.save({name: getattr(self, name) for name in names}, payload)
        data = payload.getbuffer()
        unfinished = self.path.with_suffix(".tmp")  # that of a killed fit is replaced
        try:
            with open(unfinished, "wb") as file:
                file.write(MAGIC + hashlib.sha256(data).digest())
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self.path)
        except BaseException:  # Ctrl-C, too
            with suppress(OSError):
                unfinished.unlink()
            raise

    def _write_or_warn(self) -> None:
        if not self.writes:
            return
        try:
            self.write()
        except OSError as error:
            if not self.failed:
                warn(
                    f"The checkpoint {self.path} could not be written: {error}. The "
                    "training goes on; if it is killed, it continues from what was "
                    "written before. Make room in the folder.",
                )
            self.failed = True


class Resuming(Callback):
    """Gives a net the state of the checkpoint, and the checkpoint that of the net.

    It is the last callback: at the beginning all others have begun, after an epoch
    all others have recorded what they know.

    Parameters
    ----------
    file : FileCheckpoint
    """

    def __init__(self, file: FileCheckpoint) -> None:
        self.file = file

    def on_train_begin(self, net, **kwargs):
        """Continue, if there is something to continue."""
        if self.file.training is None:
            return
        restore(net, self.file.training)
        forgetful = {
            type(one).__name__
            for _, one in net.callbacks_
            if callback_state(one) is None
        }
        if forgetful:
            warn(
                f"The training continues after epoch {len(net.history)}, and "
                f"`callbacks` of these classes begin anew: {sorted(forgetful)}. Give "
                "them the methods `state_dict` and `load_state_dict` of plain values.",
            )

    def on_epoch_end(self, net, **kwargs):
        """Write."""
        self.file.keep(net)


@contextmanager
def keep_checkpoint(
    estimator: Any,
    generator: np.random.RandomState,
    given: Training,
    target: Any,
    before: Any = None,
    processes: AbstractProcesses | None = None,
) -> Iterator[tuple[AbstractCheckpoint, np.random.RandomState]]:
    """Open the checkpoint of a fit, and remove it when the fit went well.

    Parameters
    ----------
    estimator : CKCNNClassifier or CKCNNRegressor
        The model in training, whose `checkpoint` is a folder or None.
    generator : RandomState
        From which nothing was drawn yet.
    given : Training
        What `fit` is given.
    target : ndarray of shape (n_used, ...)
        The encoded targets.
    before : CKCNNClassifier or CKCNNRegressor, optional
        A trained model with whose weights the training begins.
    processes : AbstractProcesses, optional
        Those that train together: the first of them reads and writes for all.

    Yields
    ------
    AbstractCheckpoint, RandomState
        The generator is that of the fit that is continued.
    """
    if estimator.checkpoint is None:
        yield NoCheckpoint(), generator
        return
    digest = digest_of(estimator, generator, given, target, before)
    processes, folder = processes or OneProcess(), Path(estimator.checkpoint)
    name = f"{type(estimator).__name__}-{digest}"
    with ExitStack() as held:

        def read() -> FileCheckpoint:
            return FileCheckpoint(held.enter_context(_own_file(folder, name)), digest)

        checkpoint = processes.first(read)
        checkpoint.writes = processes.rank == 0
        generator = checkpoint.continue_drawing(generator)
        processes.first(partial(_write_once, checkpoint, folder))
        yield checkpoint, generator
        checkpoint.remove()


def _write_once(checkpoint: FileCheckpoint, folder: Path) -> None:
    """Write before hours are spent on what cannot be kept."""
    try:
        checkpoint.write()
    except OSError as error:
        raise _unwritable(folder, error) from error


@contextmanager
def _own_file(folder: Path, name: str) -> Iterator[Path]:
    """Yield the path of a file that no other running fit has.

    The same fit may run twice at once: without a seed it is not the same. A lock is
    free when its process is gone, however it ended.
    """
    from filelock import FileLock, Timeout

    # First those that killed fits have left.
    left = (path.stem.rpartition("-")[2] for path in folder.glob(f"{name}-*.ckpt"))
    for number in chain(sorted(int(one) for one in left if one.isdigit()), count()):
        path = folder / f"{name}-{number}.ckpt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path.with_suffix(".lock"), timeout=0, thread_local=False)
            lock.acquire()
        except Timeout:
            continue
        except OSError as error:
            raise _unwritable(folder, error) from error
        break
    try:
        yield path
    finally:
        with suppress(OSError):  # while it is locked: whoever waits makes another
            os.unlink(lock.lock_file)
        lock.release()


def _unwritable(folder: Path, error: OSError) -> ValueError:
    return ValueError(
        "`checkpoint` must be a folder that can be written and locked; got "
        f"{str(folder)!r}. {error}. Take another folder, make room, or take "
        "checkpoint=None."
    )


def _read(path: Path, digest: str) -> Mapping[str, Any] | None:
    """Return what a file holds; None if there is none or, with a warning, a bad one."""
    start = len(MAGIC) + hashlib.sha256().digest_size
    try:
        content = path.read_bytes()
        if not content.startswith(MAGIC):
            raise ValueError("it is not in the format of this version")
        data = memoryview(content)[start:]
        if hashlib.sha256(data).digest() != content[len(MAGIC) : start]:
            raise ValueError("it is damaged")
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if state["digest"] != digest:
            raise ValueError("it is of other data or parameters")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        warn(
            f"The checkpoint {path} cannot be used: {error}. The training begins anew "
            "and overwrites it.",
        )
        return None
    return state
