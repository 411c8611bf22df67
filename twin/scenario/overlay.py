"""Laying one text over another: files on files, arms on the scenario, ``--set`` on everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from twin.core.marked_yaml import Marked, Source, read_value
from twin.errors import Complaint, InputError, closest
from twin.scenario.faults import key_values

MOST_LIKES = 64
MOST_STEPS = 16


def overlay(base: Marked | None, over: Marked) -> Marked:
    """Lay ``over`` on ``base``: maps are merged deeply, all else replaced, ``key: null`` takes away."""
    if base is None or base.kind != "map" or over.kind != "map":
        return over
    values, keys = dict(base.value), dict(base.keys)
    for key, above in over.value.items():
        below = values.pop(key, None)
        keys.pop(key, None)
        if above.value is not None or below is None:
            values[key], keys[key] = overlay(below, above), over.keys[key]
    ordered = [key for key in base.value if key in values] + [key for key in values if key not in base.value]
    return Marked(
        {key: values[key] for key in ordered}, over.source, over.start, over.end, {key: keys[key] for key in ordered}
    )


def part(tree: Marked, names: Sequence[str]) -> Marked:
    """Return the map with only these keys."""
    values = {key: below for key, below in tree.value.items() if key in names}
    return Marked(values, tree.source, tree.start, tree.end, {key: tree.keys[key] for key in values})


def arms_of(tree: Marked) -> Mapping[str, Marked]:
    """Return the arms that a scenario's tree names."""
    arms = tree.value.get("arms")
    return arms.value if arms is not None and arms.kind == "map" else {}


def likes(name: str, arms: Mapping[str, Marked]) -> list[str]:
    """Return the arms of which ``name`` is a changed copy, the first original first; raises S110, S111."""
    chain = [name]
    while (like := _like(arms[chain[-1]])) is not None:
        if like.value not in arms:
            near = closest(like.value, arms)
            raise InputError.of("S110", like.place, arm=like.value, suggestion=near, known=tuple(arms))
        if like.value in chain or len(chain) > MOST_LIKES:
            raise InputError.of("S111", like.place, circle=" -> ".join([*chain[-4:], like.value]))
        chain.append(like.value)
    return chain[::-1]


def _like(arm: Marked) -> Marked | None:
    like = arm.value.get("like") if arm.kind == "map" else None
    return like if like is not None and isinstance(like.value, str) else None


@dataclass(frozen=True)
class Setting:
    """One ``--set path=value``: the steps of the path, each with its place, and the value."""

    steps: tuple[Marked, ...]
    value: Marked

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the steps."""
        return tuple(step.value for step in self.steps)

    @property
    def tree(self) -> Marked:
        """The setting as an overlay."""
        node = self.value
        for step in reversed(self.steps):
            node = Marked({step.value: node}, step.source, step.start, node.end, {step.value: step})
        return node

    def unknown(self, tree: Marked) -> Complaint | None:
        """Say which step of the path is not in ``tree``, if any; an empty map takes new names."""
        here = tree
        for number, step in enumerate(self.steps):
            if here.kind == "map" and not here.value and number:
                return None
            if here.kind != "map" or step.value not in here.value:
                return _unknown_step(self, number, tuple(here.value) if here.kind == "map" else ())
            here = here.value[step.value]
        return None


def setting(text: str, number: int) -> Setting:
    """Read the ``number``-th ``--set``; raises S123, or what is wrong with its value."""
    source = Source(place_name(number), (text,), text)
    path, sign, value = text.partition("=")
    steps = tuple(_steps(path, source))
    if not sign or not value.strip() or not all(step.value for step in steps) or len(steps) > MOST_STEPS:
        raise InputError.of("S123", source.place((0, 0), (0, len(text))))
    return Setting(steps, read_value(value, text, len(path) + 1, source.name))


def place_name(number: int) -> str:
    """Return what messages call the ``number``-th ``--set``."""
    return f"<--set #{number}>"


def _steps(path: str, source: Source) -> Iterator[Marked]:
    column = 0
    for step in path.split("."):
        begin = column + len(step) - len(step.lstrip())
        yield Marked(step.strip(), source, (0, begin), (0, begin + len(step.strip())))
        column += len(step) + 1


def _unknown_step(found: Setting, number: int, known: tuple[str, ...]) -> Complaint:
    step = found.steps[number]
    return Complaint("S101", step.place, key_values(found.path[: number + 1], known))
