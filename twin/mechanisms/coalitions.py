"""Coalitions: how a hard dispute with the property firm draws in others, up to a group event 群体事件.

What it does    From the stage of coalitions on, the oldest dispute with the firm in a grid recruits, from the
                plaintiff's household on: those who have joined speak to others of their building and, less, of
                their grid, and whoever is spoken to joins if the part of these that has joined reaches the own
                threshold, which a grievance lowers. Without being spoken to nobody joins, however ready. When
                enough of the grid have joined it is a group event. Sides of any hard dispute may also petition
                信访, unless their table is near (as in `stages`).
Why             Crowds are built by thresholds: whether one gathers hangs on the spread of thresholds, not on their
                mean [granovetter1978]. Coalitions are Glasl's fourth stage [glasl1982].
Leaves out      Leaders, chat groups, police, more than one coalition in a grid at a time; who knows whom: contacts
                are all households of the building and of the grid alike, not the ties of `ties`, so the graph is
                one of full cliques in a weaker one.
Ablation        own_weight 1: only the own building is seen. recruit_per_day 0: nobody joins the plaintiff.
                up_per_day 0 (in `stages`): no dispute comes so far. gain 0 (in `grievances`).
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
from twin.world.disputes import FIRM, NEVER, Dwellings, dwellings, is_open, near_table
from twin.world.series import in_window

NOBODY = -1


@dataclass(frozen=True)
class Coalitions:
    """How disputes draw in others."""

    from_stage: int = param(4, "1", 1, 9, source="glasl1982", evidence="published",
                            doc="stage from which a dispute with the firm recruits", zh="开始结盟的阶段")
    recruit_per_day: float = param(0.2, "1/day", 0.0, 100.0, source="scenario range", evidence="assumed",
                                   doc="households to which each household that has joined speaks in a day: the "
                                       "hazard of being spoken to where everybody has joined", zh="每户日均动员户数")
    mean_threshold: float = param(0.15, "1", 0.0, 1.0, source="granovetter1978", evidence="assumed",
                                  doc="mean of the part that must have joined before a household does", zh="平均门槛")
    threshold_spread: float = param(0.1, "1", 0.0, 1.0, source="granovetter1978", evidence="assumed",
                                    doc="standard deviation of the thresholds", zh="门槛差异")
    grievance_weight: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                    doc="by which a full grievance lowers the threshold", zh="积怨降低门槛")
    own_weight: float = param(0.6, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="weight of the own building in what a household sees, the grid has the rest",
                              zh="本楼权重")
    critical_share: float = param(0.25, "1", 0.01, 1.0, source="centola2018", evidence="published",
                                  doc="part of a grid's households that makes it a group event", zh="群体事件临界比例")
    petition_from_stage: int = param(5, "1", 1, 9, source="scenario range", evidence="assumed",
                                     doc="stage from which a side may petition", zh="信访起始阶段")
    petition_per_day: float = param(0.01, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                    doc="hazard of a petition while no table is near", zh="信访率")


def _happened(name: str) -> Any:
    def of(world: World) -> float | None:
        p: Any = world.levers["disputes"]
        on = getattr(world.disputes, name)
        return float(np.count_nonzero((on >= 0) & in_window(world, on * DAY_MINUTES))) if p.followed else None

    return of


@mechanism(
    phase=Phase.RESPOND,
    params=Coalitions,
    gates=["disputes.followed"],
    reads=[
        "disputes.respondent", "disputes.plaintiff", "disputes.stage", "disputes.settled_on", "disputes.faded_on",
        "disputes.agreed_on", "disputes.gave_up", "disputes.due_on", "disputes.table_on", "disputes.between_offices",
        "levers.stages.calm_days", "residents.household", "residents.grid", "residents.grievance",
        "households.flat", "flats.stairwell", "flats.building",
    ],
    owns={
        "households.side": Column(np.int32, "1", "row of the dispute whose coalition it is in, -1 if none", start=-1),
        "disputes.group_event_on": Column(np.int32, "day", "day on which it became a group event, -1 if not",
                                          start=NEVER),
        "disputes.petitioned_on": Column(np.int32, "day", "day of the first petition, -1 if none", start=NEVER),
    },
    metrics={
        "group_events": Metric(
            _happened("group_event_on"), "1", better="lower", en="Group events", zh="群体事件数",
            doc="disputes that became group events in the window", doc_zh="统计期内演变为群体事件的纠纷数",
        ),
        "petitions": Metric(
            _happened("petitioned_on"), "1", better="lower", en="Petitions", zh="信访数",
            doc="disputes over which a side petitioned for the first time in the window",
            doc_zh="统计期内首次引发信访的纠纷数",
        ),
    },
    sources=["granovetter1978", "glasl1982", "centola2018"],
)  # fmt: skip
def coalitions(world: View, p: Coalitions, draw: Draw, effects: Effects) -> None:
    """Let coalitions grow or dissolve, and sides petition."""
    if not len(world.disputes) or not len(world.households) or world.running_on:
        return
    homes = dwellings(world)
    grid = np.where(homes.head >= 0, world.residents.grid[homes.head], NOBODY).astype(np.int64)
    leading = leading_disputes(world, p, grid)
    petition(world, p, draw, effects)
    if not (leading >= 0).any() and not (world.households.side >= 0).any():
        return
    joined = members(world, p, draw, homes, grid, leading)
    effects.set("households", None, side=np.where(joined, leading, NOBODY).astype(np.int32))
    gather(world, p, grid, leading, joined, effects)


def leading_disputes(world: Any, p: Coalitions, grid: Ints) -> Ints:
    """Return the dispute that recruits in each household's grid, the oldest there; -1 where none does."""
    table = world.disputes
    hard = np.flatnonzero(is_open(world) & (table.respondent == FIRM) & (table.stage >= p.from_stage))
    of_grid = np.full(int(grid.max()) + 2, NOBODY, np.int64)
    of_grid[world.residents.grid[table.plaintiff[hard[::-1]]]] = hard[::-1]
    of_grid[NOBODY] = NOBODY
    return of_grid[grid]


def members(world: Any, p: Coalitions, draw: Draw, homes: Dwellings, grid: Ints, leading: Ints) -> Flags:
    """Tell which households are in their grid's coalition tonight."""
    recruiting = leading >= 0
    was = recruiting & (world.households.side == leading)
    starts = recruiting & (homes.head == np.append(world.disputes.plaintiff, NOBODY)[leading])
    seen = p.own_weight * part_of(homes.building, was) + (1 - p.own_weight) * part_of(grid + 1, was)
    spoken_to = draw.happens("spoken to", -np.expm1(-p.recruit_per_day * seen), world.households.key)
    carried = spoken_to & (seen >= thresholds(world, p, draw, homes))
    return recruiting & (was | starts | carried)


def part_of(group: Ints, joined: Flags) -> Floats:
    """Return the part of each household's group that has joined."""
    parts: Floats = (np.bincount(group, joined) / np.maximum(np.bincount(group), 1))[group]
    return parts


def thresholds(world: Any, p: Coalitions, draw: Draw, homes: Dwellings) -> Floats:
    """Return each household's threshold tonight."""
    own = p.mean_threshold + p.threshold_spread * draw.normal("threshold", world.households.key, 0)
    grievance = np.append(world.residents.grievance, 0.0)[homes.head]
    return own - p.grievance_weight * grievance


def gather(world: Any, p: Coalitions, grid: Ints, leading: Ints, joined: Flags, effects: Effects) -> None:
    """Make it a group event where enough of a grid have joined."""
    enough = joined & (part_of(grid + 1, joined) >= p.critical_share)
    rows = np.unique(leading[enough])
    rows = rows[world.disputes.group_event_on[rows] < 0]
    effects.set("disputes", rows, group_event_on=world.day)


def petition(world: Any, p: Coalitions, draw: Draw, effects: Effects) -> None:
    """Let sides of hard disputes petition whose table is not near."""
    table = world.disputes
    away = ~near_table(world, world.levers["stages"].calm_days)
    able = np.flatnonzero(is_open(world) & (table.stage >= p.petition_from_stage) & away & (table.petitioned_on < 0))
    acting = able[draw.happens("petition", -np.expm1(-p.petition_per_day), table.key[able])]
    effects.set("disputes", acting, petitioned_on=world.day)
