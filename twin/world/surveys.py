"""Whose satisfaction is counted: of residents with their living conditions, as it is and as a survey had it."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Ints
from twin.world.series import in_window, share
from twin.world.tables import AGE_GROUPS
from twin.world.wellbeing import SATISFIED_LEVEL, level_at

LIVING = 2  # kind of an answer, after call-back and survey of the street office
_CHILD = AGE_GROUPS.index("child")


def living_satisfied_true(world: Any) -> float | None:
    """Return the share of residents above 14 at level 4 or 5; None where living conditions are not followed."""
    return _satisfied(world, followed(world))


def less_served_satisfied(world: Any) -> float | None:
    """Return the same of the half for whom least has become better at home; None where nothing was decided."""
    asked = followed(world)
    if not len(world.projects) or not asked.any():
        return None
    risen = world.residents.used_to - world.residents.first_conditions
    return _satisfied(world, asked & (risen <= np.median(risen[asked])))


def followed(world: Any) -> Flags:
    """Tell which residents above 14 have their living conditions followed (residents,)."""
    return (world.residents.age_group != _CHILD) & (world.residents.first_conditions >= 0)


def _satisfied(world: Any, asked: Flags) -> float | None:
    residents, scale = world.residents, world.levers["measurement"]
    opinion = residents.living_satisfaction[asked] + scale.temper_weight * residents.temper[asked]
    return share(level_at(opinion, scale.level_width) >= SATISFIED_LEVEL)


def living_satisfied_reported(world: Any) -> float | None:
    """Return the share at level 4 or 5 of the answers to the window's last survey; None without one."""
    return share(world.answers.level[last_answers(world)] >= SATISFIED_LEVEL)


def last_answers(world: Any) -> Ints:
    """Return the answers to the last survey of living conditions in the window."""
    held = world.answers.day.astype(np.float64) * DAY_MINUTES
    counted = (world.answers.kind == LIVING) & in_window(world, held)
    last = world.answers.day[counted].max(initial=0)
    return np.flatnonzero(counted & (world.answers.day == last))
