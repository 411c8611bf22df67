"""What a scenario says of the experiments made with it: margins, targets, levers, uncertainties, a sweep.

None of it changes a run, so none of it is in the digest of the scenario. An *axis* is a path with the values that it
takes: texts as after ``--set``, or the two ends of a range.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.core.marked_yaml import Source, read_value
from twin.core.parameters import param
from twin.errors import Complaint, InputError, Words
from twin.scenario import leaves

DESIGNS = ("factorial", "list", "lhs", "sobol", "morris")
EXPERIMENT = ("margins", "targets", "levers", "uncertainties", "sweep")
"""The keys at the top of a scenario that speak of experiments and not of the neighbourhood."""

OVER = "<--over>"
"""What messages call the place where axes are asked for at the command line."""
WHOLE_RANGE: tuple[str, ...] = ()
RANGE_SIGN = ".."
_ENDS = ("low", "high")
_QUOTED = set(",[]{}#:\"'&*!|>%@`")
_VALUES = Words(
    "a list of values, or `{low: ..., high: ...}`, or nothing for the whole range",
    "取值列表，或 `{low: ..., high: ...}`，留空则为整个范围",
)

Axis = tuple[str, ...] | Mapping[str, str]
"""Values in the order in which they were written; or the ends ``low`` and ``high``; or :data:`WHOLE_RANGE`."""


def _asked(default: Any, *ends: float, doc: str, zh: str, **rest: Any) -> Any:
    return param(default, "1" if ends else "", *ends, source="the scenario's author", evidence="assumed", doc=doc,
                 zh=zh, **rest)  # fmt: skip


@dataclass(frozen=True)
class Sweep:
    """Which points ``twin sweep`` runs; without ``over`` and ``list`` all levers and uncertainties."""

    design: str = _asked(
        "", choices=("", *DESIGNS),
        doc="how points are laid out (of the uncertainties, where there are levers); empty: factorial, or lhs",
        zh="取点方式（有 levers 时指 uncertainties 的取点方式）；留空：全因子，范围则用 lhs",
    )  # fmt: skip
    points: int = _asked(
        64, 2, 1_000_000, doc="points of a Latin hypercube; rows of Sobol; trajectories of Morris",
        zh="拉丁超立方的点数；Sobol 的行数；Morris 的轨迹数",
    )  # fmt: skip
    over: Mapping[str, Axis] = _asked(dict, doc="paths and their values", zh="路径及其取值")
    list: tuple[Mapping[str, str], ...] = _asked((), doc="the points themselves", zh="逐点列出")


def axis(value: Any) -> Axis:
    """Read the values of an axis as a file says them; raises S103."""
    if value is None:
        return WHOLE_RANGE
    if isinstance(value, dict):
        if set(value) == set(_ENDS) and all(_is_leaf(value[end]) for end in _ENDS):
            return {end: as_text(value[end]) for end in _ENDS}
        raise leaves.fault("S103", expected=_VALUES, found=leaves.found_kind(value))
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(as_text(one) for one in values))


def point(value: Any) -> dict[str, str]:
    """Read one point of a list: paths with one value each; raises S103."""
    if not isinstance(value, dict) or not value:
        raise leaves.fault("S103", expected=leaves.MAP, found=leaves.found_kind(value))
    return {path(name): as_text(one) for name, one in value.items()}


def path(value: Any) -> str:
    """Read a path of names joined by dots; raises S127."""
    if not isinstance(value, str) or not _is_path(value):
        raise leaves.fault("S127", name=str(value))
    return value


def _is_path(text: str) -> bool:
    """Whether a text is names joined by dots; what rules say is named by :mod:`twin.rules.paths`."""
    if text.startswith("rules."):
        return not text.endswith(".") and ".." not in text
    return all(map(leaves.is_name, text.split(".")))


def as_text(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    if isinstance(value, str) and not _QUOTED & set(value) and value.strip() == value and value:
        return value
    return json.dumps(value, ensure_ascii=False)


def over_of(text: str) -> tuple[str, Axis]:
    """Read ``PATH=V1,V2,...``, ``PATH=LOW..HIGH`` or ``PATH`` alone (its whole range); raises R250."""
    name, sign, said = text.partition("=")
    if not name.strip() or (sign and not said.strip()) or not _is_path(name.strip()):
        raise InputError.of("R250", text=text)
    if not sign:
        return name.strip(), WHOLE_RANGE
    low, between, high = said.partition(RANGE_SIGN)
    if between and low.strip() and high.strip() and "," not in said:
        return name.strip(), {"low": low.strip(), "high": high.strip()}
    return name.strip(), tuple(dict.fromkeys(_split(said, text)))


def over_text(name: str, taken: Axis) -> str:
    """Return what :func:`over_of` reads as this axis."""
    if isinstance(taken, Mapping):
        return f"{name}={taken['low']}{RANGE_SIGN}{taken['high']}"
    return f"{name}={','.join(taken)}" if taken else name


def overs_of(texts: Iterable[str]) -> dict[str, Axis]:
    """Read all axes of a command line; raises R250, and R266 for each one that is there already."""
    found: dict[str, Axis] = {}
    faults: list[Complaint] = []
    for text in texts:
        name, values = over_of(text)
        if name in found:
            begin = text.index(name)
            place = Source(OVER, (text,), text).place((0, begin), (0, begin + len(name)))
            faults.append(Complaint("R266", place, {"path": name}))
        found.setdefault(name, values)
    if faults:
        raise InputError(faults)
    return found


def _split(said: str, text: str) -> list[str]:
    """Split at the commas that stand outside brackets and quotes, by reading all as one YAML list."""
    source = Source(OVER, (text,), text)
    listed = read_value(f"[{said}]", text, len(text) - len(said) - 1, source.name)
    if listed.kind != "list" or not listed.value or any(one.value is None for one in listed.value):
        raise InputError.of("R250", text=text)
    return [as_text(one.plain()) for one in listed.value]


def _is_leaf(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)
