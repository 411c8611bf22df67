"""The columns of words of a log, without what is personal."""

from __future__ import annotations

from twin.logs.channels import is_staff
from twin.logs.fields import FIELDS, personal_kind
from twin.logs.privacy import is_free_text, is_personal
from twin.logs.request_log import Labels
from twin.logs.source import Source

ANY = "all"  # the category of a log that names none
UNSPECIFIED = "unspecified"
WORDS = ("category", "subtype", "agency", "channel", "outcome", "area")

_NOTHING = ("none", "null", "nan", "n/a", "-", "--", "无", "空", "暂无")


def words_of(source: Source) -> dict[str, Labels]:
    """Return every column of words; category and subtype stand in for one another."""
    found = {field: _column(source, field) for field in WORDS}
    _tell_missing(source, found)
    category, subtype = found["category"], found["subtype"]
    if not any(category):
        category = subtype if any(subtype) else [ANY] * len(source)
    category = [word or UNSPECIFIED for word in category]
    found |= {"category": category, "subtype": [own or above for own, above in zip(subtype, category, strict=True)]}
    return {field: Labels.of(words) for field, words in found.items()}


def _column(source: Source, field: str) -> list[str]:
    """Return a column of words; one of sentences is left out, a cell that holds somebody's number is emptied."""
    if not source.has(field):
        return [""] * len(source)
    words = ["" if word.casefold() in _NOTHING else word for word in source.texts(field)]
    column = source.columns[field]
    if is_free_text(words):
        source.book.note("D449", "personal", column=column)
        return [""] * len(source)
    personal = {word for word in set(words) if is_personal(word)}
    struck = [position for position, word in enumerate(words) if word in personal]
    source.note("D448", "personal", struck, column=column)
    return ["" if word in personal else word for word in words]


def _tell_missing(source: Source, found: dict[str, list[str]]) -> None:
    for field in ("category", "subtype"):
        if source.has(field) and any(found[field]):
            gone = [position for position, word in enumerate(found[field]) if not word]
            source.note("D453", "doubtful", gone, column=source.columns[field])


def say_what_was_left(source: Source, coded: dict[str, str]) -> None:
    """Note the personal columns that were left out or coded (`coded`: the column of each code), and the unused."""
    used = {source.columns[field] for field in FIELDS if source.has(field)} | set(coded.values())
    personal = [name for name in source.table.columns if name not in used and personal_kind(name)]
    hidden = [
        name for name in source.table.columns if name not in used and name not in personal and _holds(source, name)
    ]
    for field, column in sorted(coded.items()):
        source.book.note("D442", "personal", column=column, field=field)
    source.book.note("D443", "personal", len(personal) + len(hidden), columns=tuple(personal + hidden))
    rest = [name for name in source.table.columns if name not in used and name not in (*personal, *hidden)]
    source.book.note("D452", "unused", len(rest), columns=tuple(rest))


def _holds(source: Source, column: str) -> bool:
    """Whether the content of a column is personal, whatever it is called."""
    cells = source.table.columns[column]
    return any(isinstance(cell, str | int) and is_personal(str(cell)) for cell in cells)


def staff_like(channels: Labels) -> tuple[str, ...]:
    """Return the channels that look like staff's own work."""
    return tuple(name for name in channels.names if name and is_staff(name))
