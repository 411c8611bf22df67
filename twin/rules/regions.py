"""Regions in words: ``category in {water} and hour in 0..7``."""

from __future__ import annotations

from collections.abc import Mapping

from twin.errors import Words

LONGEST = 300


def said_region(region: Mapping[str, str]) -> Words:
    """Say a region (what each value's cell would be) in a message; no restriction is any case."""
    if not region:
        return Words("any case", "任何情形")
    parts = [_said(name, cell) for name, cell in region.items()]
    return Words(_short(" and ".join(parts)), _short(" 且 ".join(parts)))


def _said(name: str, cell: str) -> str:
    if name == "on":
        return f"date in {cell}"
    if cell in ("true", "false") and not name.isidentifier():
        return name if cell == "true" else f"not ({name})"
    if cell.startswith(("<", ">", "not ")):
        return f"{name} {cell}"
    if ", " in cell:
        return f"{name} in {{{cell}}}"
    return f"{name} in {cell}" if ".." in cell else f"{name} = {cell}"


def _short(said: str) -> str:
    return said if len(said) <= LONGEST else said[: LONGEST - 3] + "..."
