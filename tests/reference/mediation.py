"""Mediation, one dispute at a time."""

import math

from tests.reference import DAY, class_of, today
from twin.core.world import Phase


def mediation(world, p, luck, note):
    if not p.offered or not p.categories:
        return
    for row in range(len(world.disputes)):
        if world.phase is Phase.RESPOND:
            conclude(world, p, luck, note, row)
        elif world.phase is Phase.ARRIVE:
            take_contact(world, p, luck, note, row)
            ask_for_session(world, p, luck, note, row)
        elif world.running_on:
            ask_for_session(world, p, luck, note, row)


def is_open(world, row):
    return world.disputes.settled_on[row] < 0 and world.disputes.faded_on[row] < 0


def needed(p, stage):
    return 1 + sum(stage >= first for first in p.level_from_stage)


def take_contact(world, p, luck, note, row):
    table, key = world.disputes, int(world.disputes.key[row])
    stage = int(table.stage[row])
    hazard = p.contact_per_day * stage + p.outreach_per_day
    asked = table.contacted_on[row] >= 0
    if asked and p.ask_again_days and table.agreed_on[row] < 0:
        asked = world.day - table.asked_on[row] < p.ask_again_days
    if asked or not is_open(world, row) or not luck.happens("contact", 1 - math.exp(-hazard), key):
        return
    skills = [world.residents.digital_skill[side] if side >= 0 else 1.0
              for side in (table.plaintiff[row], table.respondent[row])]  # fmt: skip
    online = p.online and luck.happens("online", min(skills), key, 0)
    times = int(table.times_asked[row])
    note.set("disputes", row, asked_on=world.day, times_asked=times + 1, is_online=online)
    if times == 0:
        note.set("disputes", row, contacted_on=world.day)
    logit = math.log(p.agree_chance / (1 - p.agree_chance)) + p.ripening * (stage - 3)
    chance = 1 / (1 + math.exp(-logit))
    if online:
        chance += p.online_reach * (1 - chance)
    if not luck.happens("agrees", chance, (key + times) % 2**64, 0):
        turn(world, luck, note, 4, row, 0)
    else:
        level = needed(p, stage) if p.one_stop else 1
        wait = p.online_date_days if online else p.date_days
        note.set("disputes", row, agreed_on=world.day, level=level, due_on=world.day + wait)
        turn(world, luck, note, 1, row, level)


def turn(world, luck, note, kind, row, level, **said):
    key = luck.key(("stage", "seated", "handed_on", "held", "refused")[kind], int(world.disputes.key[row]))
    stage = world.disputes.stage[row]
    note.spawn("turns", key, dispute=row, day=world.day, kind=kind, stage=stage, level=level, **said)


def matter(world, row):
    return (int(world.disputes.key[row]) + int(world.disputes.sessions[row])) % 2**64


def ask_for_session(world, p, luck, note, row):
    table = world.disputes
    due = table.due_on[row] <= world.day and not table.awaiting[row] and not table.gave_up[row]
    if not due or not is_open(world, row):
        return
    level, wait = int(table.level[row]), 0
    if needed(p, int(table.stage[row])) > level:
        if p.one_stop:
            level = needed(p, int(table.stage[row]))
        elif table.sessions[row] >= level:
            level, wait = level + 1, p.hand_off_days
    if level > table.level[row]:
        note.set("disputes", row, level=level)
        turn(world, luck, note, 2, row, level)
    if wait > 0:
        note.set("disputes", row, due_on=world.day + wait, between_offices=True)
        return
    note.set("disputes", row, due_on=math.inf, awaiting=True, between_offices=False, table_on=world.day)
    name = p.categories[min(level, len(p.categories)) - 1]
    category, home, about = world.categories.index(name), int(table.plaintiff[row]), matter(world, row)
    order = {name: getattr(world.residents, name)[home] for name in ("grid", "x", "y")}
    order |= {"category": category, "priority": class_of(world, category), "channel": 1 if table.is_online[row] else 2,
              "request": False}
    created = world.day * DAY + p.session_hour * 60
    note.spawn("tickets", luck.key("session", about, 0), created=created, incident=about, **order)


def conclude(world, p, luck, note, row):
    table = world.disputes
    if not table.awaiting[row]:
        return
    ended = (one for one in range(len(world.tickets)) if int(world.tickets.incident[one]) == matter(world, row)
             and (today(world, world.tickets.done[one]) or today(world, world.tickets.abandoned[one])))  # fmt: skip
    order = next(ended, None)
    if order is None:
        return
    if today(world, world.tickets.done[order]):
        note.set("disputes", row, awaiting=False)
        if is_open(world, row):
            hold(world, p, luck, note, row, world.tickets.done[order])
    elif today(world, world.tickets.abandoned[order]):
        note.set("disputes", row, awaiting=False, gave_up=True)


def hold(world, p, luck, note, row, minute):
    table, stage, held = world.disputes, int(world.disputes.stage[row]), int(world.disputes.sessions[row]) + 1
    note.set("disputes", row, sessions=held, table_on=world.day)
    if held == 1:
        note.set("disputes", row, heard_on=minute)
    skill = p.skills[min(int(table.level[row]), len(p.skills)) - 1]
    skill *= p.out_of_depth if needed(p, stage) > table.level[row] else 1
    skill *= p.online_quality if table.is_online[row] else 1
    apart = (1 - skill) * (1 - p.adviser_gain if p.adviser else 1) * (1 - p.learning) ** (held - 1)
    fen = round(100 * (p.adviser_yuan * p.adviser + p.online_yuan * bool(table.is_online[row])))
    if fen:
        key = luck.key("price", int(table.key[row]))
        note.spawn("postings", key, day=world.day, account=22, fen=fen, source=0)
    true, thinks = {}, {}
    for side in ("plaintiff", "respondent"):
        key = int(table.key[row])
        true[side] = p.least_fallback + (p.most_fallback - p.least_fallback) * luck.uniform(side, key, 0)
        true[side] += p.hardening * (stage - 1)
        thinks[side] = true[side] + p.doubt * apart * abs(luck.normal(f"{side} doubt", key, 0))
    surplus = 1 - thinks["plaintiff"] - thinks["respondent"]
    said = {f"{side}_fallback": value for side, value in true.items()}
    said |= {f"{side}_thinks": value for side, value in thinks.items()}
    turn(world, luck, note, 3, row, table.level[row], needed=p.secrecy * apart, **said)
    if surplus < p.secrecy * apart:
        last = held >= p.sessions_most
        note.set("disputes", row, gave_up=last, due_on=math.inf if last else world.day + p.pause_days)
        return
    share = min(max(thinks["plaintiff"] + weight(world, p, row) * surplus, 0.0), 1.0)
    gains = share - true["plaintiff"], 1 - share - true["respondent"]
    fair = min(max(min(gains) / max(gains), 0.0), 1.0) if max(gains) > 0 else 0.0
    hour = math.inf
    if p.clauses and table.cause[row] == 0:
        hour = p.respondent_hour - share * (p.respondent_hour - p.plaintiff_hour)
    part, fen = 0.0, 0
    if p.clauses and table.cause[row] == 3:
        part = share + (1 - share) * p.respondent_cleans
    if p.clauses and table.cause[row] == 1:
        part = round(share * 7) / 7
    if p.clauses and table.cause[row] in (2, 5):
        fen = round(100 * share * (p.leaks_stake_yuan if table.cause[row] == 2 else p.fees_stake_yuan))
        if fen:
            note.spawn("postings", luck.key("owed", int(table.key[row])), day=world.day, account=8, fen=fen, source=1)
    said = {"clause_hour": hour, "clause_part": part, "owed_fen": fen}
    note.set("disputes", row, settled_on=world.day, settled_share=share, fairness=fair, **said)


def weight(world, p, row):
    if p.bargaining == "nash":
        return 0.5
    discount = []
    for side in (world.disputes.plaintiff[row], world.disputes.respondent[row]):
        strain = world.residents.stress[side] - world.levers["stress"].set_point if side >= 0 else 0.0
        discount.append(p.patience ** math.exp(p.impatience * strain))
    return (1 - discount[1]) / (1 - discount[0] * discount[1])
