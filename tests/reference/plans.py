"""Plans, one work, one site and one resident at a time; the budget rules are held to pabutools in test_budgeting.py."""

import numpy as np

from twin.world import budgeting
from twin.world.works import DOMAINS, SCOPES


def home(world, who):
    household = int(world.residents.household[who])
    if household < 0:
        return {"flat": -1, "building": -1, "stairwell": -1, "floor": -1}
    flat = int(world.households.flat[household])
    flats = world.flats
    return {"flat": flat, "building": int(flats.building[flat]), "stairwell": int(flats.stairwell[flat]),
            "floor": int(flats.floor[flat])}  # fmt: skip


def group(world, who):
    floor = home(world, who)["floor"]
    return int(world.residents.age_group[who]), 0 if floor < 3 else 1 if floor < 5 else 2


def all_sites(world, works):
    flats = range(len(world.flats))
    stairs = sorted({(int(world.flats.stairwell[flat]), int(world.flats.building[flat])) for flat in flats})
    grids = sorted({int(grid) for grid in world.buildings.grid})
    for place, work in enumerate(works):
        if work.scope == "stairwell":
            yield from ((place, house, stair, int(world.buildings.grid[house])) for stair, house in stairs)
        elif work.scope == "building":
            yield from ((place, house, -1, int(world.buildings.grid[house])) for house in range(len(world.buildings)))
        elif work.scope == "grid":
            yield from ((place, -1, -1, grid) for grid in grids)
        else:
            yield place, -1, -1, -1


def lives_there(world, who, work, site):
    _, building, stairwell, grid = site
    at = home(world, who)
    return {"stairwell": at["stairwell"] == stairwell, "building": at["building"] == building,
            "grid": int(world.residents.grid[who]) == grid, "all": True}[work.scope]  # fmt: skip


def compensation(world, work, site):
    """What a lift costs besides: the owners of the lower floors are compensated where owners vote."""
    ballots, flats = world.levers["ballots"], world.flats
    if ballots.consent != "vote" or work.domain != "lift":
        return 0
    _, building, stairwell, grid = site
    there = [flat for flat in range(len(flats)) if flats.floor[flat] <= ballots.low_floors and {
        "stairwell": flats.stairwell[flat] == stairwell, "building": flats.building[flat] == building,
        "grid": world.buildings.grid[flats.building[flat]] == grid, "all": True}[work.scope]]  # fmt: skip
    return len(there) * round(ballots.compensation_yuan * 100)


def beliefs(world, p):
    residents = world.residents
    people = range(len(residents))
    told = [who for who in people if not np.isnan(residents.stated_lift[who])]
    kind = p.estimate if p.estimate != "by_process" else "prior" if p.process == "prior" else "answers"
    if kind == "true_needs":
        return [[float(getattr(residents, f"need_{domain}")[who]) for domain in DOMAINS] for who in people]
    if kind == "prior" or not told:
        return [[weight / sum(p.prior_weights) for weight in p.prior_weights] for _ in people]
    size, said = {}, {}
    for who in people:
        size[group(world, who)] = size.get(group(world, who), 0) + 1
    for who in told:
        answer = [float(getattr(residents, f"stated_{domain}")[who]) for domain in DOMAINS]
        said.setdefault(group(world, who), []).append(answer)
    total = sum(size[one] for one in said)
    overall = sum(size[one] / total * np.mean(answers, axis=0) for one, answers in said.items())
    found = {}
    for one in size:
        answers = said.get(one, [])
        weight = len(answers) + p.few_answers
        found[one] = (np.sum(answers, axis=0) + p.few_answers * overall) / weight if weight else overall
    return [found[group(world, who)] for who in people]


def wishes(world, p, works, sites):
    rows = []
    for who in range(len(world.residents)):
        if world.residents.asked_by[who] == 0:
            continue
        said = [float(getattr(world.residents, f"stated_{domain}")[who]) for domain in DOMAINS]
        wanted = sorted(range(len(DOMAINS)), key=lambda place: -said[place])[: p.approved_domains]
        row = []
        for site in sites:
            work = works[site[0]]
            domain = DOMAINS.index(work.domain)
            approves = domain in wanted and lives_there(world, who, work, site)
            row.append(max(said[domain], 0) * work.benefit if approves else 0)
        rows.append(row)
    return np.array(rows, float).reshape(len(rows), len(sites))


def plans(world, p, luck, note):
    people = range(len(world.residents))
    if p.process == "none" or world.day != p.decide_on_day or not people:
        return
    works = [p.catalogue[name] for name in sorted(p.catalogue)]
    sites = list(all_sites(world, works))
    costs = np.array([round(works[site[0]].cost_yuan * 100) for site in sites])
    prices = costs + np.array([compensation(world, works[site[0]], site) for site in sites], int)
    asked = sum(int(world.postings.fen[row]) for row in range(len(world.postings))
                if world.postings.account[row] == 7 and world.postings.source[row] == 0
                and world.postings.day[row] <= p.decide_on_day)  # fmt: skip
    asked += sum(int(world.projects.cost_fen[k] - world.projects.owners_fen[k]) for k in range(len(world.projects))
                 if 0 <= world.projects.started[k] <= p.decide_on_day)  # fmt: skip
    weights, budget = beliefs(world, p), max(round(p.budget_yuan * 100) - asked, 0)
    value = np.array([
        sum(works[site[0]].benefit * weights[who][DOMAINS.index(works[site[0]].domain)]
            for who in people if lives_there(world, who, works[site[0]], site))
        for site in sites
    ])  # fmt: skip
    if p.rule in ("greedy", "welfare"):
        chosen = list(getattr(budgeting, p.rule)(prices, value, budget))
    else:
        chosen = list(getattr(budgeting, p.rule)(prices, wishes(world, p, works, sites), budget))
        rest = [place for place in range(len(sites)) if place not in chosen]
        more = budgeting.greedy(prices[rest], value[rest], budget - sum(int(prices[place]) for place in chosen))
        chosen += [rest[place] for place in more]
    doubtful = p.unlawful_chance * (1 - p.expert_share) if p.process == "hybrid" else p.unlawful_chance
    for place in chosen:
        work, building, stairwell, grid = sites[place]
        number = (stairwell, building, grid, 0)[SCOPES.index(works[work].scope)]
        key = luck.key("project", work * 2**40 + number + 1, 0)
        note.spawn("projects", key, work=work, building=building, stairwell=stairwell, grid=grid, decided=world.day,
                   cost_fen=costs[place], lawful=not luck.happens("unlawful", doubtful, key, 0))  # fmt: skip
    if not p.voice:
        return
    lively = {home(world, who)["building"] for who in people if world.residents.took_part[who]}
    for who in people:
        spoke = p.neighbour_voice if home(world, who)["building"] in lively - {-1} else 0
        spoke = 1 if world.residents.took_part[who] else spoke
        answered = {works[sites[place][0]].domain for place in chosen
                    if lives_there(world, who, works[sites[place][0]], sites[place])}  # fmt: skip
        share = sum(float(getattr(world.residents, f"need_{domain}")[who]) for domain in answered)
        note.set("residents", who, voice=spoke * (p.unanswered_voice + (1 - p.unanswered_voice) * min(share, 1)))
