"""The catalogue of mechanisms: every module of this folder is one, found by its file's name.

Mechanisms of other packages come after them (:mod:`twin.core.plugins`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.core.mechanism import Mechanism
    from twin.core.plugins import Plugin


class Catalogue(Mapping[str, "Mechanism"]):
    """The mechanisms by name, those of the twin before those from outside; imported when first asked for."""

    @cached_property
    def own(self) -> Mapping[str, Mechanism]:
        """The mechanisms of this folder."""
        return {name: _mechanism_in(name) for name in sorted(_names())}

    @cached_property
    def outside(self) -> Mapping[str, Plugin]:
        """The mechanisms of other packages; raises InputError for those that cannot be used."""
        from twin.core.plugins import installed

        found = installed()
        if found:
            _refuse_clashes(self.own, found)
        return found

    @cached_property
    def _found(self) -> dict[str, Mechanism]:
        return {**self.own, **{name: plugin.mechanism for name, plugin in self.outside.items()}}

    def __getitem__(self, name: str) -> Mechanism:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


CATALOGUE = Catalogue()


def cases_path(name: str) -> Path:
    """Return the file of a mechanism's acceptance cases: beside its own."""
    from twin.core.plugins import file_of

    return file_of(CATALOGUE[name]).with_name(f"{name}.cases.yaml")


def _names() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]


def _mechanism_in(name: str) -> Mechanism:
    from twin.core.plugins import mechanism_in

    return mechanism_in(importlib.import_module(f"{__name__}.{name}"))


def _refuse_clashes(own: Mapping[str, Mechanism], outside: Mapping[str, Plugin]) -> None:
    """Refuse names, columns and metrics from outside that somebody else has already."""
    from twin.errors import Complaint, InputError

    owner = {what: one.name for one in own.values() for what in _named_by(one)}
    complaints = []
    for name, plugin in outside.items():
        for what in _named_by(plugin.mechanism):
            if what in owner:
                values = {"name": name, "package": plugin.package, "what": what, "owner": owner[what]}
                complaints.append(Complaint("M345", None, values))
            owner.setdefault(what, name)
    if complaints:
        raise InputError(complaints)


def _named_by(mechanism: Mechanism) -> tuple[str, ...]:
    """Return the names that only one mechanism may have: its own, its columns, its metrics."""
    return (mechanism.name, *mechanism.owns, *mechanism.metrics)
