"""Promises: what a plan kept, or broken, does to trust.

What it does    A project finished by its day moves the trust of those for whom it is a step up; when its day has
                passed and it is not finished, a larger step down. All others learn of it as far as progress is
                disclosed, from time to time, all projects together.
Why             Openness about progress carries good news and bad [grimmelikhuijsen2013]: belief goes to what is
                true, so disclosing poor work costs trust; losing it is quicker than winning it
                [slovic1993, josang2002].
Leaves out      Rumour, spin, the quality of what was built; trust in anybody but the street office.
Ablation        step 0: no project moves trust. disclosure_reach 0: only those for whom a project is know of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Flags, Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.series import ratio
from twin.world.works import Homes, homes_of, reaches


@dataclass(frozen=True)
class Promises:
    """How far news of projects reaches, and how much it moves."""

    step: float = param(0.05, "1", 0.0, 0.5, source="josang2002", evidence="assumed",
                        doc="part of the way to full trust that one kept promise goes", zh="履约信任步长")
    loss_weight: float = param(2.25, "1", 1.0, 4.0, source="tversky1992", evidence="published",
                               doc="step of a broken promise, in steps of a kept one", zh="失约权重")
    disclosed_every_days: int = param(30, "day", 1, 3650, source="scenario range", evidence="assumed", lever=True,
                                      doc="days from one publication of progress to the next", zh="进度公开间隔",
                                      when="disclosure_reach")
    disclosure_reach: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                    doc="others whom a publication of progress reaches",
                                    zh="进度公开触达比例")


def promises_kept_share(world: World) -> float | None:
    """Projects finished by their day, of those whose day has come."""
    projects = world.projects
    due = (projects.due >= 0) & ((projects.due < world.days) | (projects.finished >= 0))
    kept = (projects.finished >= 0) & (projects.finished <= projects.due)
    return ratio(np.count_nonzero(kept & due), np.count_nonzero(due))


@mechanism(
    phase=Phase.SETTLE,
    params=Promises,
    gates=["works.followed"],
    reads=[
        "projects.due", "projects.finished", "projects.building", "projects.stairwell", "projects.grid",
        "residents.household", "residents.grid", "households.flat", "flats.building", "flats.stairwell", "flats.floor",
    ],
    adds=["residents.trust"],
    metrics={
        "promises_kept_share": Metric(
            promises_kept_share, "1", better="higher",
            en="Projects finished in time", zh="项目按期完工率",
            doc="projects finished by their planned last day / projects whose day has come by the horizon",
            doc_zh="按计划完工日完工的项目数 ÷ 截至期末应完工的项目数",
        )
    },
    sources=["grimmelikhuijsen2013", "slovic1993", "josang2002", "tversky1992"],
)  # fmt: skip
def promises(world: View, p: Promises, draw: Draw, effects: Effects) -> None:
    """Let those for whom projects are, and those whom today's publication reaches, learn what became of them."""
    if not len(world.projects) or not len(world.residents) or world.running_on:
        return
    kept, broken = decided_since(world, world.day)
    if (kept | broken).any():
        homes = homes_of(world)
        for project in map(int, np.flatnonzero(kept | broken)):
            moved = concerned(world, project, homes) * news(world, p, float(kept[project]))
            effects.add("residents", None, trust=moved)
    if (world.day + 1) % p.disclosed_every_days == 0:
        disclose(world, p, draw, effects)


def decided_since(world: Any, day: int) -> tuple[Flags, Flags]:
    """Tell which promises were kept, and which broken, from a day until today (projects,), (projects,)."""
    due, finished = world.projects.due, world.projects.finished
    kept = (finished >= day) & (finished <= due)
    broken = (due >= 0) & (due + 1 >= day) & (due < world.day) & ~((finished >= 0) & (finished <= due))
    return kept, broken


def disclose(world: Any, p: Promises, draw: Draw, effects: Effects) -> None:
    """Publish which promises of the interval were kept, if the day of any has come."""
    kept, broken = decided_since(world, world.day + 1 - p.disclosed_every_days)
    share_kept = ratio(np.count_nonzero(kept), np.count_nonzero(kept | broken))
    if share_kept is not None:
        reached = draw.happens("disclosed", p.disclosure_reach, world.residents.key)
        effects.add("residents", None, trust=reached * news(world, p, share_kept))


def news(world: Any, p: Promises, share_kept: float) -> Floats:
    """Return by how much news of this share of kept promises would move the trust of each (residents,)."""
    trust = world.residents.trust
    return p.step * (share_kept * (1 - trust) - p.loss_weight * (1 - share_kept) * trust)


def concerned(world: Any, project: int, homes: Homes) -> Flags:
    """Tell for whom a project is (residents,)."""
    one = world.projects
    return reaches(
        int(one.building[project]), int(one.stairwell[project]), int(one.grid[project]), homes, world.residents.grid
    )
