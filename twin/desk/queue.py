"""Waiting lines and the calendar of events, as intrusive heaps on the desk's records.

A lane is a pairing heap threaded through the orders that wait in it (Fredman and others 1986), so that an
order can leave from the middle when its reporter gives up or when it is escalated. The calendar of
events is a binary heap. Both have a total order that ends in the order's number: nothing is left to chance.
"""

from __future__ import annotations

import numpy as np

from twin.core.compiled import compiled_step

NOBODY = -1


@compiled_step
def goes_before(orders, a, b):
    """Whether order `a` is to be served before order `b`."""
    first, second = orders[a], orders[b]
    if first.grade != second.grade:
        return first.grade < second.grade
    if first.rank != second.rank:
        return first.rank < second.rank
    return a < b


@compiled_step
def meld(orders, a, b):
    """Join two pairing heaps, each given by its root; return the root of both."""
    if a == NOBODY:
        return b
    if b == NOBODY:
        return a
    if not goes_before(orders, a, b):
        a, b = b, a
    child = orders[a].child
    orders[b].next = child
    orders[b].previous = a
    if child != NOBODY:
        orders[child].previous = b
    orders[a].child = b
    return a


@compiled_step
def meld_children(orders, first):
    """Join the children of a removed root, pairwise and then from right to left."""
    pairs = NOBODY
    while first != NOBODY:
        a = first
        b = orders[a].next
        first = NOBODY if b == NOBODY else orders[b].next
        orders[a].next = NOBODY
        if b != NOBODY:
            orders[b].next = NOBODY
        joined = meld(orders, a, b)
        orders[joined].next = pairs
        pairs = joined
    root = NOBODY
    while pairs != NOBODY:
        following = orders[pairs].next
        orders[pairs].next = NOBODY
        root = meld(orders, root, pairs)
        pairs = following
    if root != NOBODY:
        orders[root].previous = NOBODY
        orders[root].next = NOBODY
    return root


@compiled_step
def insert(orders, root, o):
    """Add order `o` to the heap; return the new root."""
    orders[o].child = NOBODY
    orders[o].next = NOBODY
    orders[o].previous = NOBODY
    root = meld(orders, root, o)
    orders[root].previous = NOBODY
    orders[root].next = NOBODY
    return root


@compiled_step
def remove(orders, root, o):
    """Take order `o` out of the heap, wherever it is; return the new root."""
    rest = meld_children(orders, orders[o].child)
    orders[o].child = NOBODY
    if o == root:
        return rest
    above, beside = orders[o].previous, orders[o].next
    if orders[above].child == o:
        orders[above].child = beside
    else:
        orders[above].next = beside
    if beside != NOBODY:
        orders[beside].previous = above
    root = meld(orders, root, rest)
    orders[root].previous = NOBODY
    orders[root].next = NOBODY
    return root


@compiled_step
def comes_first(events, i, minute, tag):
    """Whether event `i` is due before (`minute`, `tag`)."""
    other = events[i]
    return other.minute < minute or (other.minute == minute and other.tag < tag)


@compiled_step
def push_event(events, counts, minute, tag):
    """Enter an event; the heap grows by one."""
    i = counts.events
    counts.events = i + 1
    while i > 0:
        parent = (i - 1) >> 1
        if comes_first(events, parent, minute, tag):
            break
        place_event(events, i, events[parent].minute, events[parent].tag)
        i = parent
    place_event(events, i, minute, tag)


@compiled_step
def place_event(events, i, minute, tag):
    """Write one cell of the heap."""
    events[i].minute = minute
    events[i].tag = tag


@compiled_step
def pop_event(events, counts):
    """Remove the event that is due first (cell 0)."""
    last = counts.events - 1
    counts.events = last
    if last == 0:
        return
    minute, tag = events[last].minute, events[last].tag
    i = 0
    while True:
        child = 2 * i + 1
        if child >= last:
            break
        right = child + 1
        if right < last and comes_first(events, right, events[child].minute, events[child].tag):
            child = right
        if not comes_first(events, child, minute, tag):
            break
        place_event(events, i, events[child].minute, events[child].tag)
        i = child
    place_event(events, i, minute, tag)


@compiled_step
def set_end(ends, w, minute):
    """Enter when worker `w` will be done (inf: never), in a tree each node of which is its earlier child.

    The path to the root is known beforehand, and no branch depends on who wins: that is what makes it quick.
    """
    i = w + ends.shape[0] // 2
    first = w
    ends[i].minute = minute
    while i > 1:
        rival, due = ends[i ^ 1].worker, ends[i ^ 1].minute
        beaten = (due < minute) | ((due == minute) & (rival < first))
        first ^= (first ^ rival) & -np.int64(beaten)
        minute = min(minute, due)
        i >>= 1
        ends[i].minute = minute
        ends[i].worker = first
