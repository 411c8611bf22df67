"""Incidents, one place and one order at a time."""

import math

from tests.reference import DAY, today
from twin.core.world import Phase


def incidents(world, p, luck, note):
    if world.phase is Phase.ARRIVE:
        for place in range(len(world.places)):
            key, tomorrow = int(world.places.key[place]), world.day + 1
            if tomorrow == world.days or not luck.happens("fault", 1 - math.exp(-p.faults_per_place_year / 365), key):
                continue
            began = (tomorrow + luck.uniform("minute", key)) * DAY
            where = {name: getattr(world.places, name)[place] for name in ("category", "grid", "x", "y")}
            ended = began + luck.exponential("life", p.lifetime_days, key) * DAY
            note.spawn("incidents", luck.key("fault", key), began=began, ended=ended, place=place, **where)
        return
    for row in range(len(world.incidents)):
        ends = [world.incidents.ended[row], world.incidents.until[row]]
        for ticket in range(len(world.tickets)):
            of_it = world.tickets.incident[ticket] == world.incidents.key[row]
            if of_it and world.tickets.solved[ticket] and today(world, world.tickets.done[ticket]):
                ends.append(world.tickets.done[ticket])
        if min(ends) < world.incidents.ended[row]:
            note.set("incidents", row, ended=min(ends))
