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
        mended = [
            world.tickets.done[ticket]
            for ticket in range(len(world.tickets))
            if world.tickets.incident[ticket] == world.incidents.key[row]
            and world.tickets.solved[ticket]
            and today(world, world.tickets.done[ticket])
        ]
        if mended:
            note.set("incidents", row, ended=min(*mended, world.incidents.ended[row]))
