"""The mapping file: ten lines at most that say what a log's columns are where their names do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.core.marked_yaml import Marked, read
from twin.errors import Complaint, InputError, Words, closest
from twin.logs.dates import ORDERS
from twin.logs.fields import FIELDS

MOST_KEYS = 10
LEVELS = ("category", "subtype")
DATE_ORDERS = ("auto", *ORDERS)
_LISTS = ("staff", "open_status")
_TEXTS = ("dates", "time_zone", "level", "observed_until", "sheet", "holidays")
KEYS = (*FIELDS, *_TEXTS, *_LISTS)
_OWNER = Words("a mapping", "映射文件")
_CHOICES = {"dates": DATE_ORDERS, "level": LEVELS}


@dataclass(frozen=True)
class ColumnMap:
    """How to read one log.

    `columns` gives the column of a field. `dates` is the order of day and month. `time_zone` is where written
    offsets lead. `staff` are channels of staff's own work, left out. `level` says which of category and subtype
    becomes the twin's category. `observed_until` is the date up to which closings were followed (default: the
    latest time in the log). `open_status` are words of the status column that mean "still open". `holidays` is
    `none`, `china`, or dates separated by spaces.
    """

    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    dates: str = "auto"
    time_zone: str = ""
    staff: tuple[str, ...] = ()
    level: str = "category"
    observed_until: str = ""
    open_status: tuple[str, ...] = ()
    sheet: str = ""
    holidays: str = "none"


def read_mapping(path: Path) -> ColumnMap:
    """Read a mapping file; all that is wrong with it is said at once, with its place."""
    tree = read(path)
    if tree.kind != "map":
        raise InputError.of("D420", tree.place)
    faults = [*_too_many(tree), *(fault for key in tree.value for fault in _faults(tree, key))]
    if faults:
        raise InputError(faults)
    said = {key: value.value if value.kind != "list" else _texts(value) for key, value in tree.value.items()}
    columns = {key: str(value) for key, value in said.items() if key in FIELDS}
    rest: dict[str, Any] = {key: _as_list(said[key]) for key in _LISTS if key in said}
    rest |= {key: str(said[key]) for key in _TEXTS if key in said}
    return ColumnMap(columns, **rest)


def _too_many(tree: Marked) -> list[Complaint]:
    if len(tree.value) <= MOST_KEYS:
        return []
    return [Complaint("D421", tree.place, {"count": len(tree.value), "most": MOST_KEYS})]


def _faults(tree: Marked, key: str) -> list[Complaint]:
    value = tree.value[key]
    if key not in KEYS:
        values = {"key": key, "owner": _OWNER, "suggestion": closest(key, KEYS), "known": KEYS}
        return [Complaint("S101", tree.key_place(key), values)]
    if value.kind not in (("text", "number", "list") if key in _LISTS else ("text", "number")):
        return [Complaint("D422", value.place, {"key": key})]
    choices = _CHOICES.get(key, ())
    if choices and value.value not in choices:
        return [Complaint("D423", value.place, {"key": key, "value": value.value, "known": choices})]
    return []


def _texts(value: Marked) -> list[str]:
    return [str(item.value) for item in value.value]


def _as_list(said: Any) -> tuple[str, ...]:
    return tuple(said) if isinstance(said, list) else (str(said),)
