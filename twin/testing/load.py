"""Finding the mechanism that somebody wants to have checked."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from twin.core.plugins import mechanism_in
from twin.errors import InputError, TwinError, closest
from twin.mechanisms import CATALOGUE
from twin.testing.street import Subject, subject_of


def subject_at(target: str) -> Subject:
    """Return the mechanism of this name, in this file (``….py``), or in this module (``package.module``).

    Raises InputError M350 if there is none, or if it cannot be loaded.
    """
    if target in CATALOGUE.own:
        return subject_of(target)
    if not target.endswith(".py") and target in CATALOGUE:
        return subject_of(target)
    try:
        module = _from_file(Path(target)) if target.endswith(".py") else importlib.import_module(target)
        return Subject(mechanism_in(module))
    except TwinError as error:
        raise InputError(error.complaints) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError.of("M350", target=target, reason=reason, suggestion=closest(target, CATALOGUE)) from error


def _from_file(path: Path) -> ModuleType:
    """Import a file as what it is: a module of its package, or one by itself."""
    path = path.resolve()
    if not path.is_file():
        raise FileNotFoundError(path.name)
    root, name = path.parent, path.stem
    while (root / "__init__.py").exists():
        root, name = root.parent, f"{root.name}.{name}"
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    module = importlib.import_module(name)
    if Path(str(module.__file__)).resolve() != path:
        raise ImportError(f"another module is called `{name}`")
    return module
