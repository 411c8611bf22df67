"""Rules that choose projects within one budget: pure functions of costs and of what voters make of each project.

``costs`` (projects,) are whole numbers above 0, as is ``budget``. ``worth`` (voters, projects) is what a voter makes
of a project, 0 where nothing. Every rule returns the projects (rows) in the order in which they were chosen; ties go to
the project that comes first.
"""

from __future__ import annotations

import numpy as np

from twin.core.columns import Floats, Ints

RULES = ("greedy", "equal_shares", "phragmen", "welfare")
_SAME = 1e-12  # relative: what differs by less is a tie
_MOST_CELLS = 10_000


def greedy(costs: Ints, value: Floats, budget: int) -> Ints:
    """Take what is worth most for its cost (value (projects,)), and go on with what still fits."""
    chosen, left = [], budget
    for project in np.argsort(-value / costs, kind="stable"):
        if costs[project] <= left and value[project] > 0:
            chosen.append(project)
            left -= int(costs[project])
    return np.array(chosen, np.int64)


def welfare(costs: Ints, value: Floats, budget: int) -> Ints:
    """Return the projects, in their order, whose values (projects,) sum to the most that the budget can buy.

    Exact where costs are multiples of budget / 10,000; else costs are rounded up to such steps, and the budget holds.
    """
    wanted = np.flatnonzero((value > 0) & (costs <= budget))
    if costs[wanted].sum() <= budget:
        return wanted
    cell = np.gcd.reduce(np.append(costs[wanted], budget))
    cell = max(int(cell), -(-budget // _MOST_CELLS))
    steps = -(-costs[wanted] // cell)
    return wanted[_packed(steps, value[wanted], budget // cell)]


def _packed(steps: Ints, value: Floats, room: int) -> Ints:
    """Solve the knapsack by filling it step by step; return the rows that are in it."""
    best = np.zeros(room + 1)
    takes = np.zeros((len(steps), room + 1), np.bool_)
    for row, step in enumerate(steps):
        if step <= room:
            with_it = best[: room + 1 - step] + value[row]
            takes[row, step:] = with_it > best[step:]
            best[step:] = np.maximum(best[step:], with_it)
    chosen = []
    for row in range(len(steps) - 1, -1, -1):
        if takes[row, room]:
            chosen.append(row)
            room -= int(steps[row])
    return np.array(chosen[::-1], np.int64)


def equal_shares(costs: Ints, worth: Floats, budget: int) -> Ints:
    """Choose by the Method of Equal Shares: every voter has the same part of the budget, and pays only for own wishes.

    Next comes the project whose supporters pay least for a unit of worth, all at the same rate as far as their money
    goes. What is left when no project can be paid stays unspent.
    """
    money = np.full(len(worth), budget / max(len(worth), 1))
    rates = np.full(len(costs), 0.0)  # a rate never falls, so an old one is a lower bound
    chosen: list[int] = []
    while True:
        best, lowest = -1, np.inf
        for project in np.argsort(rates, kind="stable"):
            if rates[project] > lowest * (1 + _SAME) or np.isinf(rates[project]):
                break
            rate = rates[project] = rate_of(int(costs[project]), worth[:, project], money)
            if rate < lowest * (1 - _SAME) or (rate <= lowest * (1 + _SAME) and project < best):
                best, lowest = int(project), rate
        if best < 0 or np.isinf(lowest):
            return np.array(chosen, np.int64)
        money = np.maximum(money - np.minimum(money, lowest * worth[:, best]), 0.0)
        rates[best] = np.inf
        chosen.append(best)


def rate_of(cost: int, worth: Floats, money: Floats) -> float:
    """Return the least rate at which supporters can pay a project, each at most all money left; inf if they cannot."""
    backing = np.flatnonzero(worth > 0)
    funds, wish = money[backing], worth[backing]
    if funds.sum() < cost * (1 - _SAME):
        return float("inf")
    order = np.argsort(funds / wish, kind="stable")
    spent_out = np.concatenate(([0.0], np.cumsum(funds[order])[:-1]))
    wishing = np.cumsum(wish[order][::-1])[::-1]
    rates = (cost - spent_out) / wishing  # if all before have given all, and these pay alike
    fits = np.flatnonzero(rates * wish[order] <= funds[order] * (1 + _SAME))
    return float(rates[fits[0]]) if len(fits) else float((funds / wish).max())


def phragmen(costs: Ints, worth: Floats, budget: int) -> Ints:
    """Choose by Phragmén's sequential rule: voters earn alike, and a project is bought as soon as its supporters can.

    A voter supports what is worth anything. It stops when the next purchase, or one that is tied with it, would
    overdraw the budget.
    """
    backs = (worth > 0).astype(np.float64)
    supporters = backs.sum(axis=0)
    money = np.zeros(len(worth))
    open_ = (supporters > 0) & (costs <= budget)
    chosen: list[int] = []
    left = budget
    while open_.any():
        wait = np.full(len(costs), np.inf)
        wait[open_] = (costs[open_] - money @ backs[:, open_]) / supporters[open_]
        tied = np.flatnonzero(wait <= wait.min() + _SAME * budget)
        if (costs[tied] > left).any():
            break
        best = int(tied[0])
        money += max(wait[best], 0.0)
        money[backs[:, best] > 0] = 0.0
        open_[best] = False
        left -= int(costs[best])
        chosen.append(best)
    return np.array(chosen, np.int64)
