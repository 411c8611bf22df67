"""Access: which facilities somebody in a wheelchair can reach, and what removing barriers opens up.

What it does    Some pieces of street have a barrier: steps, a kerb, a parked car. Facilities stand at junctions. Who
                walks passes all pieces, who cannot walk freely only those without a barrier, and more slowly. By
                the first day that is measured barriers are removed, which is booked: any of them, or those that
                open up most; more when the lever moves.
Why             One barrier on every way is enough to cut a place off; barriers removed one by one may bring
                nothing until the last [seeds]. Reach is a search over pieces without barriers.
Leaves out      Slopes, surfaces, lifts inside buildings, help by others, opening hours.
Ablation        removed_share 1: a wheelchair reaches what its speed lets it reach. 0: nothing is opened up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.ledger import BARRIERS, booked_yuan, to_fen
from twin.world.places.build import Places
from twin.world.reach import reached_share
from twin.world.roads import lattice, roads_of
from twin.world.series import mean
from twin.world.tables import MOBILITIES

_HOUR_MINUTES = 60
_METRES = 1000.0
_WALKS = MOBILITIES.index("walks")
_ONE = np.zeros(1, np.uint64)


@dataclass(frozen=True)
class Access:
    """The ``access:`` block: barriers, facilities, and which barriers go."""

    facilities: int = param(
        0,
        "1",
        0,
        1000,
        source="the scenario's author",
        evidence="assumed",
        doc="clinics, canteens, toilets and shops, at junctions (0: access is not followed)",
        zh="服务设施数（0：不模拟）",
    )
    barrier_share: float = param(
        0.2,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="pieces of street with a barrier",
        zh="有障碍路段占比",
        when="facilities",
    )
    removed_share: float = param(
        0.0,
        "1",
        0.0,
        1.0,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="share of the barriers removed by the first day that is measured",
        zh="消除障碍占比",
        when="facilities",
    )
    chosen_by: str = param(
        "lot",
        "",
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        choices=("lot", "gain"),
        doc="which barriers go: any, or one after the other that which opens up most",
        zh="消除次序：随机或按收益",
        when="facilities",
    )
    minutes: float = param(
        15.0,
        "min",
        1.0,
        240.0,
        source="mohurd2018",
        evidence="published",
        doc="longest way that counts as within reach",
        zh="可达时限",
        when="facilities",
    )
    walking_kmh: float = param(
        4.5,
        "km/h",
        0.5,
        8.0,
        source="scenario range",
        evidence="assumed",
        doc="speed of who walks freely",
        zh="步行速度",
        when="facilities",
    )
    wheelchair_kmh: float = param(
        3.0,
        "km/h",
        0.5,
        8.0,
        source="scenario range",
        evidence="assumed",
        doc="speed of who does not",
        zh="轮椅速度",
        when="facilities",
    )
    barrier_yuan: float = param(
        8000.0,
        "yuan",
        0.0,
        1e6,
        source="scenario range",
        evidence="assumed",
        doc="cost of removing a barrier",
        zh="单处无障碍改造费用",
        when="facilities",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def _of_residents(world: World, walking: bool) -> float | None:
    residents = world.residents
    those = ((residents.mobility == _WALKS) == walking) & ~np.isnan(residents.reach)
    return mean(residents.reach[those].astype(np.float64))


def wheelchair_reach_share(world: World) -> float | None:
    """Facilities within reach of residents who do not walk freely."""
    return _of_residents(world, walking=False)


def walker_reach_share(world: World) -> float | None:
    """Facilities within reach of residents who walk freely."""
    return _of_residents(world, walking=True)


def barriers_left(world: World) -> float | None:
    """Pieces of street that still have a barrier."""
    return float(np.count_nonzero(world.paths.barrier)) if len(world.paths) else None


def barrier_removal_yuan(world: World) -> float | None:
    """Booked for removing barriers in the window."""
    return booked_yuan(world, [BARRIERS]) if len(world.paths) else None


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Access,
    reads=["paths.start", "paths.end", "paths.metres", "paths.x", "paths.y", "residents.mobility", "residents.x",
           "residents.y", "buildings.x", "buildings.y"],
    owns={
        "paths.barrier": Column(np.bool_, "1", "cannot be passed without walking freely", start=False),
        "paths.removed": Column(np.bool_, "1", "had a barrier that was removed", start=False),
        "residents.reach": Column(np.float32, "1", "share of facilities within reach; NaN: not followed", start=np.nan),
    },
    spawns=["paths", "postings"],
    metrics={
        "wheelchair_reach_share": Metric(
            wheelchair_reach_share, "1", better="higher", en="Within reach of a wheelchair", zh="轮椅可达设施占比",
            doc="mean share of facilities within access.minutes, residents who need help to walk or cannot leave home",
            doc_zh="行动不便居民在规定时限内无障碍可达的设施占比的平均",
        ),
        "walker_reach_share": Metric(
            walker_reach_share, "1", better="higher", en="Within reach on foot", zh="步行可达设施占比",
            doc="mean share of facilities within access.minutes, residents who walk freely",
            doc_zh="行动自如居民在规定时限内可达的设施占比的平均",
        ),
        "barriers_left": Metric(
            barriers_left, "1", better="lower", en="Barriers that are left", zh="剩余障碍数",
            doc="pieces of street that still have a barrier", doc_zh="仍有障碍的路段数",
        ),
        "barrier_removal_yuan": Metric(
            barrier_removal_yuan, "yuan", better="lower", en="Cost of removing barriers", zh="消除障碍费用",
            doc="what was booked in the window: barriers removed, times the cost of one",
            doc_zh="统计期内入账的费用：消除的障碍数 × 单处费用",
        ),
    },
    sources=["seeds", "mohurd2018"],
)  # fmt: skip
def access(world: View, p: Access, draw: Draw, effects: Effects) -> None:
    """Lay out the paths (in ARRIVE of the first day); remove barriers and see who reaches what (in RESPOND)."""
    if not p.facilities:
        return
    if world.phase is Phase.ARRIVE:
        if world.day == 0:
            lay_out(world, p, draw, effects)
    elif len(world.paths.start):
        count = due(world, p)
        if world.day == 0 or count:
            open_up(world, p, draw, effects, count)


def lay_out(world: View, p: Access, draw: Draw, effects: Effects) -> None:
    """Spawn the pieces of street, some of them with a barrier."""
    if len(world.paths):
        return
    ground, buildings = world.ground, world.buildings
    roads = roads_of(ground) if isinstance(ground, Places) else lattice(buildings.x, buildings.y)
    once = np.arange(len(roads.start) // 2)
    numbers = once.astype(np.uint64)
    place = roads.start_xy[once] / _METRES
    effects.spawn(
        "paths", draw.keys("path", numbers), start=roads.start[once], end=roads.end[once], metres=roads.metres[once],
        x=place[:, 0], y=place[:, 1], barrier=draw.happens("barrier", p.barrier_share, numbers, 0),
    )  # fmt: skip


def due(world: Any, p: Access) -> int:
    """Return how many barriers are to be removed today: what the lever wants by now and is not done."""
    if not world.warm_up_days <= world.day < world.days:
        return 0
    done, left = int(np.count_nonzero(world.paths.removed)), int(np.count_nonzero(world.paths.barrier))
    return max(round(p.removed_share * (left + done)) - done, 0)


def open_up(world: Any, p: Access, draw: Draw, effects: Effects, count: int) -> None:
    """Remove barriers, book it, and tell every resident what is within reach."""
    paths = world.paths
    start, end, metres = paths.start.astype(np.int64), paths.end.astype(np.int64), paths.metres
    nodes = int(max(start.max(), end.max())) + 1
    at = np.zeros((nodes, 2))
    at[start] = np.stack([paths.x, paths.y], axis=1)
    known = np.unique(start)
    home = known[((homes(world)[:, None] - at[known]) ** 2).sum(axis=2).argmin(axis=1)]
    facility = known[np.argsort(draw.uniform("facility", known.astype(np.uint64), 0), kind="stable")[: p.facilities]]
    walks = world.residents.mobility == _WALKS
    frail = np.bincount(home[~walks], minlength=nodes).astype(np.float64)
    chair_metres = p.minutes / _HOUR_MINUTES * p.wheelchair_kmh * _METRES

    def worth(barrier: Flags) -> float:
        free = ~barrier
        return float(frail @ reached_share(start[free], end[free], metres[free], nodes, facility, chair_metres))

    barrier = left_of(p, draw, paths.key, paths.barrier.copy(), worth, count)
    free = ~barrier
    by_chair = reached_share(start[free], end[free], metres[free], nodes, facility, chair_metres)
    on_foot = reached_share(start, end, metres, nodes, facility, p.minutes / _HOUR_MINUTES * p.walking_kmh * _METRES)
    effects.set("paths", None, barrier=barrier, removed=paths.removed | (paths.barrier & ~barrier))
    if fen := count * to_fen(p.barrier_yuan):
        effects.spawn("postings", draw.keys("removal", _ONE), day=world.day, account=BARRIERS, fen=fen)
    effects.set("residents", None, reach=np.where(walks, on_foot[home], by_chair[home]).astype(np.float32))


def homes(world: Any) -> Floats:
    """Return where residents live (residents, 2) [km]."""
    return np.stack([world.residents.x, world.residents.y], axis=1).astype(np.float64)


def left_of(p: Access, draw: Draw, keys: Any, barrier: Flags, worth: Any, count: int) -> Flags:
    """Return the barriers that are left: those removed go by lot, or the one that opens up most first."""
    there = np.flatnonzero(barrier)
    lot = there[np.argsort(draw.uniform("lot", keys[there], 0), kind="stable")]
    left = barrier.copy()
    if p.chosen_by == "lot":
        left[lot[:count]] = False
        return left
    for _ in range(count):
        left[best_of(lot[left[lot]], left, worth)] = False
    return left


def best_of(candidates: Ints, left: Flags, worth: Any) -> int:
    """Return the barrier whose removal opens up most; of equals the first by lot."""
    gains = []
    for one in candidates.tolist():
        without = left.copy()
        without[one] = False
        gains.append(worth(without))
    return int(candidates[int(np.argmax(gains))])
