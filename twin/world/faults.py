"""Faults at places, told from what a hotline's stream founds.

Both are rows of ``incidents``. A fault stands at a place, where anybody can come upon it; a row that the
hotline founds stands at none: it is there so that a report from outside has a matter, and is no incident
that could have gone unreported. All functions take the world or a mechanism's view of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.columns import Flags
from twin.world.series import in_window


def at_places(world: Any) -> Flags:
    """Tell which incidents are faults at places (incidents,)."""
    places: Flags = world.incidents.place >= 0
    return places


def begun_in_window(world: Any) -> Flags:
    """Tell which incidents are faults at places that began in the measuring window (incidents,)."""
    return at_places(world) & in_window(world, world.incidents.began)


def about_a_fault(world: Any) -> Flags:
    """Tell which tickets are about a fault at a place (tickets,)."""
    return np.isin(world.tickets.incident, world.incidents.key[at_places(world)])
