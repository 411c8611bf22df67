"""Mechanisms from outside: other packages name theirs under the entry point ``twin.mechanisms``.

::

    [project.entry-points."twin.mechanisms"]
    graffiti = "street_art.graffiti"       # a module that holds one mechanism or one behaviour

An installed mechanism changes nothing by being there: a scenario switches it on. Which package and version it
came from, and the digest of its source, belong to the identity of every run that it takes part in.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from twin.core.behaviour import Behaviour, mechanism_of
from twin.core.mechanism import Mechanism
from twin.errors import Complaint, DeclarationError, InputError, TwinError, Words, closest

GROUP = "twin.mechanisms"
WISH = "TWIN_PLUGINS"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DIGEST_LETTERS = 12


@dataclass(frozen=True)
class Plugin:
    """A mechanism that another package brings, and what is known of where it comes from."""

    mechanism: Mechanism
    package: str
    version: str

    @property
    def origin(self) -> str:
        """Package, version, and the first letters of its source's SHA-256: ``street-art 0.3 (8f3a…)``."""
        return f"{self.package} {self.version} ({source_digest(self.mechanism)})"


def file_of(mechanism: Mechanism) -> Path:
    """Return the file that declares a mechanism."""
    return Path(str(sys.modules[mechanism.live.__module__].__file__))


def source_digest(mechanism: Mechanism) -> str:
    """Return the first letters of the SHA-256 of a mechanism's file and of the Python files beside it.

    A module outside a package stands for itself alone: what lies beside it may be anything.
    """
    file = file_of(mechanism)
    together = file.with_name("__init__.py").exists()
    files = sorted(file.parent.glob("*.py")) if together else [file]
    found = hashlib.sha256()
    for path in files:
        found.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()[:_DIGEST_LETTERS]


def mechanism_in(module: ModuleType) -> Mechanism:
    """Return the one mechanism that a module declares under its own name, or the behaviour that it defines.

    Raises DeclarationError M324 if there is none, or more than one.
    """
    name = module.__name__.rpartition(".")[2]
    values = list(vars(module).values())
    found = [value for value in values if isinstance(value, Mechanism) and value.name == name]
    found += [mechanism_of(value) for value in values if _defined_in(module, value)]
    if len(found) != 1:
        raise DeclarationError.of("M324", name=name, count=len(found))
    return found[0]


def _defined_in(module: ModuleType, value: Any) -> bool:
    behaves = isinstance(value, type) and issubclass(value, Behaviour)
    return behaves and value.__module__ == module.__name__


def installed() -> dict[str, Plugin]:
    """Return the mechanisms of all installed packages by name; TWIN_PLUGINS (names, or ``off``) limits them.

    Raises InputError with everything that is wrong: M341 (a name that will not do), M342 (two of one name), M343
    (cannot be loaded), M344 (bears another name), M347 (a name in TWIN_PLUGINS that nobody brings).
    """
    found: dict[str, Plugin] = {}
    complaints: list[Complaint] = []
    for point in _wanted(complaints):
        try:
            plugin = _loaded(point)
        except InputError as reason:
            complaints += reason.complaints
            continue
        if point.name in found:
            first = found[point.name].package
            complaints.append(Complaint("M342", None, {"name": point.name, "first": first, "second": plugin.package}))
        found[point.name] = plugin
    if complaints:
        raise InputError(complaints)
    return found


def _wanted(complaints: list[Complaint]) -> Iterator[metadata.EntryPoint]:
    """Yield the entry points that TWIN_PLUGINS lets in, in the order of names and packages."""
    wish = os.environ.get(WISH)
    if wish == "off":
        return
    points = sorted(metadata.entry_points(group=GROUP), key=lambda point: (point.name, _package(point)))
    names = {point.name for point in points}
    wished = names if wish is None else {name.strip() for name in wish.split(",") if name.strip()}
    for name in sorted(wished - names):
        complaints.append(Complaint("M347", None, {"name": name, "suggestion": closest(name, names)}))
    yield from (point for point in points if point.name in wished)


def _module(point: metadata.EntryPoint) -> ModuleType:
    module = point.load()
    if not isinstance(module, ModuleType):
        raise TypeError(f"`{point.value}` is not a module")
    return module


def _package(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "?"


def _loaded(point: metadata.EntryPoint) -> Plugin:
    said = {"name": point.name, "package": _package(point), "value": point.value}
    if not _NAME.fullmatch(point.name):
        raise InputError.of("M341", **said)
    try:
        mechanism = mechanism_in(_module(point))
    except TwinError as error:
        see = Words("see below", "见下")
        raise InputError([Complaint("M343", None, {**said, "reason": see}), *error.complaints]) from error
    except Exception as error:
        raise InputError.of("M343", **said, reason=f"{type(error).__name__}: {error}") from error
    if mechanism.name != point.name:
        raise InputError.of("M344", **said, own=mechanism.name)
    return Plugin(mechanism, _package(point), point.dist.version if point.dist is not None else "?")
