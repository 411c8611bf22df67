"""Needs survey, one resident at a time."""

from twin.world.works import DOMAINS


def needs_survey(world, p, luck, note):
    plans, residents = world.levers["plans"], world.residents
    if plans.process == "none" or world.day != plans.decide_on_day:
        return
    grown = [who for who in range(len(residents)) if residents.age_group[who] != 0]
    yuan = p.survey_yuan * min(p.survey_residents, len(grown))
    yuan += p.meetings_yuan if plans.process in ("council", "hybrid", "council_plus_app") else 0
    yuan += p.app_yuan if plans.process in ("app", "hybrid", "council_plus_app") else 0
    if yuan:
        note.spawn("postings", luck.key("asking", 0), day=world.day, account=7, fen=round(yuan * 100))
    grown.sort(key=lambda who: luck.uniform("sample", int(residents.key[who]), 0))
    asked = set(grown[: p.survey_residents])
    for who in range(len(residents)):
        key = int(residents.key[who])
        share = p.elder_response_share if residents.age_group[who] == 3 else p.response_share
        if who in asked and luck.happens("answer", share, key, 0):
            way, noise, power = 1, p.survey_noise, 1
        elif residents.took_part[who] == 1:
            way, noise, power = 2, p.meeting_noise, p.meeting_loudness
        elif residents.took_part[who] == 2:
            way, noise, power = 3, p.app_noise, 1
        else:
            continue
        weights = [float(getattr(residents, f"need_{domain}")[who]) ** power for domain in DOMAINS]
        total = sum(weights)
        blurs = [luck.normal(domain, key, 0) for domain in DOMAINS]
        middle = sum(blurs) / len(blurs)
        said = {
            f"stated_{domain}": weight / total + noise * (blur - middle)
            for domain, weight, blur in zip(DOMAINS, weights, blurs, strict=True)
        }
        note.set("residents", who, asked_by=way, **said)
