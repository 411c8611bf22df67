"""Campaign, one resident at a time."""


def campaign(world, p, luck, note):
    if p.reach == 0 or world.day < p.from_day:
        return
    for who in range(len(world.residents)):
        known = world.residents.informed_of_plan[who] * (1 - p.forgotten_per_day)
        lasts = world.day < p.from_day + p.campaign_days
        if lasts and luck.happens("reached", p.reach, int(world.residents.key[who])):
            known = 1
            note.set("residents", who, reached=True)
        note.set("residents", who, informed_of_plan=known)
