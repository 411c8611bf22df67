"""Deliberation, one resident at a time."""

from twin.world.works import DOMAINS


def house(world, who):
    home = int(world.residents.household[who])
    return -1 if home < 0 else int(world.flats.building[world.households.flat[home]])


def reaches(world, project, who):
    projects = world.projects
    if projects.stairwell[project] >= 0:
        home = int(world.residents.household[who])
        return home >= 0 and world.flats.stairwell[world.households.flat[home]] == projects.stairwell[project]
    if projects.building[project] >= 0:
        return house(world, who) == projects.building[project]
    return projects.grid[project] in (-1, world.residents.grid[who])


def deliberation(world, p, luck, note):
    plans, residents = world.levers["plans"], world.residents
    since = world.day - plans.decide_on_day
    if plans.process == "none" or since < 0:
        return
    works = [plans.catalogue[name] for name in sorted(plans.catalogue)]
    if since == 0:
        for who in range(len(residents)):
            rise = dict.fromkeys(DOMAINS, 0.0)
            for one in range(len(world.projects)):
                if reaches(world, one, who):
                    work = works[world.projects.work[one]]
                    rise[work.domain] = min(rise[work.domain] + work.benefit, 1)
            brought = sum(float(getattr(residents, f"need_{domain}")[who]) * rise[domain] for domain in DOMAINS)
            taste = p.taste_spread * luck.normal("taste", int(residents.key[who]), 0)
            answered = brought / (brought + p.answer_needed)
            formed = 0.5 + p.answer_weight * (answered - 0.5) + taste
            note.set("residents", who, opinion=min(max(formed, 0), 1))
        return
    if since > p.talk_days or p.law == "none":
        return
    after = [float(one) for one in residents.opinion]
    by_house = {}
    for who in range(len(residents)):
        by_house.setdefault(house(world, who), []).append(who)
    by_house.pop(-1, None)
    for people in by_house.values():
        if p.law == "deffuant":
            people.sort(key=lambda who: luck.uniform("meeting", int(residents.key[who])))
            for one, other in zip(people[::2], people[1::2], strict=False):
                gap = residents.opinion[other] - residents.opinion[one]
                if abs(gap) < p.confidence:
                    after[one] += p.step * gap
                    after[other] -= p.step * gap
        else:
            for who in people:
                near = [residents.opinion[one] for one in people
                        if abs(residents.opinion[one] - residents.opinion[who]) <= p.confidence]  # fmt: skip
                after[who] = sum(near) / len(near)
    for who, value in enumerate(after):
        note.set("residents", who, opinion=value)
