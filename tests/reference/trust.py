"""Trust, one resident at a time."""

from tests.reference import ended_at, limits_waited, long_overdue, today, was_solved


def trust(world, p, luck, note):
    tickets = world.tickets
    for resident in range(len(world.residents)):
        kept, fixed = [], []
        for ticket in range(len(tickets)):
            if tickets.reporter[ticket] != resident:
                continue
            if today(world, ended_at(world, ticket)):
                fixed.append(was_solved(world, ticket))
                kept.append(was_solved(world, ticket) and limits_waited(world, ticket) <= 1)
            if long_overdue(world, ticket, p.overdue_limits):
                kept.append(False)
        if kept:
            share, before = sum(kept) / len(kept), world.residents.trust[resident]
            after = before + p.step * share * (1 - before) - p.step * p.loss_weight * (1 - share) * before
            note.set("residents", resident, trust=after)
        if fixed:
            share, before = sum(fixed) / len(fixed), world.residents.efficacy[resident]
            note.set("residents", resident, efficacy=before + p.efficacy_step * (share - before))
