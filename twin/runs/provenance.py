"""Where results come from: the program's own source, the versions below it, the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent
_TELL_ONLY = ("cli", "report", "testing", "errors.py", "model.py", "app.py")  # they show results and never make them
_MAKE_RESULTS = (".py", ".csv", ".gz")
_RECORDED = ("numpy", "numba", "scipy", "mesa", "duckdb", "matplotlib", "pydantic", "chinesecalendar")


@cache
def code_fingerprint() -> str:
    """Return the sha256 of everything in the installed package that results can depend on.

    That is its source and its data, but not the parts that only show results. Comments count: whether
    a change of source changes results cannot be told from outside. Line ends do not.
    """
    return fingerprint_of(_PACKAGE)


def fingerprint_of(package: Path) -> str:
    """Return the fingerprint of a package in this folder, see :func:`code_fingerprint`."""
    found = hashlib.sha256()
    for path in sorted(package.rglob("*"), key=lambda path: path.relative_to(package).as_posix()):
        inside = path.relative_to(package)
        if path.suffix in _MAKE_RESULTS and inside.parts[0] not in _TELL_ONLY and path.is_file():
            content = path.read_bytes()
            plain = content.replace(b"\r\n", b"\n") if path.suffix == ".py" else content
            found.update(f"{inside.as_posix()}\0{len(plain)}\0".encode() + plain)
    return found.hexdigest()


def circumstances() -> dict[str, Any]:
    """Return what a session is recorded with: command, Python, platform, versions, the state of the code."""
    return {
        "command": sys.argv,
        "python": sys.version,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": {name: _version(name) for name in _RECORDED},
        "fingerprint": code_fingerprint(),
        "code": _commit(_PACKAGE),
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _commit(folder: Path) -> dict[str, Any] | None:
    """Return the git commit of the code and whether the tree differs from it (``None``: no repository)."""
    git = shutil.which("git")
    if git is None:
        return None
    commit, status = (
        subprocess.run([git, "-C", str(folder), *ask], capture_output=True, text=True, check=False)
        for ask in (["rev-parse", "HEAD"], ["status", "--porcelain", "--", "."])
    )
    if commit.returncode != 0:
        return None
    return {"commit": commit.stdout.strip(), "changed": bool(status.stdout.strip())}
