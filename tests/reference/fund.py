"""The fund, one programme and one answer at a time."""


def fund(world, p, luck, note):
    if world.day == 0:
        for place in range(p.programmes):
            start(p, luck, note, place, 0, 0)
    elif world.day % 365 == 364:
        rows = world.programmes
        for row in range(len(rows)):
            if rows.stopped_on[row] == -1:
                judge(world, p, luck, note, row)


def start(p, luck, note, place, generation, began):
    key = place * 2**16 + generation
    truth = min(max(p.true_mean + p.true_spread * luck.normal("truth", key, 0), 0), 1)
    note.spawn("programmes", luck.key("programme", key, 0), place=place, generation=generation, began=began,
               truth=truth)  # fmt: skip


def judge(world, p, luck, note, row):
    rows = world.programmes
    key, truth = int(rows.key[row]), float(rows.truth[row])
    if luck.happens("shock", p.shock_chance, key):
        truth = max(truth - p.shock_size, 0)
    satisfied = sum(luck.happens("answer", truth, key ^ luck.key("person", one, 0)) for one in range(p.answers))
    estimate = satisfied / p.answers + p.evaluator_error * luck.normal("error", key)
    judged = rows.judged[row] + 1
    in_a_row = rows.missed_years[row] + 1 if estimate < p.target - 1e-12 else 0
    shortfall = max(rows.shortfall[row] + p.target - p.cusum_slack - estimate, 0)
    whole = round(p.programme_yuan * 100)
    donated = round(whole * p.donated_share)
    for kind, source, fen in (("public", 0, whole - donated), ("donated", 2, donated)):
        if fen:
            note.spawn("postings", luck.key(kind, key), day=world.day, account=13, fen=fen, source=source,
                       programme=row)  # fmt: skip
    note.set("programmes", row, truth=truth, satisfied=rows.satisfied[row] + truth, judged=judged,
             missed_years=in_a_row, estimates=rows.estimates[row] + estimate, shortfall=shortfall)  # fmt: skip
    if p.rule == "two_year" and in_a_row >= p.years:
        note.set("programmes", row, stopped_on=world.day)
        if p.reallocate:
            start(p, luck, note, int(rows.place[row]), int(rows.generation[row]) + 1, world.day + 1)
