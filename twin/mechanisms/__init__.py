"""The catalogue of mechanisms: every module of this folder is one, found by its file's name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.core.mechanism import Mechanism


class Catalogue(Mapping[str, "Mechanism"]):
    """The mechanisms by name, in alphabetical order; imported when first asked for."""

    @cached_property
    def _found(self) -> dict[str, Mechanism]:
        return {name: _mechanism_in(name) for name in sorted(_names())}

    def __getitem__(self, name: str) -> Mechanism:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


CATALOGUE: Mapping[str, Mechanism] = Catalogue()


def cases_path(name: str) -> Path:
    """Return the file of a mechanism's acceptance cases."""
    return Path(__file__).with_name(f"{name}.cases.yaml")


def _names() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]


def _mechanism_in(name: str) -> Mechanism:
    from twin.core.mechanism import Mechanism
    from twin.errors import DeclarationError

    module = importlib.import_module(f"{__name__}.{name}")
    own = [value for value in vars(module).values() if isinstance(value, Mechanism) and value.name == name]
    if len(own) != 1:
        raise DeclarationError.of("M324", name=name, count=len(own))
    return own[0]
