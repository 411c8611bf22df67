"""Parameters: numbers (and words) with unit, range, source and grade of evidence.

A parameter is declared once, as a field of a frozen dataclass made with :func:`param`. The scenario
schema, ``twin params``, the ODD description and the documents are all generated from that declaration.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

Evidence = Literal["measured", "published", "expert", "assumed"]
GRADES: tuple[str, ...] = get_args(Evidence)

_METADATA_KEY = "twin.param"


@dataclass(frozen=True)
class ParamSpec:
    """What is known of one parameter besides its value.

    ``unit`` is ``"1"`` for a pure number and ``""`` for a word or a switch; ``low`` and ``high`` are
    the ends of the plausible range, in that unit, both inclusive (``None``: no bound, words only).
    ``source`` is a key of ``docs/sources.yaml`` or a short phrase; ``evidence`` grades it. A ``lever``
    is a parameter that policy may move. A ``file`` is the name of data that ship with the twin, one of the
    ``choices``, or the path of a file of one's own. ``when`` says under which values of its neighbours in the
    block it acts at all: ``dedup`` (is on, or is not 0), ``law=gamma|lognormal``, several joined by `` & ``.
    """

    unit: str
    low: float | None
    high: float | None
    source: str
    evidence: Evidence
    doc: str
    zh: str
    lever: bool
    choices: tuple[str, ...] = ()
    file: bool = False
    when: str = ""


def param(
    default: Any,
    unit: str,
    low: float | None = None,
    high: float | None = None,
    *,
    source: str,
    evidence: Evidence,
    doc: str = "",
    zh: str = "",
    lever: bool = False,
    choices: tuple[str, ...] = (),
    file: bool = False,
    when: str = "",
) -> Any:
    """Declare a dataclass field as a parameter.

    A callable ``default`` is a factory (for maps and nested blocks).
    """
    spec = ParamSpec(unit, low, high, source, evidence, doc, zh, lever, choices, file, when)
    metadata = {_METADATA_KEY: spec}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def spec_of(declared: dataclasses.Field[Any]) -> ParamSpec | None:
    """Return the specification of a dataclass field, or ``None`` for a plain field."""
    return declared.metadata.get(_METADATA_KEY)


def parameters_of(block: type | object) -> Iterator[tuple[dataclasses.Field[Any], ParamSpec]]:
    """Yield (field, specification) for every parameter of a dataclass or of one of its instances."""
    for declared in dataclasses.fields(block):  # type: ignore[arg-type]
        spec = spec_of(declared)
        if spec is not None:
            yield declared, spec


def conditions_of(spec: ParamSpec) -> list[tuple[str, tuple[str, ...]]]:
    """Return (neighbour, the words that it must hold one of) for each condition; no words: on, or not 0."""
    parts = [part.strip().partition("=") for part in spec.when.split("&") if part.strip()]
    return [(name, tuple(words.split("|")) if words else ()) for name, _, words in parts]


def acts(block: object, spec: ParamSpec) -> bool:
    """Whether a parameter of a block can make any difference, as far as ``when`` tells."""
    return all(
        getattr(block, name) in words if words else bool(getattr(block, name)) for name, words in conditions_of(spec)
    )


def files_of(block: type | object) -> Iterator[tuple[str, ParamSpec]]:
    """Yield (name, specification) for every parameter of a block that may be the path of a file."""
    for declared, spec in parameters_of(block):
        if spec.file:
            yield declared.name, spec


class Doubt(NamedTuple):
    """Parameters that can be used, though hardly anybody would mean it: a code of the registry, the field, values."""

    code: str
    name: str
    values: dict[str, Any]


def doubts_of(block: object) -> list[Doubt]:
    """Return what is doubtful about a block: what its ``doubts()`` says, if it has one."""
    doubts = getattr(block, "doubts", None)
    return [] if doubts is None else list(doubts())


def mistakes_of(block: object) -> list[Doubt]:
    """Return what a block cannot be used with: what its ``mistakes()`` says, if it has one."""
    mistakes = getattr(block, "mistakes", None)
    return [] if mistakes is None else list(mistakes())


def wrong_lengths(block: object, lengths: Mapping[str, tuple[int, int]]) -> list[Doubt]:
    """Return the lists of a block with fewer items, or with more, than are needed (least and most of each)."""
    found = []
    for name, (least, most) in lengths.items():
        count = len(getattr(block, name))
        if not least <= count <= most:
            found.append(Doubt("S155", name, {"least": least, "most": most, "found": count}))
    return found


def own_file_digest(name: str, shipped: Collection[str]) -> str:
    """Return the SHA-256 of a file of one's own, "" for what ships with the twin."""
    return "" if name in shipped else hashlib.sha256(Path(name).read_bytes()).hexdigest()


def data_digest_of(block: object) -> str:
    """Return the digest of the data that a block of parameters reads: what its ``data_digest()`` says, if it has one.

    "" where nothing is read. Data that cannot be read raise an InputError.
    """
    digest = getattr(block, "data_digest", None)
    return "" if digest is None else str(digest())
