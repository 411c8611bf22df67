"""Every parameter of the twin as one row of a list."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin.core.parameters import ParamSpec, parameters_of
from twin.scenario.resolved import form_of_value

EACH = "*"  # stands for the name of a map's entry in a path


@dataclass(frozen=True)
class Row:
    """A parameter: its path, its default as plain data, and what is declared of it."""

    path: str
    value: Any
    spec: ParamSpec

    def plain(self, lang: str) -> dict[str, Any]:
        """Return the row as plain data, its words in ``lang``."""
        spec = self.spec
        return {
            "path": self.path,
            "value": self.value,
            "unit": spec.unit,
            "low": spec.low,
            "high": spec.high,
            "choices": list(spec.choices),
            "source": spec.source,
            "grade": spec.evidence,
            "lever": spec.lever,
            "when": spec.when,
            "doc": (spec.zh if lang == "zh" else spec.doc) or spec.doc or spec.zh,
        }


def parameters(blocks: Mapping[str, type]) -> Iterator[Row]:
    """Yield every parameter of the blocks, by path; ``desk.teams.*.workers`` is that of each team."""
    for name in sorted(blocks):
        yield from _rows(blocks[name], name)


def _rows(block: type, above: str) -> Iterator[Row]:
    hints = typing.get_type_hints(block)
    for declared, spec in parameters_of(block):
        path = f"{above}.{declared.name}"
        inner, step = _nested(hints[declared.name])
        if inner is not None:
            yield from _rows(inner, path + step)
        else:
            yield Row(path, form_of_value(_default(declared), written=False), spec)


def _nested(hint: Any) -> tuple[type | None, str]:
    """Return the dataclass that a field holds, and what its path adds; ``None`` for a plain value."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint, ""
    held = next((arg for arg in typing.get_args(hint) if isinstance(arg, type) and dataclasses.is_dataclass(arg)), None)
    return held, f".{EACH}" if held is not None else ""


def _default(declared: dataclasses.Field[Any]) -> Any:
    if declared.default is not dataclasses.MISSING:
        return declared.default
    return declared.default_factory() if declared.default_factory is not dataclasses.MISSING else None
