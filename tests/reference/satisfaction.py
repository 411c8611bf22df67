"""Satisfaction, one ticket at a time."""

from collections import defaultdict
from statistics import fmean

from tests.reference import ended_at, limits_waited, long_overdue, order_of, today, was_solved


def satisfaction(world, p, luck, note):
    tickets = world.tickets
    lived, felt = defaultdict(list), defaultdict(list)
    for ticket in range(len(tickets)):
        reporter = int(tickets.reporter[ticket])
        ended = today(world, ended_at(world, ticket))
        if reporter < 0 or not (ended or long_overdue(world, ticket, p.overdue_limits)):
            continue
        performance = 0.0
        if ended and was_solved(world, ticket):
            performance = 1 / (1 + limits_waited(world, ticket) ** p.delay_steepness)
        surprise = performance - world.residents.expectation[reporter]
        if surprise < 0:
            surprise *= p.loss_aversion
        informed = luck.happens("informed", p.informed_share, tickets.key[ticket], 0)
        called_back = bool(tickets.reached[ticket]) and ended
        treatment = (1 / (1 + tickets.hops[order_of(world, ticket)]) + informed + called_back) / 3
        mood = p.weight_performance * performance + p.weight_disconfirmation * surprise + p.weight_procedure * treatment
        if ended:
            note.set("tickets", ticket, felt=mood)
        lived[reporter].append(performance)
        felt[reporter].append(mood)
    for reporter in felt:
        before = world.residents.expectation[reporter]
        note.set("residents", reporter, satisfaction=fmean(felt[reporter]))
        note.set("residents", reporter, expectation=before + p.expectation_step * (fmean(lived[reporter]) - before))
