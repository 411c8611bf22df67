"""The words that rules may use: fields that they may read, and the closed list of what they may decide.

The vocabulary is an argument of everything here: the rule language knows no neighbourhood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.errors import Words, closest
from twin.rules.kinds import Choice, Kind

About = str  # "lever", "order", "vote", "project", "share", "work"; "" for what is only read

_WORD = re.compile(r"[A-Za-z]+|[0-9]+|[^\W\dA-Za-z_]+")


@dataclass(frozen=True)
class Entry:
    """A field that may be read, or a target that may be written; ``kind`` is ``None`` where the rule says it."""

    kind: Kind | None
    doc: str = ""
    about: About = ""
    optional: bool = False


@dataclass(frozen=True)
class Outcome:
    """What only people do or feel: the words it goes by, and the levers that could be meant."""

    title: Words
    words: tuple[str, ...]
    levers: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Everything that rules may name.

    ``fields`` are by entity (what a rule ``applies_to``), then by name; ``targets`` is the closed registry of levers,
    decisions and spawned work (a ``*`` in a name stands for one part of the author's choice); ``results`` are names of
    outcomes that the twin itself measures.
    """

    fields: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    targets: Mapping[str, Entry] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    results: frozenset[str] = frozenset()
    moments: tuple[str, ...] = ()

    def target(self, name: str) -> Entry | None:
        """Return what a registered name decides, ``None`` for any other name."""
        if name in self.targets:
            return self.targets[name]
        parts = name.split(".")
        for known, entry in self.targets.items():
            pattern = known.split(".")
            if "*" in pattern and len(pattern) == len(parts) and all(map(_fits, pattern, parts)):
                return entry
        return None

    def outcome(self, name: str) -> Outcome | None:
        """Return which outcome of people a name speaks of, if it does."""
        words = {one.casefold() for one in _WORD.findall(unicodedata.normalize("NFKC", name))}
        flat = name.casefold()
        for outcome in self.outcomes:
            for known in outcome.words:
                if known in words or (not known.isascii() and known in flat):
                    return outcome
        return None

    def levers_like(self, name: str) -> tuple[str, ...]:
        """Return the levers and decisions that could be meant by a name that is neither."""
        outcome = self.outcome(name)
        if outcome is not None:
            return outcome.levers
        last = name.rpartition(".")[2]
        by_last = {known.rpartition(".")[2]: known for known in self.targets}
        near = closest(name, self.targets) or by_last.get(last) or by_last.get(closest(last, by_last) or "")
        return (near,) if near else ()


def _fits(pattern: str, part: str) -> bool:
    return pattern in ("*", part)
