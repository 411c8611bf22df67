"""Measurement, one answer at a time."""

import math

from tests.reference import ended_at, today


def measurement(world, p, luck, note):
    tickets, residents = world.tickets, world.residents

    def opinion(felt, who, key, occurrence):
        noise = p.answer_noise * luck.normal("noise", key, occurrence)
        return felt + p.temper_weight * residents.temper[who] + noise

    def level(value):
        return min(max(3 + math.floor(value / p.level_width), 1), 5)

    def answers(occasion, value, key, occurrence):
        log_odds = math.log(p.response_share / (1 - p.response_share)) + p.response_slope * value
        return luck.happens(occasion, 1 / (1 + math.exp(-log_odds)), key, occurrence)

    for ticket in range(len(tickets)):
        key, who, felt = int(tickets.key[ticket]), int(tickets.reporter[ticket]), tickets.felt[ticket]
        if who < 0:
            continue
        truth = opinion(residents.satisfaction[who] if math.isnan(felt) else felt, who, key, 0)
        if today(world, ended_at(world, ticket)):
            note.set("tickets", ticket, level=level(truth))
        reached = today(world, tickets.called_back[ticket]) and tickets.reached[ticket]
        if reached and answers("call_back", truth, key, 0):
            solved = bool(tickets.solved[ticket]) or luck.happens("courtesy", p.courtesy_solved, key, 0)
            note.spawn("answers", luck.key("call_back", key), ticket=ticket, resident=who, day=world.day, kind=0,
                       solved=solved, level=level(truth + p.courtesy_shift))  # fmt: skip
    if world.running_on or (world.day + 1) % p.survey_every_days:
        return
    for who in range(len(residents)):
        key = int(residents.key[who])
        if residents.age_group[who] == 0 or not luck.happens("sample", p.survey_share, key):
            continue
        truth = opinion(residents.satisfaction[who], who, key, world.day)
        if answers("survey", truth, key, world.day):
            note.spawn("answers", luck.key("survey", key), ticket=-1, resident=who, day=world.day, kind=1,
                       level=level(truth))  # fmt: skip
