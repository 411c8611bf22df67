"""Upkeep, one building and one domain at a time."""

from twin.world.works import DOMAINS


def upkeep(world, p, luck, note):
    month, rest = divmod(world.day + 1, 30)
    rows = range(len(world.buildings))
    if not p.budget_yuan_per_year or rest or world.running_on or not rows:
        return
    cells = [(row, domain) for row in rows for domain in DOMAINS]
    quality = {(row, domain): float(getattr(world.buildings, f"quality_{domain}")[row]) for row, domain in cells}
    share = {(row, domain): float(getattr(world.buildings, f"upkeep_{domain}")[row]) for row, domain in cells}
    if month == 1 or (p.review_every_months and (month - 1) % p.review_every_months == 0):
        missing = {}
        for row, domain in cells:
            error = p.inspection_error * luck.normal(f"inspection:{domain}", world.buildings.key[row])
            missing[row, domain] = max(p.target - quality[row, domain] - error, 0.0)
        total = sum(missing.values())
        share = {cell: one / total if total else 1 / len(cells) for cell, one in missing.items()}
        for (row, domain), one in share.items():
            note.set("buildings", row, **{f"upkeep_{domain}": one})
    fen = round(p.budget_yuan_per_year * 100 / 12)
    for row, domain in cells:
        wear = luck.exponential(f"wear:{domain}", p.wear_per_year, world.buildings.key[row], 0) / 12
        note.add("buildings", row, **{f"quality_{domain}": share[row, domain] * fen / 100 / p.point_yuan - wear})
    if fen:
        note.spawn("postings", luck.key("upkeep", 0), day=world.day, account=11, fen=fen)
