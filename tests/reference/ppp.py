"""PPP, one year at a time."""


def ppp(world, p, luck, note):
    if world.day or p.mode == "none":
        return
    overrun = max(p.overrun_mean + p.overrun_spread * luck.normal("overrun", 0, 0), -1)
    broken = False
    for year in range(p.contract_years + 1):
        failed = p.mode == "partner" and year > 0 and luck.happens("failure", p.failure_chance, year, 0)
        if p.mode == "public":
            yuan = p.running_yuan if year else p.capital_yuan * (1 + overrun)
        else:
            capital = p.capital_yuan * (1 - p.efficiency + p.risk_price * p.risk_passed + overrun * (1 - p.risk_passed))
            payment = capital / sum((1 + p.private_rate) ** -one for one in range(1, p.contract_years + 1))
            yuan = payment + (p.running_yuan if broken or failed else p.running_yuan * (1 - p.efficiency))
            yuan = (yuan + p.takeover_yuan * (failed and not broken)) * (year > 0)
        broken = broken or failed
        note.spawn("payments", luck.key("year", year, 0), year=year, fen=round(yuan * 100), failed=failed)
