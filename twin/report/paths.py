"""What a path of a scenario is called where people read it: in Chinese, what it is, then the path itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from twin.core.parameters import parameters_of
from twin.scenario.vocabulary import known_blocks

_NAME = re.compile(r"[^（：；，,。]+")  # what comes after these explains the name


def said(path: str, lang: str) -> str:
    """Return ``派单方式（desk.dispatch）`` in Chinese; the path alone in English, of whose words it is made.

    A path that no parameter has (rules, a switch of a mechanism, a key of the scenario's own) stays as it is.
    """
    name = _name(path) if lang == "zh" else ""
    return f"{name}（{path}）" if name else path


@cache
def _name(path: str) -> str:
    block, *steps = path.split(".")
    declared = known_blocks().blocks.get(block)
    return _below(declared(), steps) if declared and steps else ""


def _below(block: Any, steps: list[str]) -> str:
    """Follow the steps through blocks and maps of blocks to a parameter; nothing where they lead elsewhere."""
    first, *rest = steps
    spec = next((spec for item, spec in parameters_of(block) if item.name == first), None)
    if spec is None:
        return ""
    value = getattr(block, first)
    if isinstance(value, Mapping):
        value, rest = next(iter(value.values()), None), rest[1:]
    if rest:
        return _below(value, rest) if hasattr(value, "__dataclass_fields__") else ""
    found = _NAME.match(spec.zh)
    return found[0].strip() if found else ""
