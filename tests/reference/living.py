"""Living, one resident at a time."""

from statistics import fmean

from tests.reference.happiness import conditions, home_of, quality_at_home
from twin.world.works import DOMAINS


def living(world, p, luck, note):
    residents = world.residents
    if not world.levers["works"].followed or world.running_on:
        return
    gained = []
    for who in range(len(residents)):
        first = residents.first_conditions[who]
        gained.append(conditions(world, who) - first if first >= 0 else 0)
    for who in range(len(residents)):
        surprise = 0.0
        for domain in DOMAINS:
            there, expected = quality_at_home(world, who, domain), getattr(residents, f"expected_{domain}")[who]
            if expected < 0:
                expected = there
            gap = there - expected
            surprise += getattr(residents, f"need_{domain}")[who] * (gap if gap >= 0 else p.loss_aversion * gap)
            nearer = there - gap * 2 ** (-1 / p.getting_used_days)
            note.set("residents", who, **{f"expected_{domain}": nearer})
        others = fmean(gained[one] for one in range(len(residents)) if residents.grid[one] == residents.grid[who])
        gap = gained[who] - others
        inequity = p.guilt * gap if gap >= 0 else -p.envy * gap
        parts = {
            "conditions": p.weight_conditions * conditions(world, who),
            "disconfirmation": p.weight_disconfirmation * surprise,
            "procedure": p.weight_procedure * fmean((residents.voice[who], residents.informed_of_plan[who])),
            "inequity": -p.weight_conditions * inequity,
            "works": -p.weight_disconfirmation * p.loss_aversion * (residents.annoyed[who] + lift_takes(world, p, who)),
        }
        for channel, part in parts.items():
            note.set("residents", who, **{f"felt_{channel}": part})
        note.set("residents", who, living_satisfaction=p.base + sum(parts.values()))
        first = residents.first_conditions[who]
        note.set("residents", who, first_conditions=first if first >= 0 else conditions(world, who))


def lift_takes(world, p, who):
    flat, votes = home_of(world, who), world.levers["ballots"]
    catalogue = world.levers["plans"].catalogue
    if flat is None or world.flats.floor[flat] > votes.low_floors:
        return 0.0
    for k in range(len(world.projects)):
        lift = catalogue[sorted(catalogue)[world.projects.work[k]]].domain == "lift"
        if lift and world.projects.finished[k] >= 0 and world.projects.stairwell[k] == world.flats.stairwell[flat]:
            return p.lift_harm * (1 - min(world.residents.compensation_fen[who] / (100 * votes.lift_loss_yuan), 1))
    return 0.0
