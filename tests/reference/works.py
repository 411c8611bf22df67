"""Works, one project and one building at a time; the calendar one day at a time."""

from fractions import Fraction

from twin.core.world import Phase
from twin.world.works import DOMAINS


def works(world, p, luck, note):
    if not p.followed or world.running_on:
        return
    if world.phase is Phase.ARRIVE:
        for building in range(len(world.buildings)) if world.day == 0 else ():
            for domain, typical in zip(DOMAINS, p.start_quality, strict=True):
                quality = typical + p.start_spread * luck.normal(domain, world.buildings.key[building])
                note.set("buildings", building, **{f"quality_{domain}": quality})
        return
    finished = live_a_day(world, p, luck, note)
    for building in range(len(world.buildings)):
        for domain in DOMAINS:
            quality = getattr(world.buildings, f"quality_{domain}")[building] * (1 - p.wear_per_year) ** (1 / 365)
            for project, work, delivered in finished:
                if work.domain == domain and is_at(world, project, building):
                    quality += work.benefit * delivered / shared_by(world, project)
            note.set("buildings", building, **{f"quality_{domain}": quality})


def is_open(world, p, day):
    """Beyond the horizon nobody knows holidays."""
    clock = world.clock
    if day < world.days and clock.is_holiday(day):
        return p.holidays
    weekend = clock.weekday(day) >= 5 and not (day < world.days and clock.is_make_up(day))
    return p.weekends or not weekend


def minutes_a_day(world, p):
    """Minute by minute."""
    wanted = world.levers["disturbance"]
    steps = (Fraction(minute, 60) for minute in range(24 * 60))
    inside = [wanted.from_hour <= hour < wanted.to_hour and p.quiet_to_hour <= hour < p.quiet_from_hour
              for hour in steps]  # fmt: skip
    return max(sum(inside), 1)


def compensation(world, project, work):
    """What the plan pays the owners of the low floors when its lift begins."""
    table, flats, ballots = world.projects, world.flats, world.levers["ballots"]
    if ballots.consent != "vote" or work.domain != "lift" or table.asked_for[project]:
        return 0
    there = [flat for flat in range(len(flats)) if flats.floor[flat] <= ballots.low_floors and {
        "stairwell": flats.stairwell[flat] == table.stairwell[project],
        "building": flats.building[flat] == table.building[project],
        "grid": world.buildings.grid[flats.building[flat]] == table.grid[project], "all": True,
    }[work.scope]]  # fmt: skip
    return len(there) * round(ballots.compensation_yuan * 100)


def live_a_day(world, p, luck, note):
    """Let a day pass on each site; return (project, work, delivered part) of what is finished today."""
    projects, day = world.projects, world.day
    catalogue = world.levers["plans"].catalogue
    work_of = [catalogue[sorted(catalogue)[work]] for work in projects.work]
    fallen = [projects.reversed_on[k] >= 0 for k in range(len(projects))]
    begun = [projects.started[k] >= 0 and projects.finished[k] < 0 for k in range(len(projects))]
    going = [begun[k] and not fallen[k] for k in range(len(projects))]
    given_up = [projects.stopped_until[k] == 2**31 - 1 for k in range(len(projects))]
    minutes = minutes_a_day(world, p) if is_open(world, p, day) else 0
    left = round(world.levers["plans"].budget_yuan * 100) - sum(map(int, projects.spent_fen))
    for row in range(len(world.postings)):
        if world.postings.account[row] in (6, 7) and world.postings.source[row] == 0:  # compensation, asking
            left -= int(world.postings.fen[row])
    for k in range(len(projects)):
        if projects.started[k] >= 0:
            owners = int(projects.owners_fen[k])
            left += round(owners * p.advance_share) if given_up[k] else owners
    plans, survey = world.levers["plans"], world.levers["needs_survey"]
    asked = any(account == 7 for account in world.postings.account)
    if plans.process != "none" and day <= plans.decide_on_day and not asked:
        grown = sum(int(group) != 0 for group in world.residents.age_group)
        to_come = survey.survey_yuan * min(survey.survey_residents, grown)
        to_come += survey.meetings_yuan if plans.process in ("council", "hybrid", "council_plus_app") else 0
        to_come += survey.app_yuan if plans.process in ("app", "hybrid", "council_plus_app") else 0
        left -= round(to_come * 100)
    extra = [compensation(world, k, work) for k, work in enumerate(work_of)]
    left -= sum(extra[k] for k in range(len(projects))
                if projects.started[k] >= 0 and not fallen[k] and not projects.compensation_fen[k])  # fmt: skip
    paid = []
    for k in range(len(projects)):
        owed = int(projects.owed_fen[k])
        if going[k] and projects.stopped_until[k] > day:
            owed += round(projects.cost_fen[k] * p.stoppage_cost_share)
        paid.append(max(min(owed, left), 0))
        left -= paid[k]
        note.set("projects", k, owed_fen=owed - paid[k])
    ready = [int(projects.passed_on[k]) + work.lead_days for k, work in enumerate(work_of)]
    due = promised(world, p, ready, work_of)
    starts, crews = set(), p.crews - sum(going)
    for k in sorted(range(len(projects)), key=lambda k: (due[k], int(projects.key[k]))):
        waiting = due[k] >= 0 and projects.started[k] < 0 and day >= ready[k] and not fallen[k] and minutes
        price = int(projects.cost_fen[k] - projects.owners_fen[k]) + extra[k]
        if waiting and crews > 0 and price <= left:
            starts.add(k)
            crews, left = crews - 1, left - price
    finished = []
    for k, work in enumerate(work_of):
        still = going[k] and projects.stopped_until[k] > day
        spent = paid[k] + (int(projects.cost_fen[k]) if k in starts else 0)
        there = (going[k] or k in starts) and not still
        worked = there and minutes > 0
        done = worked and projects.worked_minutes[k] + minutes >= work.duration_days * p.day_hours * 60
        stopped = there and not done and projects.objections[k] - projects.answered[k] >= p.objections_to_stop
        delivered = min(max(p.finish_quality + p.finish_spread * luck.normal("finish", projects.key[k], 0), 0), 1)
        late = projects.finished[k] < 0 and 0 <= due[k] < day and not fallen[k]
        dropped = begun[k] and fallen[k] and not given_up[k]
        note.set("projects", k, due=due[k])
        note.set("projects", k, started=day if k in starts else projects.started[k])
        note.set("projects", k, finished=day if done else projects.finished[k])
        note.set("projects", k, worked_days=projects.worked_days[k] + worked)
        note.set("projects", k, worked_minutes=projects.worked_minutes[k] + worked * minutes)
        until = day + 1 + p.stoppage_days if stopped else projects.stopped_until[k]
        note.set("projects", k, stopped_until=2**31 - 1 if dropped else until)
        note.set("projects", k, stopped_days=projects.stopped_days[k] + still)
        note.set("projects", k, answered=projects.objections[k] if stopped else projects.answered[k])
        note.set("projects", k, delay_days=day - due[k] if late else projects.delay_days[k])
        whole = (int(projects.cost_fen[k] - projects.owners_fen[k]), int(projects.owners_fen[k]))
        first = [round(one * p.advance_share) for one in whole]
        note.set("projects", k, spent_fen=projects.spent_fen[k] + spent - dropped * (sum(whole) - sum(first)))
        dues = [part * (k in starts) + (one - part) * done for one, part in zip(whole, first, strict=True)]
        for kind, source, fen in (("works", 0, dues[0] + paid[k]), ("owners", 1, dues[1])):
            if fen:
                note.spawn("postings", luck.key(kind, projects.key[k]), day=day, account=5, fen=fen, source=source,
                           project=k)  # fmt: skip
        note.set("projects", k, quality=delivered if done else projects.quality[k])
        if done:
            finished.append((k, work, delivered))
    return finished


def promised(world, p, ready, work_of):
    """The last day of each project if its crew, the first that is free, begins when it can; -1 before consent."""
    due = [int(day) for day in world.projects.due]
    fallen = [day >= 0 for day in world.projects.reversed_on]
    unfinished = sorted(
        day for k, day in enumerate(due) if day >= 0 and world.projects.finished[k] < 0 and not fallen[k]
    )
    free = [day + 1 for day in unfinished[-p.crews :]]
    free += [0] * (p.crews - len(free))
    new = [k for k in range(len(due)) if world.projects.passed[k] and due[k] < 0 and not fallen[k]]
    for k in sorted(new, key=lambda k: (ready[k], int(world.projects.key[k]))):
        free.sort()
        due[k], left = max(ready[k], free[0]) - 1, work_of[k].duration_days * p.day_hours * 60
        while left > 0:
            due[k] += 1
            left -= minutes_a_day(world, p) * is_open(world, p, due[k])
        free[0] = due[k] + 1
    return due


def is_at(world, project, building):
    site, grid = world.projects.building[project], world.projects.grid[project]
    return building == site if site >= 0 else grid in (-1, world.buildings.grid[building])


def shared_by(world, project):
    """How many stairwells share what one of them gets."""
    if world.projects.stairwell[project] < 0:
        return 1
    flats = range(len(world.flats))
    site = world.projects.building[project]
    return len({int(world.flats.stairwell[flat]) for flat in flats if world.flats.building[flat] == site}) or 1
