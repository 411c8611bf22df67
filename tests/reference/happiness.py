"""Happiness, one resident at a time."""

from statistics import pstdev

from twin.core.draws import Draw
from twin.world.works import DOMAINS


def home_of(world, who):
    """The flat that a resident lives in, None for nobody's household."""
    household = world.residents.household[who]
    return None if household < 0 or world.households.flat[household] < 0 else world.households.flat[household]


def quality_at_home(world, who, domain):
    flat = home_of(world, who)
    if flat is None or (domain == "lift" and world.flats.floor[flat] <= 1):
        return 0.0
    return float(getattr(world.buildings, f"quality_{domain}")[world.flats.building[flat]])


def conditions(world, who):
    return sum(getattr(world.residents, f"need_{one}")[who] * quality_at_home(world, who, one) for one in DOMAINS)


def happiness(world, p, luck, note):
    residents = world.residents
    if not world.levers["works"].followed or world.running_on:
        return
    firsts = [known_by(world, who) if residents.first_ties[who] < 0 else residents.first_ties[who]
              for who in range(len(residents))]  # fmt: skip
    spread = pstdev(map(float, firsts))
    before_the_first_day = Draw(luck.draw.seed, "happiness", -1)
    for who in range(len(residents)):
        luck_of_birth = float(before_the_first_day.normal("set_point", residents.key[who : who + 1], 0)[0])
        set_point = min(max(p.mean_points + p.spread_points * luck_of_birth, 0), 10)
        now, before = conditions(world, who), residents.used_to[who]
        jump = p.conditions_points * (now - before) if before >= 0 else 0
        uplift = residents.uplift[who] * 2 ** (-1 / (365 * p.half_life_years)) + (1 - p.lasting_share) * jump
        lasting = residents.lasting_uplift[who] + p.lasting_share * jump
        points = set_point + uplift + lasting - p.annoyance_points * residents.annoyed[who]
        known, first = known_by(world, who), residents.first_ties[who]
        first = known if first < 0 else first
        if spread > 0:
            points += p.ties_points * (known - first) / spread
        points -= p.dispute_points * quarrels(world, who)
        note.set("residents", who, first_ties=first)
        note.set("residents", who, happiness=points)
        note.set("residents", who, uplift=uplift)
        note.set("residents", who, lasting_uplift=lasting)
        note.set("residents", who, used_to=now)


def known_by(world, who):
    """The strength of all ties of a resident."""
    ties, half_life = world.ties, world.levers["ties"].half_life_days
    return sum(
        float(ties.base[k] + ties.extra[k] * 2 ** ((ties.since[k] - world.day) / half_life))
        for k in range(len(ties))
        if who in (ties.one[k], ties.other[k])
    )


def quarrels(world, who):
    """Whether a resident is a side of an open dispute."""
    table = world.disputes
    return any(
        who in (table.plaintiff[k], table.respondent[k]) and table.settled_on[k] < 0 and table.faded_on[k] < 0
        for k in range(len(table))
    )
