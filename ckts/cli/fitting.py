"""What ``ckts fit`` does: read, fit, remember the columns, save."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Any

from ckts.cli.facts import data_lines
from ckts.cli.messages import Note
from ckts.cli.models import make_model
from ckts.cli.outputs import write_text
from ckts.cli.roles import Roles
from ckts.cli.tables import read
from ckts.estimators.saving.card import card_text
from ckts.panel import percent


def fit_and_save(
    options: argparse.Namespace, roles: Roles, note: Note
) -> Iterator[str]:
    """Fit the model of the options, and yield what to tell.

    The saved model has an attribute `table_` with the roles of the columns, and the
    digest of the file that it learned from.
    """
    table = read(
        options.file,
        roles,
        note,
        task=options.task,
        drop_unlabeled=options.drop_unlabeled,
    )
    assert table.target is not None
    yield from data_lines(table)
    model = make_model(options, table.target.task)
    groups = {} if table.groups is None else {"groups": table.groups}
    started = time.monotonic()
    model.fit(table.panel, table.target.y, **groups)
    took = time.monotonic() - started
    model.table_ = {**table.roles.to_dict(), "sha256": digest_of(options.file)}
    card = options.output.with_suffix(".md")
    model.save(options.output)
    if options.card:  # after the model, so that an old card is not lost for nothing
        write_text(card, card_text(model, options.output, {}))
    yield f"\nFitted {type(model).__name__} in {took:.0f} s. {learned_words(model)}"
    size = options.output.stat().st_size / 1e6
    yield f"Saved {options.output} ({size:.1f} MB)."
    if options.card:
        yield f"Wrote {card}. Fill in its intended use."


def learned_words(model: Any) -> str:
    """Tell how well the random kernels predict series that they had left out."""
    rocket = getattr(model, "rocket_", model)
    left = getattr(rocket, "unexplained_", None)
    if left is None:
        return "How good it is tells `ckts evaluate`."
    what = "entropy of the classes" if hasattr(model, "classes_") else "variance"
    share = percent(left)
    words = (
        f"Random kernels leave {share} of the {what} of left-out instances unexplained"
    )
    if not hasattr(model, "network_share_"):
        return f"{words}."
    return f"{words}; the networks have a share of {percent(model.network_share_)}."


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
