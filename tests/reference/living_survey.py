"""Living survey, one answer at a time."""

import math


def living_survey(world, p, luck, note):
    residents, scale = world.residents, world.levers["measurement"]
    last = world.day == world.days - 1
    if not world.levers["works"].followed or world.running_on or ((world.day + 1) % p.every_days and not last):
        return
    for who in range(len(residents)):
        key = int(residents.key[who])
        if residents.age_group[who] == 0 or not luck.happens("sample", p.sample_share, key):
            continue
        opinion = residents.living_satisfaction[who] + scale.temper_weight * residents.temper[who]
        log_odds = math.log(p.response_share / (1 - p.response_share)) + p.response_slope * opinion
        if not luck.happens("answer", 1 / (1 + math.exp(-log_odds)), key):
            continue
        told = opinion + p.courtesy_shift + p.answer_noise * luck.normal("noise", key)
        points = residents.happiness[who] + p.happiness_shift + p.happiness_noise * luck.normal("step", key)
        note.spawn("answers", luck.key("living", key), ticket=-1, resident=who, day=world.day, kind=2,
                   level=min(max(3 + math.floor(told / scale.level_width), 1), 5),
                   happiness=min(max(math.floor(points + 0.5), 0), 10))  # fmt: skip
