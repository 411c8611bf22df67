"""The register of incoming reports: a record for each, and a number for each matter they speak of."""

from __future__ import annotations

import numpy as np

from twin.core.compiled import compiled
from twin.core.draws import Floats, Ints, Keys, mix64

EMPTY = -1


class Matters:
    """Numbers the incidents 0, 1, 2 … in the order in which the desk first hears of them.

    An open-addressing hash table: a dictionary of a million Python integers would cost more than the desk.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(1024, np.uint64)
        self._numbers = np.full(1024, EMPTY, np.int64)
        self.count = 0

    def numbers_of(self, incidents: Keys) -> Ints:
        """Return the number of each incident (n,), new ones numbered in the order given."""
        while 2 * (self.count + len(incidents)) > len(self._keys):
            self._double()
        numbers = np.empty(len(incidents), np.int64)
        self.count = enter_matters(self._keys, self._numbers, self.count, incidents, numbers)
        return numbers

    def _double(self) -> None:
        known = self._numbers != EMPTY
        keys, numbers = self._keys[known], self._numbers[known]
        self._keys = np.zeros(2 * len(self._keys), np.uint64)
        self._numbers = np.full(len(self._keys), EMPTY, np.int64)
        order = np.argsort(numbers)
        enter_matters(self._keys, self._numbers, 0, keys[order], np.empty(len(keys), np.int64))


@compiled
def enter_matters(table_keys: Keys, table_numbers: Ints, count: int, incidents: Keys, numbers: Ints) -> int:
    """Look up or number each incident; return how many are known now."""
    mask = np.uint64(len(table_keys) - 1)
    for i in range(len(incidents)):
        cell = mix64(incidents[i]) & mask
        while table_numbers[cell] != EMPTY and table_keys[cell] != incidents[i]:
            cell = (cell + np.uint64(1)) & mask
        if table_numbers[cell] == EMPTY:
            table_keys[cell] = incidents[i]
            table_numbers[cell] = count
            count += 1
        numbers[i] = table_numbers[cell]
    return count


@compiled
def enter_reports(
    orders, line, key, created, limit_minutes, matter, ticket, category, priority, channel, grid, x, y, again
):
    """Write the records of new reports, taken in the sequence `line`, into `orders` (n,)."""
    for i in range(len(line)):
        k = line[i]
        order = orders[i]
        order.key, order.created, order.ticket = key[k], created[k], ticket[k]
        order.category, order.priority, order.channel = category[k], priority[k], channel[k]
        order.grid, order.x, order.y, order.matter, order.again = grid[k], x[k], y[k], matter[i], again[k]
        order.limit = created[k] + limit_minutes[min(priority[k], len(limit_minutes) - 1)]
        order.accepted = order.dispatched = order.queued = order.started = order.done = np.nan
        order.called_back = order.closed = order.ended = order.escalated = np.nan
        order.service = order.hands_on = np.nan
        order.travel = order.rank = 0.0
        order.merged_into = order.child = order.next = order.previous = order.worker = -1
        order.lane = order.hops = order.hop = order.attempt = order.grade = order.status = 0
        order.waiting = order.wrong = order.arrived = order.fed_up = order.late = False
        order.solved = order.reached = order.overdue = False
        order.duty = order.merge = order.call = order.reopen = -1
        order.level = 0


def by_creation(created: Floats, key: Keys) -> Ints:
    """Sequence of the reports (n,): by minute, at one minute by key."""
    if np.all(created[1:] > created[:-1]):
        return np.arange(len(created))
    return np.lexsort((key, created))
