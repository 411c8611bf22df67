"""Which names an expression may use, and where complaints about it go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from twin.errors import Complaint, Place, closest
from twin.rules.kinds import Choice, Group, Kind
from twin.rules.model import Origin

PARAMETERS = "p."
MOST_SUGGESTIONS = 200
MOST_KNOWN = 1000


@dataclass(frozen=True)
class Binding:
    """What a name stands for."""

    kind: Kind
    origin: Origin
    optional: bool = False


@dataclass(frozen=True)
class Scope:
    """The names in sight; ``used`` collects those that are looked up, ``prefix`` may precede members of a group."""

    names: Mapping[str, Binding]
    parameters: Mapping[str, Kind]
    complain: Callable[[Complaint], None]
    used: set[str] = field(default_factory=set)
    prefix: str = ""
    looked_up: list[str] = field(default_factory=list)

    def find(self, name: str) -> Binding | None:
        """Return what a name stands for; note that it is used."""
        if name.startswith(PARAMETERS):
            kind = self.parameters.get(name.removeprefix(PARAMETERS))
            found = None if kind is None else Binding(kind, "parameter")
        else:
            found = self.names.get(name)
        if found is not None:
            self.used.add(name)
        return found

    def groups(self) -> dict[str, Group]:
        """Return the groups in sight."""
        return {name: one.kind for name, one in self.names.items() if isinstance(one.kind, Group)}

    def inside(self, name: str, group: Group) -> Scope:
        """Return the scope of what is asked of the members of a group: ``age``, or in full ``residents.age``."""
        members = {one.name: Binding(one.kind, "member", one.optional) for one in group.members}
        full = {f"{name}.{short}": one for short, one in members.items()}
        return replace(self, names={**self.names, **full, **members}, prefix=name + ".")

    def unknown(self, name: str, place: Place) -> None:
        """Complain that nothing has this name."""
        if name.startswith(PARAMETERS):
            known = sorted(PARAMETERS + one for one in self.parameters)
            self._say("E104", place, name, known)
        else:
            self._say("E101", place, name, sorted(self.names))

    def _say(self, code: str, place: Place, name: str, known: list[str]) -> None:
        values = {"name": name, "suggestion": self.nearest(name, known), "known": tuple(known)}
        self.complain(Complaint(code, place, values))

    def nearest(self, word: str, known: Sequence[str]) -> str | None:
        """Return the known word that is most like a word; a file of nothing but faults gets only the first ones."""
        self.looked_up.append(word)
        return closest(word, known[:MOST_KNOWN]) if len(self.looked_up) <= MOST_SUGGESTIONS else None

    def word(self, word: str, kind: Choice, place: Place) -> bool:
        """Tell whether a word is a value of a choice; complain when it is not."""
        if word in kind.values:
            return True
        near = self.nearest(word, kind.values)
        values = {"value": word, "name": kind.name, "suggestion": near, "known": kind.values}
        self.complain(Complaint("E102", place, values))
        return False


def nothing_in_sight(complain: Callable[[Complaint], None]) -> Scope:
    """Return a scope without names (for values that are written down)."""
    return Scope({}, {}, complain)
