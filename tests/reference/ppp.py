"""PPP, one year at a time."""


def ppp(world, p, luck, note):
    if p.mode == "none" or world.running_on:
        return
    if world.phase.value == "settle":
        for row in range(len(world.payments)):
            year, fen = int(world.payments.year[row]), int(world.payments.fen[row])
            if fen and world.day == (365 * year - 1 if year else 0):
                note.spawn("postings", luck.key("due", row), day=world.day, account=12, fen=fen, source=0)
    if world.day or world.phase.value != "decide":
        return
    overrun = max(p.overrun_mean + p.overrun_spread * luck.normal("overrun", 0, 0), -1)
    broken = False
    for year in range(p.contract_years + 1):
        failed = p.mode == "partner" and year > 0 and not broken and luck.happens("failure", p.failure_chance, year, 0)
        if p.mode == "public":
            yuan = p.running_yuan if year else p.capital_yuan * (1 + overrun)
        else:
            capital = p.capital_yuan * (1 - p.efficiency + p.risk_price * p.risk_passed + overrun * (1 - p.risk_passed))
            payment = capital / sum((1 + p.private_rate) ** -one for one in range(1, p.contract_years + 1))
            yuan = payment + (p.running_yuan if broken or failed else p.running_yuan * (1 - p.efficiency))
            yuan = (yuan + p.takeover_yuan * failed) * (year > 0)
        broken = broken or failed
        note.spawn("payments", luck.key("year", year, 0), year=year, fen=round(yuan * 100), failed=failed)
