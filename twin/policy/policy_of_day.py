"""Policy: what the street office's rules say of the levers this morning.

What it does    Before the desk opens, every rule about levers that has a condition, a date or a table is asked with
                the day and the backlog of the evening before; levers take the values that rules give them, and where
                no rule speaks they go back to what the scenario says. Rules that hold for a whole run without a
                condition are settings of the arm and are not asked again.
Why             A policy moves levers, never people: whatever follows goes through the mechanisms that read them.
Leaves out      Rosters, calendars and dispatch rounds, which are laid out once for a run; foresight.
Ablation        The rule set taken out of the arm: levers stay where the scenario puts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Mechanism, View, mechanism
from twin.core.world import Phase
from twin.policy.levers import as_list
from twin.policy.policy import Policy
from twin.rules.kinds import Number, Value
from twin.rules.model import targets
from twin.rules.reference import Case
from twin.rules.vocabulary import Vocabulary


def policy_of(policy: Policy) -> Mechanism:
    """Return the mechanism that asks a policy's rules about levers every morning."""

    def before(world: View, p: None, draw: Draw) -> dict[str, Any]:
        return {path: _held(world.levers, path) for path in moved_levers(policy)}

    @mechanism(
        phase=Phase.DECIDE,
        reads=["tickets.created", "tickets.closed", "tickets.merged", "tickets.abandoned",
               *sorted({f"levers.{path.partition('.')[0]}" for path in moved_levers(policy)})],
        start=before, moves=True,
    )  # fmt: skip
    def policy_of_day(world: View, p: None, draw: Draw, effects: Effects) -> None:
        """Ask every rule about levers that is in force, and move what they say."""
        wanted = {**world.resource, **decided(policy, morning(world), world)}
        for path, value in wanted.items():
            if value != _held(world.levers, path):
                effects.move(path, value)

    return policy_of_day


def moved_levers(policy: Policy) -> list[str]:
    """Return the levers that rules may move from day to day, each once, sorted."""
    return sorted({one.name for rule in policy.levers.daily for one in targets(rule) if one.about == "lever"})


def morning(world: View) -> Mapping[str, Value]:
    """Return what rules about levers can go by: the date, and how many tickets are open."""
    clock, day, tickets = world.clock, world.day, world.tickets
    ended = np.fmin(np.fmin(tickets.closed, tickets.merged), tickets.abandoned)
    date = clock.date(day)
    return {"date": date, "weekday": Fraction(date.isoweekday()), "month": Fraction(date.month),
            "holiday": clock.is_holiday(day), "backlog": Fraction(int(np.isnan(ended).sum()))}  # fmt: skip


def decided(policy: Policy, given: Mapping[str, Value], world: View) -> dict[str, Any]:
    """Return the levers that rules move today, and their values; of two rules the one of higher priority counts."""
    today = world.clock.date(world.day)
    case = Case(policy.rules, today, given)
    found: dict[str, Any] = {}
    ranked = sorted(policy.levers.daily, key=lambda rule: -(rule.head.rank or 0))
    for rule in (one for one in ranked if one.head.span.holds(today)):
        for path, value in case.decision(rule).outputs.items():
            if path not in found and path in moved_levers(policy):
                found[path] = as_held(path, value, policy.vocabulary, _held(world.levers, path))
    return found


def as_held(path: str, value: Any, vocabulary: Vocabulary, before: Any) -> Any:
    """Return a rule's value as its block holds it: numbers in the parameter's own unit, lists as tuples."""
    if isinstance(before, tuple):
        return tuple(as_list(value))
    if not isinstance(value, Fraction):
        return value
    entry = vocabulary.target(path)
    kind = entry.kind if entry is not None else None
    number = value / kind.factor if isinstance(kind, Number) else value
    return int(number) if isinstance(before, int) else float(number)


def _held(levers: Mapping[str, Any], path: str) -> Any:
    """Return what a lever stands at."""
    name, *steps = path.split(".")
    here: Any = levers[name]
    for step in steps:
        here = here[step] if isinstance(here, Mapping) else getattr(here, step)
    return here
