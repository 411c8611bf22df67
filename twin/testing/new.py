"""Writing a commented mechanism that passes the battery as it is, to be changed into one's own."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from twin.errors import InputError, Words
from twin.scenario.schema import document_keys
from twin.scenario.vocabulary import known_blocks

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("levers", "sample")
_ARRAYS, _ROWS = "sample.py", "by_rows.py"
_INSIDE: Mapping[str, str] = {
    "twin/mechanisms/{name}.py": _ARRAYS,
    "twin/mechanisms/{name}.cases.yaml": "cases.yaml",
    "tests/reference/{name}.py": "reference.py",
}
_PACKAGE: Mapping[str, str] = {
    "{name}/pyproject.toml": "pyproject.toml",
    "{name}/twin_{name}/__init__.py": "",
    "{name}/twin_{name}/{name}.py": _ARRAYS,
    "{name}/twin_{name}/{name}.cases.yaml": "cases.yaml",
    "{name}/tests/{name}_reference.py": "reference.py",
    "{name}/tests/test_{name}.py": "test_sample.py",
}


def write_package(name: str, folder: Path, by_rows: bool) -> list[Path]:
    """Write a package of its own with a mechanism, its cases, reference and test; return the files.

    Nothing is ever overwritten. Raises InputError S129, S130, M351 (a name that will not do), M352 (a name that is
    taken).
    """
    return _write(name, folder, _PACKAGE, by_rows)


def write_inside(name: str, folder: Path, by_rows: bool) -> list[Path]:
    """Write a mechanism, its cases and its reference into a checkout of the twin; return the files.

    Raises InputError as :func:`write_package`, and M353 if `folder` is no checkout.
    """
    if not (folder / "twin" / "mechanisms").is_dir() or not (folder / "tests" / "reference").is_dir():
        raise InputError.of("M353", folder=str(folder.resolve()))
    return _write(name, folder, _INSIDE, by_rows)


def _write(name: str, folder: Path, files: Mapping[str, str], by_rows: bool) -> list[Path]:
    _refuse(name)
    targets = {folder / path.format(name=name): source for path, source in files.items()}
    for path in targets:
        if path.exists():
            raise InputError.of("S129", file=str(path))
    for path, source in targets.items():
        _write_one(path, _text_of(_ROWS if by_rows and source == _ARRAYS else source, name))
    return list(targets)


def _refuse(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InputError.of("M351", name=name)
    words = known_blocks()
    if name in (*words.mechanisms, *words.blocks, *document_keys(), *_RESERVED):
        raise InputError.of("M352", name=name)


def _text_of(source: str, name: str) -> str:
    """Return a file of the sample with the mechanism's own name in it."""
    if not source:
        return ""
    text = resources.files("twin.testing").joinpath("sample", source).read_text(encoding="utf-8")
    title = "".join(part.capitalize() for part in name.split("_"))
    return text.replace("sample", name).replace("Sample", title)


def _write_one(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as reason:
        why = Words(reason.strerror or type(reason).__name__, f"系统拒绝（{type(reason).__name__}）")
        raise InputError.of("S130", file=str(path), why=why) from None
