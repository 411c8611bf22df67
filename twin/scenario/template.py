"""Writing a commented scenario of one's own neighbourhood, to fill in."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from twin.errors import InputError, Words
from twin.scenario.leaves import is_name

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def write_template(name: str, folder: Path) -> Path:
    """Write ``folder/name.yaml`` and return its path; never over an existing file (S127, S129, S130)."""
    stem = name.removesuffix(".yaml").removesuffix(".yml")
    if not is_name(stem) or stem.casefold() in _RESERVED:
        raise InputError.of("S127", name=name)
    path = folder / f"{stem}.yaml"
    text = resources.files("twin.data").joinpath("new_scenario.yaml").read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text.replace("NAME", stem))
    except FileExistsError:
        raise InputError.of("S129", file=str(path if path.exists() else folder)) from None
    except OSError as reason:
        raise InputError.of("S130", file=str(path), why=_why(reason)) from None
    return path


def _why(reason: OSError) -> Words:
    if isinstance(reason, PermissionError):
        return Words("permission denied", "没有权限")
    return Words(reason.strerror or type(reason).__name__, f"系统拒绝（{type(reason).__name__}）")
