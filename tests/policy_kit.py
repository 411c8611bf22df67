"""What the tests of policies share: rules from text, told to a desk of two teams."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np

from tests.desk_kit import AROUND_THE_CLOCK, DAY, opened
from twin.desk.checks import check
from twin.desk.desk import Desk
from twin.desk.layout import Status
from twin.desk.rulebook import FACTS
from twin.desk.settings import Service, Team
from twin.errors import Complaint
from twin.policy.orders import Office, OrderRules, order_rules
from twin.policy.recorded import retold
from twin.policy.vocabulary import LEVELS, rule_vocabulary
from twin.rules.check import check_reading
from twin.rules.model import RuleSet
from twin.rules.read import read_text_rules
from twin.rules.vocabulary import Vocabulary
from twin.scenario.vocabulary import known_blocks
from twin.world.tables import CHANNELS

CATEGORIES = ("noise", "pets", "parking")
OFFICE = Office(CATEGORIES, ("a", "b"), {
    "category": CATEGORIES, "channel": CHANNELS, "level": LEVELS.values,
    "status": tuple(one.name.lower() for one in Status),
})  # fmt: skip
START, END = dt.date(2024, 1, 1), dt.date(2024, 3, 1)
SETTINGS = replace(
    AROUND_THE_CLOCK, teams={"a": Team(workers=1, calendar="5x8"), "b": Team(workers=1, calendar="7x12")},
    service=Service(law="exponential", mean_hours=2.0), discipline="priority",
)  # fmt: skip


def vocabulary() -> Vocabulary:
    """The words of this twin's rules, with the categories of these tests."""
    known = known_blocks()
    return rule_vocabulary(known.blocks, known.metrics, CATEGORIES)


def read(text: str) -> RuleSet:
    """Rules from a text that must be sound."""
    words = vocabulary()
    reading = read_text_rules(text, words, "rules.yaml")
    found = [one.code for one in check_reading(reading, words).findings if not one.code.startswith("W")]
    assert not found, found
    return reading.rules


def told(text: str) -> OrderRules:
    """What the desk is told by rules that it can follow."""
    rules, complaints = order_rules(read(text), START, END, OFFICE)
    assert rules is not None, [one.code for one in complaints]
    return rules


def refused(text: str) -> list[Complaint]:
    """What speaks against telling these rules to the desk."""
    rules, complaints = order_rules(read(text), START, END, OFFICE)
    assert rules is None
    return complaints


def lived(rules: OrderRules | None, created: Any, *, days: int = 40, plain: bool = False, settings: Any = SETTINGS,
          facts: Any = None, **more: Any) -> Desk:  # fmt: skip
    """A desk that has lived by rules, day by day and rule book by rule book."""
    n = len(created)
    given = np.tile([3.0, 0.0, np.nan, np.nan], (n, 1)) if facts is None else np.asarray(facts, np.float64)
    assert given.shape == (n, len(FACTS))
    names: dict[str, Any] = {}
    if rules is not None:
        names = {"book": rules.epochs[0].book, "merging": rules.merging, "refusal": rules.refusal}
    desk = opened(settings, [], plain=plain, categories=CATEGORIES, **names)
    desk.feed(
        key=np.arange(1, n + 1, dtype=np.uint64), created=np.asarray(created, np.float64),
        incident=np.asarray(more.get("incident", np.arange(1, n + 1)), np.uint64),
        category=np.broadcast_to(more.get("category", np.arange(n) % 3), n),
        priority=np.broadcast_to(more.get("priority", 2), n), channel=np.zeros(n, np.int64),
        grid=np.zeros(n, np.int64), x=np.zeros(n), y=np.zeros(n), ticket=np.arange(n),
        facts=None if rules is None else given,
    )  # fmt: skip
    taken_up = 0
    for day in range(days):
        later = rules.epochs[taken_up + 1 :] if rules is not None else ()
        if later and later[0].start <= START + dt.timedelta(days=day):
            desk.take_up(later[0].book)
            taken_up += 1
        desk.advance((day + 1) * DAY)
    check(desk)
    return desk


def disagreements(desk: Desk, rules: OrderRules) -> list[tuple[str, int, int]]:
    """Decisions of which the exact reference says another row: (rule, its row, the desk's row)."""
    found = []
    for line in desk.ruled:
        epoch = rules.epochs[line["epoch"]]
        step = epoch.steps[line["step"]]
        assert step is not None
        heard = desk.heard[line["heard"] : line["heard"] + len(epoch.fields[step.moment])]
        day = START + dt.timedelta(days=int(line["minute"] // DAY))
        for one in retold(epoch, step.moment, heard, day, rules.office):
            if one.step is step and one.row != line["row"]:
                found.append((step.decider.head.name, one.row, int(line["row"])))
    return found
