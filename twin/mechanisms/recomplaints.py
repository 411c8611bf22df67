"""Re-complaints: reporters who come again, and those who turn to a higher level.

What it does    A reporter whose matter was closed unsolved yesterday, or is open beyond its limit, may
                come again with the same matter or turn to a higher level instead. Each report leads to at
                most one of the two; a re-complaint can itself be followed by another.
Why             Repeat complaints at one address are about a fifth of all, half of them after false fixes
                [repeat_range]. They count failures of service, where reports count use of it.
Leaves out      Complaints about people, the press, what the higher level does with it.
Ablation        unsolved_chance 0 and overdue_hazard 0: nobody comes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.faults import about_a_fault, begun_in_window
from twin.world.outcomes import concluded_at, heads, limit_minutes, unserved
from twin.world.series import in_window, per_thousand_year, ratio

_THOUSAND = 1000


@dataclass(frozen=True)
class Recomplaints:
    """When a reporter comes again."""

    unsolved_chance: float = param(0.4, "1", 0.0, 1.0, source="repeat_range", evidence="assumed",
                                   doc="chance to act on the day after a matter was closed unsolved",
                                   zh="未解决后的行动概率")
    overdue_hazard: float = param(0.05, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="hazard to act on each day that an order is open beyond its limit",
                                  zh="超期后的每日行动风险率")
    higher_share: float = param(0.2, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="of those who act: turn to a higher level instead of coming again",
                                zh="越级反映占比")


def recomplaints_per_1000_year(world: World) -> float | None:
    """Re-complaints of the window."""
    return per_thousand_year(world, world.tickets.created[world.tickets.again])


def recomplaints_per_incident(world: World) -> float | None:
    """Re-complaints of the window about faults at places, over those that began in it."""
    return _per_incident(world, world.tickets.again & in_window(world, world.tickets.created))


def escalations_per_1000_year(world: World) -> float | None:
    """Turns to a higher level in the window."""
    return per_thousand_year(world, world.tickets.taken_higher)


def escalations_per_incident(world: World) -> float | None:
    """Turns to a higher level in the window about faults at places, over those that began in it."""
    return _per_incident(world, in_window(world, world.tickets.taken_higher))


def recomplaints_and_escalations_per_1000(world: World) -> float | None:
    """Re-complaints and turns to a higher level in the whole window."""
    tickets = world.tickets
    again = np.count_nonzero(in_window(world, tickets.created) & tickets.again)
    higher = np.count_nonzero(in_window(world, tickets.taken_higher))
    return ratio(_THOUSAND * (again + higher), len(world.residents))


def _per_incident(world: World, acts: Flags) -> float | None:
    return ratio(np.count_nonzero(acts & about_a_fault(world)), np.count_nonzero(begun_in_window(world)))


@mechanism(
    phase=Phase.ARRIVE,
    params=Recomplaints,
    reads=[
        "tickets.created", "tickets.incident", "tickets.reporter", "tickets.category", "tickets.channel",
        "tickets.priority", "tickets.grid", "tickets.x", "tickets.y", "tickets.closed", "tickets.merged",
        "tickets.merged_into", "tickets.abandoned", "tickets.solved", "levers.desk.limit_hours",
    ],
    owns={
        "tickets.pursued": Column(np.bool_, "1", "its reporter came again or turned to a higher level", start=False),
        "tickets.taken_higher": Column(
            np.float64, "min", "minute at which the reporter turned to a higher level", start=np.nan
        ),
    },
    spawns=["tickets"],
    metrics={
        "recomplaints_per_1000_year": Metric(
            recomplaints_per_1000_year, "1/year", better="lower",
            en="Re-complaints per 1,000 residents", zh="每千人年重复投诉数",
            doc="re-complaints created in the window per 1,000 residents and year",
            doc_zh="统计期内创建的重复投诉数，折算为每千居民每年",
        ),
        "recomplaints_per_incident": Metric(
            recomplaints_per_incident, "1", better="lower",
            en="Re-complaints per incident", zh="每事件重复投诉数",
            doc="re-complaints about faults at places, created in the window / faults at places that began in it",
            doc_zh="统计期内创建的、针对设施点事件的重复投诉数 ÷ 统计期内发生的设施点事件数",
        ),
        "escalations_per_1000_year": Metric(
            escalations_per_1000_year, "1/year", better="lower",
            en="Escalations per 1,000 residents", zh="每千人年越级反映数",
            doc="reporters who turned to a higher level in the window, per 1,000 residents and year",
            doc_zh="统计期内转向上级的诉求人次数，折算为每千居民每年",
        ),
        "escalations_per_incident": Metric(
            escalations_per_incident, "1", better="lower",
            en="Escalations per incident", zh="每事件越级反映数",
            doc="reporters who turned to a higher level in the window about faults at places "
                "/ faults at places that began in it",
            doc_zh="统计期内就设施点事件转向上级的诉求人次数 ÷ 统计期内发生的设施点事件数",
        ),
        "recomplaints_and_escalations_per_1000": Metric(
            recomplaints_and_escalations_per_1000, "1", better="lower",
            en="Re-complaints and escalations per 1,000 residents, whole window", zh="统计期每千人重复投诉与越级反映数",
            doc="re-complaints created and turns to a higher level in the window, per 1,000 residents",
            doc_zh="统计期内创建的重复投诉数与越级反映人次数之和，折算为每千居民",
        ),
    },
    sources=["repeat_range"],
)  # fmt: skip
def recomplaints(world: View, p: Recomplaints, draw: Draw, effects: Effects) -> None:
    """Let those whom yesterday left unserved come again this morning, at their own hour of the day."""
    if not _may_act(world).any():
        return
    tickets = world.tickets
    acting = np.concatenate((disappointed(world, p, draw), impatient(world, p, draw)))
    if not len(acting):
        return
    higher = draw.happens("higher", p.higher_share, tickets.key[acting], 0)
    minute = world.day * DAY_MINUTES + tickets.created[acting] % DAY_MINUTES
    effects.set("tickets", acting, pursued=True)
    effects.set("tickets", acting[higher], taken_higher=minute[higher])
    come_again(world, draw, acting[~higher], minute[~higher], effects)


def disappointed(world: Any, p: Recomplaints, draw: Draw) -> Ints:
    """Return the tickets that ended unsolved yesterday and whose reporters act on it.

    A reporter decides once about a ticket, whichever day it ends on.
    """
    tickets, today = world.tickets, world.day * DAY_MINUTES
    ended = concluded_at(world)
    yesterday = (ended >= today - DAY_MINUTES) & (ended < today)
    failed = np.flatnonzero(yesterday & ~tickets.solved[heads(world)] & _may_act(world))
    return failed[draw.happens("unsolved", p.unsolved_chance, tickets.key[failed], 0)]


def impatient(world: Any, p: Recomplaints, draw: Draw) -> Ints:
    """Return the tickets that are open beyond their limit and whose reporters lose patience today."""
    tickets, today = world.tickets, world.day * DAY_MINUTES
    overdue = tickets.created + limit_minutes(world) < today
    waiting = np.flatnonzero(overdue & unserved(world) & _may_act(world))
    return waiting[draw.happens("overdue", -np.expm1(-p.overdue_hazard), tickets.key[waiting])]


def _may_act(world: Any) -> Flags:
    return (world.tickets.reporter >= 0) & ~world.tickets.pursued


def come_again(world: Any, draw: Draw, rows: Ints, minute: Floats, effects: Effects) -> None:
    """Spawn the re-complaints: the same matter by the same reporter, a new ticket."""
    tickets = world.tickets
    effects.spawn(
        "tickets",
        draw.keys("again", tickets.key[rows], 0),
        created=minute,
        incident=tickets.incident[rows],
        reporter=tickets.reporter[rows],
        category=tickets.category[rows],
        channel=tickets.channel[rows],
        priority=tickets.priority[rows],
        again=True,
        grid=tickets.grid[rows],
        x=tickets.x[rows],
        y=tickets.y[rows],
    )
