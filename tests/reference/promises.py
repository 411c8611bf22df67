"""Promises, one project and one resident at a time."""

from tests.reference.disturbance import is_for


def promises(world, p, luck, note):
    projects, residents = world.projects, world.residents
    if world.running_on or not len(projects):
        return
    published = (world.day + 1) % p.disclosed_every_days == 0
    lately = [outcome(world, k, world.day + 1 - p.disclosed_every_days) for k in range(len(projects))]
    lately = [kept for kept in lately if kept is not None]
    for who in range(len(residents)):
        for k in range(len(projects)):
            kept = outcome(world, k, world.day)
            if kept is not None and is_for(world, k, who):
                note.add("residents", who, trust=news(p, residents.trust[who], kept))
        if published and lately and luck.happens("disclosed", p.disclosure_reach, residents.key[who]):
            note.add("residents", who, trust=news(p, residents.trust[who], sum(lately) / len(lately)))


def outcome(world, k, since):
    """True if the promise was kept since that day, False if it was broken, None if neither."""
    due, finished = int(world.projects.due[k]), int(world.projects.finished[k])
    if 0 <= finished <= due:
        return True if finished >= since else None
    return False if due >= 0 and since - 1 <= due < world.day else None


def news(p, trust, kept):
    return p.step * (kept * (1 - trust) - p.loss_weight * (1 - kept) * trust)
