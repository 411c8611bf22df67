"""Rules about orders as the desk can carry them: times in whole seconds, words by their place in a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar, cast

from twin.rules.kinds import Choice, Free, Kind, Number
from twin.rules.model import Decider, Literal, Name, Node, Output, Parameter

SECOND, FINEST = Fraction(1, 60), 1_000_000
Said = TypeVar("Said")


def in_seconds(kind: Kind) -> Kind:
    """Return a kind of times with the step of the desk's clock; any other kind as it is."""
    if isinstance(kind, Number) and kind.step is None and kind.powers == (("time", 1),):
        return dataclasses.replace(kind, step=SECOND)
    return kind


def carried(value: Fraction) -> Fraction:
    """Return a number as the desk carries it: the nearest fraction whose denominator is at most a million."""
    return value.limit_denominator(FINEST)


def retyped_parameter(parameter: Parameter) -> Parameter:
    """Return a parameter whose values the desk can carry."""
    reigns = tuple(replace(one, value=carried(one.value)) if isinstance(one.value, Fraction) else one
                   for one in parameter.reigns)  # fmt: skip
    return replace(parameter, reigns=reigns)


def retyped(decider: Decider, words: Mapping[str, Choice]) -> Decider:
    """Return a table, rule or formula whose numbers and words have codes inside the desk.

    ``words`` are the lists of words of targets that take any word (a team).
    """
    return _changed(decider, lambda one: _retyped(one, words))


def _retyped(node: Any, words: Mapping[str, Choice]) -> Any:
    if isinstance(node, (Name, Output)):
        kind = words.get(node.name, node.kind) if isinstance(node.kind, Free) else in_seconds(node.kind)
    elif isinstance(node, Literal) and isinstance(node.value, Fraction):
        return dataclasses.replace(node, value=carried(node.value)) if carried(node.value) != node.value else node
    elif isinstance(node, Literal) and isinstance(node.kind, Free):
        kind = next((one for one in words.values() if node.value in one.values), node.kind)
    else:
        return node
    return node if kind is node.kind else dataclasses.replace(node, kind=kind)


def _changed(value: Said, change: Callable[[Any], Any]) -> Said:
    """Rebuild frozen dataclasses and tuples from the inside out; what does not change stays the same object."""
    if isinstance(value, tuple):
        items = tuple(_changed(one, change) for one in value)
        same = all(one is other for one, other in zip(items, value, strict=True))
        return value if same else cast(Said, items)
    if type(value).__module__ != Node.__module__ or not dataclasses.is_dataclass(value):
        return value
    fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    anew = {name: new for name, old in fields.items() if (new := _changed(old, change)) is not old}
    inner = dataclasses.replace(cast(Any, value), **anew) if anew else value
    return cast(Said, change(inner) if isinstance(inner, (Node, Output)) else inner)
