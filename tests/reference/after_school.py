"""After school, one child at a time."""


def after_school(world, p, luck, note):
    in_window = world.warm_up_days <= world.day < world.days
    if not p.followed or not in_window or not world.clock.is_workday(world.day):
        return
    residents, asking = world.residents, []
    at_home = {}
    for who in range(len(residents)):
        at_home.setdefault(int(residents.household[who]), []).append(who)
    for home, people in at_home.items():
        workers = [who for who in people if 18 <= residents.age[who] < 60]
        busy = workers and all(luck.happens("works", p.earner_share, int(residents.key[who]), 0) for who in workers)
        lone = sum(residents.age[who] >= 18 for who in people) == 1
        for who in people:
            key = int(residents.key[who])
            of_age = p.from_age <= residents.age[who] <= min(p.to_age, 17)
            if home >= 0 and busy and of_age and luck.happens("needs", p.need_share, key):
                asking.append((not (lone and p.lone_first), luck.uniform("lot", key), who))
    for place, (_, _, who) in enumerate(sorted(asking)):
        if place < p.places:
            note.add("residents", who, care_days=1)
        else:
            note.add("residents", who, care_missed=1)
    fen = min(p.places, len(asking)) * round(p.day_yuan * 100)
    fees = round(fen * p.fee_share)
    for kind, source, one in (("care", 0, fen - fees), ("fees", 3, fees)):
        if one:
            note.spawn("postings", luck.key(kind, 0), day=world.day, account=21, fen=one, source=source)
