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
        "code": commit_of(_PACKAGE),
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def commit_of(folder: Path) -> dict[str, Any] | None:
    """Return the git commit of a folder and whether the folder differs from it (``None``: no repository)."""
    commit = git(folder, "rev-parse", "HEAD")
    return {"commit": commit, "changed": bool(git(folder, "status", "--porcelain", "--", "."))} if commit else None


def git(folder: Path, *ask: str) -> str:
    """Return what git answers in a folder; nothing where it has no answer, or where there is no git."""
    program = shutil.which("git")
    if program is None:
        return ""
    asked = [program, "-C", str(folder), *ask]
    found = subprocess.run(asked, capture_output=True, encoding="utf-8", errors="replace", check=False)
    return found.stdout.strip() if found.returncode == 0 else ""
