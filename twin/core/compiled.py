"""The one door to the compiler: numba, and the same source without it.

A function under :func:`compiled` becomes machine code at its first call and is kept on disk. The same file
can be loaded again with :func:`interpreted`, where nothing is compiled: slow, steppable, and the reference
that the machine code must agree with.

With ``TWIN_COMPILE=off`` in the environment when this module is imported, every function stays as it is
written and numba is never imported: for programs that only read declarations and must start at once.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

COMPILING = os.environ.get("TWIN_COMPILE") != "off"

if COMPILING:
    # Vectorised logarithms of Intel's library differ in the last bit from the scalar ones, so that an array
    # and a kernel would not agree; numba reads this while it is imported.
    os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

    import numba
    from numba.extending import overload

Function = TypeVar("Function", bound=Callable[..., Any])

_ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF
_THIS_DOOR = "twin.core.compiled"
_PACKAGE = Path(__file__).resolve().parent.parent
_IMPORT = re.compile(r"^from (twin\.[\w.]+) import", re.MULTILINE)
_HOLD_NO_NUMBERS = {"twin.core.compiled", "twin.errors"}  # nothing of theirs goes into machine code


@cache
def _stamp_of(source: Path) -> bytes:
    """Digest of a source file and of those it imports names from; of theirs too where they are compiled."""
    digest = hashlib.sha256(source.read_bytes())
    for imported in _imports_of(source):
        compiled_too = b"core.compiled" in imported.read_bytes()
        digest.update(_stamp_of(imported) if compiled_too else imported.read_bytes())
    return digest.digest()


def _imports_of(source: Path) -> list[Path]:
    names = set(_IMPORT.findall(source.read_text(encoding="utf-8"))) - _HOLD_NO_NUMBERS
    files = (_PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py") for name in sorted(names))
    return [file for file in files if file.exists()]


def _cached_dispatcher(function: Callable[..., Any], **options: Any) -> Any:
    try:
        dispatcher = numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # no folder to keep the machine code in: a read-only machine
        return numba.njit(error_model="numpy", **options)(function)
    # numba looks only at the function's own file: without this a kernel would keep the inlined code of
    # a draw or a calendar that has been edited since.
    file = dispatcher._cache._cache_file
    file._source_stamp = _stamp_of(Path(function.__code__.co_filename))
    return dispatcher


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays; division by zero gives inf or NaN as in NumPy."""
    if not COMPILING:
        return function
    dispatcher: Function = _cached_dispatcher(function)
    return dispatcher


def compiled_kernel(function: Function) -> Function:
    """Compile what Python calls to run a kernel of steps."""
    if not COMPILING:
        return function
    dispatcher: Function = _cached_dispatcher(function, _nrt=False)
    return dispatcher


def compiled_step(function: Function) -> Function:
    """Compile one step of a kernel, to be laid into its callers.

    For functions that take a kernel's whole state (a tuple of arrays) and allocate nothing: without
    reference counting and calls, a desk of many small functions runs six times as fast.
    """
    if not COMPILING:
        return function
    dispatcher: Function = _cached_dispatcher(
        function, _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )
    return dispatcher


def compiled_shared(function: Function) -> Function:
    """Compile a step of a kernel that many others call and few runs need: it is called, not laid into its callers."""
    if not COMPILING:
        return function
    dispatcher: Function = _cached_dispatcher(function, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return dispatcher


def compiled_word(function: Callable[..., np.uint64]) -> Callable[..., np.uint64]:
    """Compile a function of 64-bit words whose result is one.

    Python would get a plain ``int`` from numba, which does not wrap at 64 bits; this gives ``np.uint64``
    and takes any integer. Inside compiled code the call costs nothing.
    """
    if not COMPILING:
        return function
    dispatcher = _cached_dispatcher(function)

    @wraps(function)
    def word(*words: int) -> np.uint64:
        return np.uint64(dispatcher(*(np.uint64(int(w) & _ALL_BITS) for w in words)))

    def implementation(*_: Any) -> Callable[..., np.uint64]:
        return function

    implementation.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    overload(word)(implementation)
    return word


def interpreted(module_name: str) -> ModuleType:
    """Load a module a second time with nothing compiled in it, nor in its neighbours of the same package.

    Modules of other packages (the draws, the clock) stay compiled, so that both forms see the same bits.
    """
    return _interpreted_in(module_name, module_name.rpartition(".")[0], {})


def _interpreted_in(name: str, package: str, loaded: dict[str, ModuleType]) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name=name)
    module = ModuleType(f"{name}.interpreted")
    sys.modules[module.__name__] = module  # where dataclasses look up their names
    module.__file__, module.__package__, module.__spec__ = spec.origin, package, spec
    loaded[name] = module
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _plain_import(package, loaded)}
    source = Path(spec.origin).read_text(encoding="utf-8")
    exec(compile(source, spec.origin, "exec"), module.__dict__)
    return module


def _plain_import(package: str, loaded: dict[str, ModuleType]) -> Callable[..., Any]:
    plain_door = ModuleType(_THIS_DOOR)
    for name in ("compiled", "compiled_kernel", "compiled_step", "compiled_shared"):
        setattr(plain_door, name, lambda function: function)

    def plain_import(name: str, *rest: Any) -> Any:
        if name == _THIS_DOOR:
            return plain_door
        if package and name.startswith(package + ".") and _is_compiled(name):
            return loaded.get(name) or _interpreted_in(name, package, loaded)
        return importlib.__import__(name, *rest)

    return plain_import


def _is_compiled(name: str) -> bool:
    names = vars(importlib.import_module(name))
    return names.get("compiled") is compiled or names.get("compiled_step") is compiled_step
