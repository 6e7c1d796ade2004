"""Which column of a table plays which role, checked before anything is read."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The columns of a table by their roles, and how its cells are written.

    The attributes are the options of :func:`ckts.cli.arguments.add_table`.
    """

    instance: str = ""
    time: str = ""
    label: str | None = None
    groups: str | None = None
    variable: str | None = None
    value: str | None = None
    static: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    date_format: str | None = None
    time_unit: str | None = None
    duplicates: str = "error"

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Take the roles from parsed options."""
        given = {one.name: getattr(options, one.name, None) for one in fields(cls)}
        known: dict[str, Any] = {
            name: _as_tuple(one) for name, one in given.items() if one is not None
        }
        return cls(**known)

    def over(self, before: dict[str, Any]) -> Self:
        """Return roles as before, but for what is given here."""
        known = {name: _as_tuple(one) for name, one in before.items()}
        fresh = {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) not in (None, "", (), one.default)
        }
        names = {one.name for one in fields(self)}
        known = {name: one for name, one in known.items() if name in names}
        return replace(self, **{**known, **fresh})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a file."""
        return {
            name: list(one) if isinstance(one, tuple) else one
            for name, one in asdict(self).items()
        }

    def single(self) -> dict[str, str]:
        """Return the columns that have a role of their own, by the role."""
        names = ("instance", "time", "label", "groups", "variable", "value")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def check(self, columns: Sequence[str], path: Path) -> None:
        """Raise if a column is not there, or has two roles."""
        roles = [(f"--{role}", name) for role, name in self.single().items()]
        columns_too = () if self.variable else ("channels",)
        for role in ("static", "ignore", *columns_too):
            roles += [(f"--{role}", name) for name in getattr(self, role)]
        categorical = () if self.variable else self.categorical
        for role, name in [*roles, *(("--categorical", name) for name in categorical)]:
            check_column(role, name, columns, path)
        taken: dict[str, str] = {}
        for role, name in roles:
            if name in taken and {role, taken[name]} != {"--groups", "--static"}:
                raise ValueError(
                    f"`{role}` must name a column without another role; got {name!r}, "
                    f"which `{taken[name]}` names, too. Take it out of one of them."
                )
            taken[name] = role
        if (self.variable is None) != (self.value is None):
            raise ValueError(
                "`--variable` and `--value` must be given together; got "
                f"{self.variable!r} and {self.value!r}. They are for a table with a "
                "row per measurement."
            )

    def others(self, columns: Sequence[str]) -> list[str]:
        """Return the columns that are channels where none are named."""
        taken = {*self.single().values(), *self.static, *self.ignore}
        return [name for name in columns if name not in taken]


def check_column(role: str, name: str, columns: Sequence[str], path: Path) -> None:
    """Raise if a file lacks a column, and name the one that was meant."""
    if name in columns:
        return
    lower = {one.lower(): one for one in columns}
    near = get_close_matches(name.lower(), lower, n=1)
    meant = f"Did you mean {lower[near[0]]!r}? " if near else ""
    raise ValueError(
        f"`{role}` must name a column of {str(path)!r}; got {name!r}. {meant}The "
        f"columns are {', '.join(columns)}."
    )


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
