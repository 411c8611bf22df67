"""Ballots, one flat at a time; the law of Art. 278 in plain words of its own, not by the rule file."""

import math
from fractions import Fraction


def lawful_majority(matter, owners, area):
    """Take (all, voting, agreeing) of owners and of area."""
    if any(3 * voting < 2 * everybody for everybody, voting, _ in (owners, area)):
        return False
    if matter in (6, 7, 8):
        return all(4 * agreeing >= 3 * voting for _, voting, agreeing in (owners, area))
    return all(2 * agreeing > voting for _, voting, agreeing in (owners, area))


def covered(world, project, flat):
    projects, flats = world.projects, world.flats
    building = int(flats.building[flat])
    sites = ((projects.stairwell[project], flats.stairwell[flat]), (projects.building[project], building),
             (projects.grid[project], world.buildings.grid[building]))  # fmt: skip
    return all(site < 0 or site == number for site, number in sites)


def living_in(world, flat):
    found = [one for one in range(len(world.households)) if world.households.flat[one] == flat]
    return found[0] if found else -1


def holder(world, household):
    if household < 0 or world.households.tenure[household] == 2:
        return -1
    people = range(len(world.residents))
    heads = [who for who in people if world.residents.household[who] == household and world.residents.role[who] == 0]
    return heads[0] if heads else -1


def losers_of(world, p, project, work):
    """Who owns a low flat, lives there, and loses by a lift that the office plans."""
    if world.projects.asked_for[project] or work.domain != "lift":
        return []
    flats = [flat for flat in range(len(world.flats)) if covered(world, project, flat)]
    return [holder(world, living_in(world, flat)) for flat in flats if world.flats.floor[flat] <= p.low_floors]


def ballots(world, p, luck, note):
    projects = world.projects
    catalogue = world.levers["plans"].catalogue
    works = [catalogue[name] for name in sorted(catalogue)]
    for project in range(len(projects)):
        fallen = 0 <= projects.reversed_on[project] == world.day - 1 and projects.finished[project] < 0
        if fallen and projects.compensation_fen[project]:
            each = int(projects.compensation_fen[project])
            losers = losers_of(world, p, project, works[projects.work[project]])
            for who in losers:
                if who >= 0:
                    note.add("residents", who, compensation_fen=-each)
            note.spawn("postings", luck.key("paid back", int(projects.key[project]), 0), day=world.day, account=6,
                       fen=-each * len(losers), project=project)  # fmt: skip
    for project in range(len(projects)):
        begun = projects.started[project] >= 0 and projects.started[project] == world.day - 1
        losers = losers_of(world, p, project, works[projects.work[project]])
        each = round(p.compensation_yuan * 100)
        if p.consent == "vote" and begun and projects.reversed_on[project] < 0 and losers and each:
            for who in (one for one in losers if one >= 0):
                note.add("residents", who, compensation_fen=each)
            key = luck.key("compensation", int(projects.key[project]), 0)
            note.spawn("postings", key, day=world.day, account=6, fen=each * len(losers), project=project)
            note.set("projects", project, compensation_fen=each)
    wait = p.vote_after_days if p.consent == "vote" else 0
    for project in range(len(projects)):
        if projects.decided[project] + wait != world.day:
            continue
        followed = world.levers["legal_review"].followed
        passed = bool(projects.reversed_on[project] < 0 if followed else projects.lawful[project])
        if p.consent == "vote":
            work = works[projects.work[project]]
            flats = [one for one in range(len(world.flats)) if covered(world, project, one)]
            owners, area = [0, 0, 0], [Fraction(0)] * 3
            for flat in flats:
                household = living_in(world, flat)
                who, cause = holder(world, household), cause_of(world, project, flat, household)
                act = act_of(world, p, luck, project, work, flat, household, who, len(flats))
                note.spawn("ballots", luck.key("ballot", cause, 0), project=project, flat=flat, household=household,
                           resident=who, act=act)  # fmt: skip
                square_metres = round(Fraction(float(world.flats.area_m2[flat])), 2)
                for place, counts in enumerate((True, act > 0, act == 3)):
                    owners[place] += counts
                    area[place] += square_metres * counts
            passed = passed and bool(flats) and lawful_majority(work.matter, owners, area)
        note.set("projects", project, passed=passed)
        if passed:
            note.set("projects", project, passed_on=world.day)


def cause_of(world, project, flat, household):
    """Of an empty flat the key's complement, so that none is a household's."""
    who = int(world.households.key[household]) if household >= 0 else 2**64 - 1 - int(world.flats.key[flat])
    return (int(world.projects.key[project]) + who) % 2**64


def act_of(world, p, luck, project, work, flat, household, who, flats_covered):
    floor = int(world.flats.floor[flat])
    weight = float(getattr(world.residents, f"need_{work.domain}")[who]) if who >= 0 else 1 / 8
    yuan = p.worth_yuan * weight * work.benefit
    if work.domain == "lift":
        storeys = int(world.buildings.storeys[world.flats.building[flat]])
        yuan *= (floor - 1) / max(storeys - 1, floor - 1, 1)
    if work.domain == "lift" and floor <= p.low_floors:
        yuan += p.compensation_yuan - p.lift_loss_yuan
    if who >= 0:
        yuan += p.opinion_yuan * (2 * world.residents.opinion[who] - 1)
        yuan -= p.noise_yuan * work.disturbance * work.duration_days
    yuan -= p.owner_share * world.projects.cost_fen[project] / 100 / flats_covered
    if world.projects.asked_for[project]:
        noise = p.noise_yuan * work.disturbance * work.duration_days if who >= 0 else 0
        yuan = float(world.flats.lift_net_yuan[flat]) - noise
    key = cause_of(world, project, flat, household)
    u = luck.uniform("judgement", key, 0)
    stake = yuan / p.blur_yuan + math.log(u / (1 - u))
    act = 1 if abs(stake) < p.abstain_width else 3 if stake > 0 else 2
    base = p.landlord_reply_share if who < 0 else p.reply_share
    replies = luck.happens("reply", 1 - (1 - base) * math.exp(-p.stake_pull * abs(stake)), key, 0)
    boycotts = act == 2 and luck.happens("boycott", p.boycott_share, key, 0)
    return act if replies and not boycotts else 0
